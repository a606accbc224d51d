/**
 * Deadlines, as the receiver keeps them (CALL-006).
 *
 * @module
 */
import { newKey, type OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { FrameType } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { fails, openWithoutDeadline } from "./support.ts";

check({
  id: "calls.deadline",
  title: "a call whose deadline is over ends with deadline_exceeded",
  covers: ["CALL-006.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const expected = { code: "deadline_exceeded", outcome: "failed", clause: "CALL-006.1" } as const;
    await fails(t, session, { tool: "test.slow", input: { ms: 60_000 }, deadlineMs: 150 }, expected);
    await fails(t, session, { tool: "test.slow", input: { ms: 2_000, stubborn: true }, deadlineMs: 50 }, expected);
  },
});

check({
  id: "calls.deadline-in-time",
  title: "a call that is over before its deadline ends with its result",
  covers: ["CALL-006.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.slow", input: { ms: 50 }, deadlineMs: t.ms(3_000) });
    t.equal((await call.ended()).value, "done", "The result", "CALL-006.1");
  },
});

check({
  id: "calls.deadline-zero",
  title: "a call whose deadline was over when it came ends with deadline_exceeded, and does not run",
  covers: ["CALL-006.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const counter = newKey();
    const input = { counter };
    await fails(
      t,
      session,
      { tool: "test.count", key: newKey(), input, deadlineMs: 0 },
      { code: "deadline_exceeded", outcome: "not_started", clause: "CALL-006.1" },
    );
    const counted = await (await t.open(session, { tool: "test.counted", input })).ended();
    t.equal(counted.value, { value: 0, runs: 0 }, "The counter", "CALL-006.1");
  },
});

check({
  id: "calls.deadline-aborts-the-handler",
  title: "a deadline that is over ends the handler, so that the key of a once call is settled",
  covers: ["CALL-006.1", "CALL-006.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = { tool: "test.count", key: newKey(), input: { counter: newKey(), holdMs: 60_000 } };
    const first = await (await t.open(session, { ...call, deadlineMs: 150 })).ended();
    endedWith(t, first, { code: "deadline_exceeded", outcome: "unknown", clause: "CALL-006.1" });
    // It would join a handler that still runs, and wait for a minute.
    const again = await t.open(session, call);
    const ending = await again.ended();
    t.equal(ending.outcome, "unknown", "The outcome that is replayed", "CALL-006.2");
  },
});

check({
  id: "calls.deadline-of-the-tool",
  title: "the tool's longest deadline counts where it is below the caller's, and ACCEPT says so",
  covers: ["CALL-006.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.short", input: { ms: 60_000 }, deadlineMs: 30_000 });
    const accept = await call.accepted();
    t.expect((accept.deadlineMs ?? 30_000) <= 300, "ACCEPT does not say which deadline counts.", "CALL-006.3");
    endedWith(t, await call.ended(), { code: "deadline_exceeded", outcome: "failed", clause: "CALL-006.3" });
  },
});

check({
  id: "calls.deadline-of-the-caller",
  title: "the caller's deadline counts where it is below the tool's longest",
  covers: ["CALL-006.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const input = { ms: 60_000 };
    await endsBeforeTheLongest(t, session, () => t.open(session, { tool: "test.short", input, deadlineMs: 50 }));
  },
});

check({
  id: "calls.no-deadline",
  title: "a call without a deadline has the tool's, where it has one, and runs as long as it takes where not",
  covers: ["CALL-006.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const short = openWithoutDeadline(t, session, { tool: "test.short", input: { ms: 60_000 } });
    const slow = openWithoutDeadline(t, session, { tool: "test.slow", input: { ms: 600 } });
    endedWith(t, await short.ended(), { code: "deadline_exceeded", outcome: "failed", clause: "CALL-006.3" });
    t.equal((await slow.ended()).value, "done", "The result", "CALL-006.3");
  },
});

check({
  id: "calls.default-deadline",
  title: "a call without a deadline has the tool's default, which is less than the longest that the tool allows",
  covers: ["CALL-006.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const input = { ms: 60_000 };
    await endsBeforeTheLongest(t, session, () => openWithoutDeadline(t, session, { tool: "test.short", input }));
  },
});

/** How often a peer is asked which of two calls it ends first. */
const TRIES = 5;

/**
 * A call that has less time than the longest which test.short allows ends first, although it was opened behind one that asks for more. A peer
 * that is held up between the two may end them in the order in which it read them: it is asked again.
 */
async function endsBeforeTheLongest(
  t: Context,
  session: Session,
  open: () => OutgoingCall | Promise<OutgoingCall>,
): Promise<void> {
  const ends = (): number[] =>
    session.channel.frames.entries.filter(({ frame }) => frame.type === FrameType.end).map(({ frame }) => frame.stream);
  for (let tries = 1; tries <= TRIES; tries++) {
    const before = ends().length;
    const longest = await t.open(session, { tool: "test.short", input: { ms: 60_000 }, deadlineMs: 30_000 });
    const shorter = await open();
    for (const call of [shorter, longest]) {
      endedWith(t, await call.ended(), { code: "deadline_exceeded", outcome: "failed", clause: "CALL-006.3" });
    }
    const order = ends().slice(before);
    if (order[0] === shorter.stream) return;
    t.note(`try ${tries}: the call with more time ended first`);
  }
  t.expect(false, "The call with more time always ended first.", "CALL-006.3");
}
