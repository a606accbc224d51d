import { expect, test } from "vitest";
import { inproc } from "../src/benches/inproc/bench.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("in-process calls are made each way, and give a row for each way and concurrency", {
  timeout: LIMIT_MS,
}, async () => {
  const options = { quick: true, rounds: 1, profile: undefined };
  const rows = await runBench(inproc, options, () => {}, new AbortController().signal);
  const ways = ["function", "function, validated", "openSession", "socket"];
  expect(rows.map(({ name, concurrency }) => [name, concurrency])).toEqual([
    ...ways.map((name) => [name, 1]),
    ...ways.map((name) => [name, 64]),
  ]);
  for (const row of rows) expect(row["beyondUs"]).toBeTypeOf("number");
});
