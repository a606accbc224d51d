import { expect, test } from "vitest";
import { busy } from "../src/benches/busy/bench.ts";
import { Stopwatch, paced } from "../src/benches/busy/stopwatch.ts";
import { runBench } from "../src/driver/run.ts";
import { TARGETS } from "../src/targets.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("clients of a gateway that is kept busy are measured, and none of their calls fails or runs twice", {
  timeout: LIMIT_MS,
}, async () => {
  const options = { quick: true, rounds: 1, profile: undefined };
  const rows = await runBench(busy, options, () => {}, new AbortController().signal);
  const ways = ["I/O thread", "attached", "old way"];
  const names = ways.flatMap((way) => ["blocked", "in bites"].map((how) => `${way}, ${how}`));
  expect(rows.map(({ name }) => name)).toEqual([...names, "main thread, idle", "I/O thread, idle"]);
  for (const row of rows.slice(0, 4)) {
    expect(row, row.name).toMatchObject({ failed: 0, doubled: 0, handshakesFailed: 0 });
    for (const figure of ["handshakeP99Ms", "acceptP99Ms", "workerP99Ms", "endMaxMs", "calls", "handshakes"])
      expect(row[figure], `${row.name}: ${figure}`).toBeGreaterThan(0);
  }
  for (const row of rows.slice(4, 6)) expect(row["failedShare"], row.name).toBeLessThanOrEqual(1);
  expect(rows.at(-1)).toMatchObject({ concurrency: 64, lost: 0 });
  // Sums over a different number of measurements would be set beside each other.
  for (const row of rows.slice(6)) {
    expect(row["calls"], row.name).toBeUndefined();
    expect(row["perSecond"], row.name).toBeGreaterThan(0);
  }
  // A target of what is not measured would be missed for ever.
  for (const target of TARGETS.filter(({ bench }) => bench === "busy")) {
    const row = rows.find(({ name }) => name === target.row);
    expect(row?.[target.figure], `${target.row}: ${target.figure}`).toBeTypeOf("number");
  }
});

test("what is begun at a pace does not wait for what was begun before it, and what fails is counted", async () => {
  const stopwatch = new Stopwatch();
  const gate = Promise.withResolvers<void>();
  await paced(1_000, 4, async (index) => {
    if (index === 3) gate.resolve();
    await gate.promise;
    if (index === 1) stopwatch.failed(new Error("the first"));
    else if (index === 2) stopwatch.failed("the second");
    else stopwatch.add(index * 10);
  });
  expect(stopwatch.read()).toEqual({ count: 4, failed: 2, p50Ms: 15, p99Ms: 29.7, maxMs: 30, failure: "the first" });
});
