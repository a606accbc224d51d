import { expect, test } from "vitest";
import { once } from "../src/benches/once/bench.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("calls on a journal are measured beside calls without, and beside the disk itself", {
  timeout: LIMIT_MS,
}, async ({ signal }) => {
  const options = { quick: true, rounds: 1, profile: undefined, concurrency: [1, 64] };
  const [disk, ...rows] = await runBench(once, options, () => {}, signal);
  expect(disk?.p50Ms).toBeGreaterThan(0);
  expect(rows.map(({ name, concurrency }) => [name, concurrency])).toEqual([
    ["idempotent", 1],
    ["once", 1],
    ["idempotent", 64],
    ["once", 64],
  ]);
  for (const row of rows) {
    expect(row.lost, row.name).toBe(0);
    expect(row.calls, row.name).toBeGreaterThanOrEqual(row.concurrency ?? 0);
  }
});
