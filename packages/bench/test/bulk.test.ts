import { expect, test } from "vitest";
import { bulk } from "../src/benches/bulk/bench.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("a stream of octets arrives each way, over turnmux and over the floor", { timeout: LIMIT_MS }, async () => {
  const options = { quick: true, rounds: 1, profile: undefined };
  const rows = await runBench(bulk, options, () => {}, new AbortController().signal);
  const directions = ["to the client", "to the gateway"];
  expect(rows.map(({ name }) => name)).toEqual(
    directions.flatMap((direction) => [`floor, ${direction}`, `turnmux, ${direction}`]),
  );
  for (const row of rows) {
    expect(row["mibPerSecond"], row.name).toBeGreaterThan(0);
    expect(row.concurrency, row.name).toBe(1);
    for (const figure of ["ratio", "ratioMin", "ratioMax"]) expect(row[figure], row.name).toBeGreaterThan(0);
    expect(row["readerGrowthMiB"], row.name).toBeTypeOf("number");
  }
});
