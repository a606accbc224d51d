import { expect, test } from "vitest";
import { share } from "../src/benches/share/bench.ts";
import { runBench } from "../src/driver/run.ts";
import { TARGETS } from "../src/targets.ts";
import { LIMIT_MS } from "./support/bench-run.ts";

test("children on a shared session are measured over one WebSocket, and none of their calls is lost", {
  timeout: LIMIT_MS,
}, async () => {
  const options = { quick: true, rounds: 1, profile: undefined };
  const rows = await runBench(share, options, () => {}, new AbortController().signal);
  expect(rows.map(({ name }) => name)).toEqual([
    "direct",
    "1 child",
    "2 children",
    "a connection for each call",
    "node -e 0",
    "turnmux call",
  ]);
  for (const row of rows.slice(0, 3)) expect(row, row.name).toMatchObject({ concurrency: 64, sockets: 1, lost: 0 });
  for (const row of rows) expect(row.p50Ms, row.name).toBeGreaterThan(0);
  for (const target of TARGETS.filter(({ bench }) => bench === "share")) {
    const row = rows.find(({ name }) => name === target.row);
    expect(row?.[target.figure], target.row).toBeTypeOf("number");
  }
});
