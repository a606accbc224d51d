import { expect, test } from "vitest";
import { calls } from "../src/benches/calls/bench.ts";
import { isReceiptOf, orderOf, take } from "../src/benches/calls/contract.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

const CONTENDERS = ["floor", "floor, batched", "turnmux", "rpc-websockets", "socket.io", "capnweb", "MCP SDK"];

test("small calls of turnmux and of each peer are all answered, and have a row for each concurrency", {
  timeout: LIMIT_MS,
}, async ({ signal }) => {
  const rows = await runBench(calls, { quick: true, rounds: 1, profile: undefined }, () => {}, signal);
  expect(rows.map(({ name, concurrency }) => [name, concurrency])).toEqual(
    [1, 64, 1_024].flatMap((concurrency) => CONTENDERS.map((name) => [name, concurrency])),
  );
  for (const row of rows) {
    expect(row, row.name).toMatchObject({ lost: 0 });
    expect(row.calls, row.name).toBeGreaterThanOrEqual(row.concurrency ?? 0);
    for (const figure of ["ratio", "cpuRatio", "cpuUs", "p50Ms", "p99Ms"])
      expect(row[figure], figure).toBeGreaterThan(0);
    expect(row["ofBestPeer"] !== undefined, row.name).toBe(row.name === "turnmux");
  }
});

test("a call is about 100 octets each way, and another call's answer is not taken for its own", () => {
  const order = orderOf(12_345);
  const receipt = take(order);
  for (const value of [order, receipt]) {
    expect(JSON.stringify(value).length).toBeGreaterThan(90);
    expect(JSON.stringify(value).length).toBeLessThan(115);
  }
  expect(isReceiptOf(12_345, receipt)).toBe(true);
  expect(isReceiptOf(12_346, receipt)).toBe(false);
});

test("what was asked for is measured beside the floor, and nothing else", { timeout: LIMIT_MS }, async ({ signal }) => {
  const options = { quick: true, rounds: 2, profile: undefined, only: ["turnmux"], concurrency: [3] };
  const said: string[] = [];
  const rows = await runBench(calls, options, (line) => said.push(line), signal);
  expect(rows.map(({ name, concurrency }) => [name, concurrency])).toEqual([
    ["floor", 3],
    ["turnmux", 3],
  ]);
  expect(said.filter((line) => line.startsWith("round"))).toHaveLength(2);
});
