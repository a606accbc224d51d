import { expect, test } from "vitest";
import { sessions } from "../src/benches/sessions/bench.ts";
import { openFilesLimit } from "../src/benches/sessions/files.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("calls go round among the sessions of a gateway, and each count has its row", { timeout: LIMIT_MS }, async () => {
  const options = { quick: true, rounds: 1, profile: undefined };
  const rows = await runBench(sessions, options, () => {}, new AbortController().signal);
  expect(rows.map(({ name }) => name)).toEqual(["floor, 1", "turnmux, 1", "floor, 10", "turnmux, 10"]);
  for (const row of rows) {
    expect(row.lost, row.name).toBe(0);
    expect(row["ofOne"], row.name).toBeGreaterThan(0);
  }
});

test("more sessions than a process may have files are left out, and that is said", { timeout: LIMIT_MS }, async () => {
  const limit = openFilesLimit();
  const said: string[] = [];
  const options = { quick: true, rounds: 1, profile: undefined, concurrency: [2, (limit ?? 0) + 1] };
  const rows = await runBench(sessions, options, (line) => said.push(line), new AbortController().signal);
  if (limit === undefined) return;
  expect(rows.map(({ name }) => name)).toEqual(["floor, 2", "turnmux, 2"]);
  // There was no single session to compare them with.
  for (const row of rows) expect(row).not.toHaveProperty("ofOne");
  expect(said.join("\n")).toContain(`a process may have ${limit} files open here (ulimit -n)`);
});
