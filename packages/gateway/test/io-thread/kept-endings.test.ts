/** Endings that the journal has refused an I/O thread so far: what its successor is told of them. */
import { expect, it } from "vitest";
import { failed, tool, type RegisteredTool, type Settled } from "@turnmux/core";
import { z } from "zod";
import { KeptEndings } from "../../src/io-thread/main/kept-endings.ts";
import type { EndedRun } from "../../src/io-thread/main/runs.ts";

const contract = tool({ description: "Works", input: z.object({}), output: z.unknown(), effect: "once" });
const offer = { name: "work", effect: 3 } as const;
const rest = { timeoutMs: undefined, maxTimeoutMs: undefined, maxConcurrent: undefined };
const TOOL: RegisteredTool = { name: "work", contract, handler: () => undefined, offer, ...rest };
const OK: Settled = { ok: true, value: "done" };

function ended(run: number, settled: Settled = OK, key = `k${run}`): EndedRun {
  const context = { callId: "c", key, turn: undefined, lineage: undefined, principal: "alice", scopes: [] };
  const more = { deadlineMs: undefined, deadlineAt: undefined, trace: undefined, meta: {} };
  const claimed = { fingerprint: "f", epoch: 2, repeats: false };
  const data = { run, word: 0, tool: 1, sessionId: "s", context: { ...context, ...more }, input: {}, claimed };
  return { tool: TOOL, data, settled };
}

it("is how each call ended, and once only", () => {
  const kept = new KeptEndings();
  expect([kept.add(ended(1)), kept.add(ended(2, failed("internal", "", "unknown")))]).toEqual([true, true]);
  expect(kept.take()).toMatchObject([
    [1, { settled: OK }],
    [2, { settled: { outcome: "unknown" } }],
  ]);
  expect(kept.take()).toEqual([]);
});

it("is nothing where the key is to be free, as it is of a call that never began", () => {
  const kept = new KeptEndings();
  expect(kept.add(ended(1, failed("internal", "", "failed")))).toBe(true);
  expect(kept.take()).toEqual([]);
});

it("is nothing of a key under which another call runs since", () => {
  const kept = new KeptEndings();
  kept.add(ended(1));
  kept.begins(ended(2, OK, "k1").data);
  expect(kept.take()).toEqual([]);
});

it("is not all where there are too many, or too large ones, and that is said", () => {
  const many = new KeptEndings();
  const whole = Array.from({ length: 1_001 }, (_, run) => many.add(ended(run)));
  expect([whole.indexOf(false), many.take().length]).toEqual([1_000, 1_000]);
  const large = new KeptEndings();
  const value = { octets: new Uint8Array(9 * 1024 * 1024) };
  expect([1, 2].map((run) => large.add(ended(run, { ok: true, value })))).toEqual([true, false]);
  expect(large.take().map(([run]) => run)).toEqual([2]);
});
