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
  for (const row of rows) {
    expect(row["beyondUs"]).toBeTypeOf("number");
    for (const figure of ["ratio", "ratioMin", "ratioMax", "cpuRatio"]) expect(row[figure], figure).toBeGreaterThan(0);
  }
});

test("in-process calls are made the ways, and as many at once, as is asked for, and rounds count from 1", {
  timeout: LIMIT_MS,
}, async ({ signal }) => {
  const options = { quick: true, rounds: 2, profile: undefined, only: ["openSession"], concurrency: [3] };
  const said: string[] = [];
  const rows = await runBench(inproc, options, (line) => said.push(line), signal);
  expect(rows.map(({ name, concurrency }) => [name, concurrency])).toEqual([
    ["function", 3],
    ["openSession", 3],
  ]);
  expect(said.filter((line) => line.includes("round"))).toEqual(["round 1 of 2, 3 at once", "round 2 of 2, 3 at once"]);
});
