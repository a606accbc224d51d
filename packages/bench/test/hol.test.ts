import { expect, test } from "vitest";
import { hol } from "../src/benches/hol/bench.ts";
import { isLarge, largeResults, LARGE_KINDS } from "../src/benches/hol/contract.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("small calls and the host's messages are measured beside large results of each kind", {
  timeout: LIMIT_MS,
}, async () => {
  const options = { quick: true, rounds: 1, profile: undefined };
  const rows = await runBench(hol, options, () => {}, new AbortController().signal);
  const loads = ["nothing", "text", "octets", "json", "text and octets"];
  expect(rows.map(({ name }) => name)).toEqual(loads.flatMap((load) => [`floor, ${load}`, `turnmux, ${load}`]));
  for (const row of rows) {
    expect(row.p99Ms, row.name).toBeGreaterThan(0);
    expect(row.concurrency, row.name).toBe(1);
    for (const figure of ["ratio", "ratioMin", "ratioMax", "cpuRatio", "cpuUs"])
      expect(row[figure], row.name).toBeGreaterThan(0);
    expect(row["hostP99Ms"], row.name).toBeGreaterThan(0);
    expect(row.name.endsWith("nothing") || Number(row["largeP50Ms"]) > 0, row.name).toBe(true);
  }
});

test("a large result that was cut short is not taken for a right one", () => {
  const results = largeResults(100_000);
  for (const kind of LARGE_KINDS) expect(isLarge(kind, results[kind], 100_000), kind).toBe(true);
  expect(isLarge("text", results.text.slice(0, -1), 100_000)).toBe(false);
  expect(isLarge("octets", results.octets.subarray(0, -1), 100_000)).toBe(false);
  expect(isLarge("json", results.json.slice(0, 100), 100_000)).toBe(false);
});
