/**
 * `turnmux.outcome` and `turnmux.calls` (TOOL-005, TOOL-006).
 *
 * @module
 */
import { z } from "zod";
import { newKey } from "../../harness/calls.ts";
import { KEYS } from "../../harness/keys.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import type { Value } from "../../wire/body.ts";
import { Code, Outcome } from "../../wire/constants.ts";
import { offered } from "../keys/support.ts";

const Known = z.looseObject({
  state: z.enum(["running", "settled", "abandoned", "none"]),
  tool: z.string().optional(),
  callId: z.string().optional(),
  key: z.string().optional(),
  outcome: z.enum(["not_started", "failed", "completed", "unknown"]).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  result: z.unknown().optional(),
  retryable: z.boolean().optional(),
  claimedAtMs: z.number().optional(),
  settledAtMs: z.number().optional(),
});

const Flight = z.looseObject({
  callId: z.string(),
  tool: z.string(),
  key: z.string().optional(),
  turn: z.string().optional(),
  state: z.enum(["queued", "running", "joined", "waiting"]),
  sinceMs: z.number().min(0),
  deadlineMs: z.number().min(0).optional(),
});

const Flights = z.object({ calls: z.array(Flight) });

async function ask<S extends z.ZodType>(
  t: Context,
  session: Session,
  tool: string,
  input: Value,
  schema: S,
): Promise<z.infer<S>> {
  const ending = await (await t.open(session, { tool, input })).ended();
  if (!ending.ok) throw new Failure(`${tool} ended with ${ending.code}: ${ending.message ?? ""}`);
  const parsed = schema.safeParse(ending.value);
  if (!parsed.success) throw new Failure(`${tool} returned what it should not: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const outcomeOf = (t: Context, session: Session, input: Value): Promise<z.infer<typeof Known>> =>
  ask(t, session, "turnmux.outcome", input, Known);

async function flightOf(t: Context, session: Session, callId: string): Promise<z.infer<typeof Flight> | undefined> {
  const { calls } = await ask(t, session, "turnmux.calls", {}, Flights);
  return calls.find((call) => call.callId === callId);
}

check({
  id: "tools.outcome-of-a-result",
  title: "turnmux.outcome tells of a call that completed, by its key and by its identifier",
  covers: ["TOOL-005.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const key = newKey();
    const callId = newKey();
    await (await t.open(session, { tool: "test.count", key, callId, input: { counter: newKey(), by: 7 } })).ended();
    for (const input of [{ key }, { callId }]) {
      const known = await outcomeOf(t, session, input);
      t.equal(
        [known.state, known.tool, known.callId, known.key, known.outcome, known.result],
        ["settled", "test.count", callId, key, "completed", { value: 7 }],
        "What is known",
        "TOOL-005.1",
      );
      const { claimedAtMs = 0 } = known;
      // An ending that is about to be recorded has no time yet. Clocks may differ, but not by decades.
      const { settledAtMs = claimedAtMs } = known;
      t.expect(claimedAtMs > 1e12, "It is not known when the call was claimed.", "TOOL-005.1");
      t.expect(settledAtMs >= claimedAtMs, "The call ended before it was claimed.", "TOOL-005.1");
    }
  },
});

check({
  id: "tools.outcome-of-a-failure",
  title: "turnmux.outcome tells of a call that failed what its caller was told",
  covers: ["TOOL-005.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const key = newKey();
    const input = { how: "error", code: Code.aborted, outcome: Outcome.completed, message: "half of it" };
    await (await t.open(session, { tool: "test.failOnce", key, input })).ended();
    const known = await outcomeOf(t, session, { key });
    t.equal(
      [known.state, known.outcome, known.code, known.message],
      ["settled", "completed", "aborted", "half of it"],
      "What is known",
      "TOOL-005.1",
    );
  },
});

check({
  id: "tools.outcome-while-it-runs",
  title: "turnmux.outcome tells that a call runs, and waits for nothing",
  covers: ["TOOL-005.1", "TOOL-005.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const key = newKey();
    const callId = newKey();
    const call = await t.open(session, {
      tool: "test.count",
      key,
      callId,
      input: { counter: newKey(), holdMs: 60_000 },
    });
    await call.accepted();
    for (const input of [{ key }, { callId }]) {
      const known = await outcomeOf(t, session, input);
      t.equal([known.state, known.callId], ["running", callId], "What is known", "TOOL-005.1");
    }
    call.reset();
    await call.ended();
  },
});

check({
  id: "tools.outcome-runs-nothing",
  title: "turnmux.outcome of a key that no call had tells that nothing is known, and takes nothing from the key",
  covers: ["TOOL-005.1", "TOOL-005.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const key = newKey();
    const counter = newKey();
    t.equal((await outcomeOf(t, session, { key })).state, "none", "The state", "TOOL-005.1");
    t.equal((await outcomeOf(t, session, { callId: newKey() })).state, "none", "The state", "TOOL-005.1");
    const ending = await (await t.open(session, { tool: "test.count", key, input: { counter } })).ended();
    t.equal(ending.value, { value: 1 }, "The result", "TOOL-005.2");
    await outcomeOf(t, session, { key });
    const counted = await (await t.open(session, { tool: "test.counted", input: { counter } })).ended();
    t.equal(counted.value, { value: 1, runs: 1 }, "The counter", "TOOL-005.2");
  },
});

check({
  id: "tools.outcome-from-another-session",
  title: "turnmux.outcome tells of a call whatever its session, and only its principal",
  covers: ["TOOL-005.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const key = newKey();
    const first = await t.session({ label: "first" });
    await (await t.open(first, { tool: "test.count", key, input: { counter: newKey() } })).ended();
    const second = await t.session({ label: "second" });
    t.equal((await outcomeOf(t, second, { key })).state, "settled", "What the same principal is told", "TOOL-005.1");
    const stranger = await t.session({ label: "stranger", hello: { key: KEYS.stranger } });
    t.equal((await outcomeOf(t, stranger, { key })).state, "none", "What a stranger is told", "TOOL-005.1");
  },
});

check({
  id: "tools.outcome-of-an-abandoned-call",
  title: "turnmux.outcome tells that a call was abandoned when its process died, and runs it not again",
  covers: ["TOOL-005.1", "TOOL-005.2"],
  role: "gateway",
  needs: ["command"],
  async run(t) {
    const gateway = await t.ownGateway();
    const before = await t.session({ label: "before", url: t.urlOf(gateway.urls) });
    const key = newKey();
    const callId = newKey();
    const counter = newKey();
    const call = await t.open(before, { tool: "test.count", key, callId, input: { counter, holdMs: 60_000 } });
    await call.accepted();
    await gateway.process.kill();
    await gateway.restart();
    const session = await t.session({ label: "after", url: t.urlOf(gateway.urls) });
    const known = await outcomeOf(t, session, { key });
    t.equal(
      [known.state, known.tool, known.callId],
      ["abandoned", "test.count", callId],
      "What is known",
      "TOOL-005.1",
    );
    const counted = await (await t.open(session, { tool: "test.counted", input: { counter } })).ended();
    t.equal(counted.value, { value: 1, runs: 1 }, "The counter", "TOOL-005.2");
  },
});

check({
  id: "tools.outcome-beyond-the-scopes",
  title: "turnmux.outcome and turnmux.calls tell nothing of calls whose tools the caller's scopes do not allow",
  covers: ["TOOL-005.3", "TOOL-006"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const settled = newKey();
    await (await t.open(session, { tool: "test.count", key: settled, input: { counter: newKey() } })).ended();
    const running = newKey();
    const callId = newKey();
    const input = { counter: newKey(), holdMs: 60_000 };
    const call = await t.open(session, { tool: "test.count", key: running, callId, input });
    await call.accepted();
    t.equal((await flightOf(t, session, callId))?.key, running, "The key of the call in flight", "TOOL-006");
    offered(await (await t.open(session, { tool: "test.grant", input: { scopes: [] } })).ended(), "test.grant");
    while (session.offered.size > 0) await session.channel.take("offer");
    for (const key of [settled, running]) {
      const ending = await (await t.open(session, { tool: "turnmux.outcome", input: { key } })).ended();
      t.equal(ending.code, "permission_denied", "The code", "TOOL-005.3");
    }
    t.equal(await flightOf(t, session, callId), undefined, "The call in flight", "TOOL-006");
  },
});

check({
  id: "tools.calls-in-flight",
  title: "turnmux.calls tells of a call as long as it is not over",
  covers: ["TOOL-006"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const callId = newKey();
    const call = await t.open(session, {
      tool: "test.slow",
      callId,
      turn: "turn 9",
      input: { ms: 60_000 },
      deadlineMs: 40_000,
    });
    await call.accepted();
    const flight = await flightOf(t, session, callId);
    t.equal(
      [flight?.tool, flight?.turn, flight?.state, flight?.key],
      ["test.slow", "turn 9", "running", undefined],
      "The call in flight",
      "TOOL-006",
    );
    const { deadlineMs = 0, sinceMs = -1 } = flight ?? {};
    t.expect(deadlineMs > 0 && deadlineMs <= 40_000, `What is left of the deadline is ${deadlineMs} ms.`, "TOOL-006");
    t.expect(sinceMs >= 0 && sinceMs < 30_000, `It has been there for ${sinceMs} ms.`, "TOOL-006");
    call.reset();
    await call.ended();
    t.equal(await flightOf(t, session, callId), undefined, "The call that is over", "TOOL-006");
  },
});

check({
  id: "tools.calls-that-joined",
  title: "turnmux.calls tells of a call that joined another one",
  covers: ["TOOL-006"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const key = newKey();
    const ids = [newKey(), newKey()];
    const input = { counter: newKey(), holdMs: 60_000 };
    for (const callId of ids) await (await t.open(session, { tool: "test.count", key, callId, input })).accepted();
    const states = await Promise.all(ids.map(async (callId) => (await flightOf(t, session, callId))?.state));
    t.equal(states, ["running", "joined"], "The states", "TOOL-006");
  },
});

check({
  id: "tools.calls-of-others",
  title: "turnmux.calls tells of the calls of the caller's principal, whatever the session, and of nobody else's",
  covers: ["TOOL-006"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const first = await t.session({ label: "first" });
    const callId = newKey();
    await (await t.open(first, { tool: "test.slow", callId, input: { ms: 60_000 } })).accepted();
    const second = await t.session({ label: "second" });
    t.equal((await flightOf(t, second, callId))?.state, "running", "What the same principal is told", "TOOL-006");
    const stranger = await t.session({ label: "stranger", hello: { key: KEYS.stranger } });
    t.equal(await flightOf(t, stranger, callId), undefined, "What a stranger is told", "TOOL-006");
  },
});
