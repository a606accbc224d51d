/**
 * Keys over the death of the process that ran their calls (KEY-001, KEY-004, KEY-007, KEY-008).
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { newKey, type OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Unsupported } from "../../suite/verdict.ts";
import { Outcome } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { count, mortal, newCounter, ran, untilCounted, type Mortal } from "./support.ts";

/** Time for a journal to have an ending on disk of which the caller was told already. */
const RECORD_MS = 100;

/** What callers were told is on disk: it had time, and what is claimed behind it shows that the journal has come so far. */
async function recorded(t: Context, session: Session): Promise<void> {
  await wait(t.ms(RECORD_MS));
  await (await count(t, session, { key: newKey(), counter: newCounter() })).ended();
}

check({
  id: "keys.replayed-after-a-restart",
  title: "what is recorded of calls is there when the process that ran them was killed",
  covers: ["KEY-001", "KEY-004.2"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const session = await peer.session();
    const [good, bad, counter] = [newKey(), newKey(), newCounter()];
    const failing = {
      tool: "test.failOnce",
      key: bad,
      input: { how: "error", code: 9, outcome: Outcome.completed, message: "half of it" },
    };
    await (await count(t, session, { key: good, counter, by: 4 })).ended();
    await (await t.open(session, failing)).ended();
    await recorded(t, session);
    await peer.die();
    const after = await peer.session({ label: "after" });
    const { code, value } = await (await count(t, after, { key: good, counter, by: 4 })).ended();
    t.equal([code, value], ["ok", { value: 4 }], "What the repetition gets", "KEY-004.2");
    await ran(t, after, counter, { runs: 1, clause: "KEY-001" });
    const again = await (await t.open(after, failing)).ended();
    endedWith(t, again, { code: "failed_precondition", outcome: "completed", clause: "KEY-004.2" });
    t.equal(again.message, "half of it", "The message of the repetition", "KEY-004.2");
  },
});

check({
  id: "keys.freed-after-a-restart",
  title: "a key that was free before the process was killed is free behind that",
  covers: ["KEY-004.1"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const session = await peer.session();
    const [key, counter] = [newKey(), newCounter()];
    const failing = { tool: "test.failOnce", key, input: { how: "error", outcome: Outcome.failed } };
    await (await t.open(session, failing)).ended();
    await peer.die();
    const after = await peer.session({ label: "after" });
    const { code, value } = await (await count(t, after, { key, counter })).ended();
    t.equal([code, value], ["ok", { value: 1 }], "What another call with the key gets", "KEY-004.1");
  },
});

check({
  id: "keys.unknown-after-a-crash",
  title: "a call that ran when its process died does not run again, and is aborted and unknown for good",
  covers: ["KEY-007.1", "KEY-007.2", "KEY-004.2"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const [key, counter] = [newKey(), newCounter()];
    const call = { key, counter, holdMs: 20_000 };
    const session = await peer.session();
    const running = await count(t, session, call);
    await running.accepted();
    await untilCounted(t, session, counter);
    await peer.die();
    const after = await peer.session({ label: "after" });
    for (let times = 0; times < 2; times++) {
      const ending = await (await count(t, after, call)).ended();
      endedWith(t, ending, { code: "aborted", outcome: "unknown", clause: "KEY-007.2" });
    }
    await ran(t, after, counter, { runs: 1, clause: "KEY-007.1" });
    const other = await (await count(t, after, { key, counter: newCounter() })).ended();
    endedWith(t, other, { code: "already_exists", outcome: "not_started", clause: "KEY-004.2" });
    await recorded(t, after);
    await peer.die();
    const later = await peer.session({ label: "later" });
    const replayed = await (await count(t, later, call)).ended();
    endedWith(t, replayed, { code: "aborted", outcome: "unknown", clause: "KEY-004.2" });
    await ran(t, later, counter, { runs: 1, clause: "KEY-007.1" });
  },
});

/** A call of a tool that holds, cut off by the death of its process. Gives a session with the next one. */
async function cutOff(
  t: Context,
  peer: Mortal,
  call: { readonly tool: string; readonly key: string; readonly counter: string },
): Promise<Session> {
  const session = await peer.session();
  if (!session.offered.has(call.tool)) throw new Unsupported(`The peer under test has no ${call.tool}.`);
  const running = await held(t, session, call);
  await running.accepted();
  await untilCounted(t, session, call.counter);
  await peer.die();
  return peer.session({ label: "after" });
}

function held(
  t: Context,
  session: Session,
  { tool, key, counter }: { readonly tool: string; readonly key: string; readonly counter: string },
): Promise<OutgoingCall> {
  return t.open(session, { tool, key, input: { counter, holdMs: 1_000 } });
}

check({
  id: "keys.run-again-after-a-crash",
  title: "a run that repeats one which may have taken effect is unknown where it takes none itself, and keeps the key",
  covers: ["KEY-007.3"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const call = { tool: "test.countAgain", key: newKey(), counter: newCounter() };
    const after = await cutOff(t, peer, call);
    for (let times = 0; times < 2; times++) {
      const ending = await (await held(t, after, call)).ended();
      endedWith(t, ending, { code: "failed_precondition", outcome: "unknown", clause: "KEY-007.3" });
    }
    await ran(t, after, call.counter, { runs: 1, clause: "KEY-007.1" });
    const other = await (await held(t, after, { ...call, counter: newCounter() })).ended();
    endedWith(t, other, { code: "already_exists", outcome: "not_started", clause: "KEY-007.3" });
  },
});

/** Has `test.countFound` find something out: by how much its second counter goes up. */
async function find(t: Context, session: Session, counter: string, by: number): Promise<void> {
  await (await count(t, session, { key: newKey(), counter: `${counter}.found`, by })).ended();
}

check({
  id: "keys.nothing-found-out",
  title: "where nothing is found out a call is aborted and unknown, and the next repetition asks again",
  covers: ["KEY-007.1", "KEY-008.1", "KEY-008.2"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const call = { tool: "test.countFound", key: newKey(), counter: newCounter() };
    const after = await cutOff(t, peer, call);
    for (let times = 0; times < 2; times++) {
      const ending = await (await held(t, after, call)).ended();
      endedWith(t, ending, { code: "aborted", outcome: "unknown", clause: "KEY-008.1" });
    }
    await find(t, after, call.counter, 1);
    const found = await (await held(t, after, call)).ended();
    t.equal([found.code, found.value], ["ok", { value: 1 }], "What is found out then", "KEY-008.2");
    await ran(t, after, call.counter, { runs: 1, clause: "KEY-007.1" });
  },
});

check({
  id: "keys.found-not-started",
  title: "a call that is found not to have started runs",
  covers: ["KEY-008.may"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const peer = await mortal(t);
    const call = { tool: "test.countFound", key: newKey(), counter: newCounter() };
    const after = await cutOff(t, peer, call);
    await find(t, after, call.counter, 2);
    const ending = await (await held(t, after, call)).ended();
    // It had counted in truth: what the tool finds out is the tool's to answer for.
    t.equal([ending.code, ending.value], ["ok", { value: 2 }], "What the call that came again gets", "KEY-008.may");
  },
});
