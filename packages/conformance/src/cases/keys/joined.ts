/**
 * Callers that share one handler (KEY-002, KEY-005).
 *
 * @module
 */
import { newKey, openFrame, OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { AcceptState } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { count, newCounter, ran } from "./support.ts";

/** Two calls with one key in one message: nothing can come in between. */
function together(
  session: Session,
  { key, deadlines = [undefined, undefined], ...input }: Shared,
): readonly [OutgoingCall, OutgoingCall] {
  const [first, second] = deadlines.map((deadlineMs) =>
    openFrame(session, { tool: "test.count", key, input, deadlineMs }),
  );
  if (first === undefined || second === undefined) throw new RangeError("two calls have two deadlines");
  session.send(first.frame, second.frame);
  return [new OutgoingCall(session, first.stream), new OutgoingCall(session, second.stream)];
}

interface Shared {
  readonly key: string;
  readonly counter: string;
  readonly holdMs: number;
  readonly deadlines?: readonly [number | undefined, number | undefined];
}

check({
  id: "keys.joined",
  title: "a call whose key runs already joins it: both get one result of one run",
  covers: ["KEY-002.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    const [first, second] = together(session, { key, counter, holdMs: t.ms(200) });
    t.equal((await second.accepted()).state, AcceptState.joined, "The state of the second's ACCEPT", "KEY-002.1");
    const endings = await Promise.all([first.ended(), second.ended()]);
    const told = endings.map(({ code, value }) => [code, value]);
    t.equal(
      told,
      [
        ["ok", { value: 1 }],
        ["ok", { value: 1 }],
      ],
      "What both get",
      "KEY-002.1",
    );
    await ran(t, session, counter, { runs: 1, clause: "KEY-002.1" });
  },
});

check({
  id: "keys.joined-from-another-session",
  title: "a call of another session joins the one that runs, and gets its result also where the first session is gone",
  covers: ["KEY-001", "KEY-002.1", "KEY-005.2"],
  role: "gateway",
  async run(t) {
    const [one, two] = [await t.session({ label: "one" }), await t.session({ label: "two" })];
    const [key, counter] = [newKey(), newCounter()];
    const call = { key, counter, holdMs: t.ms(1_000) };
    await (await count(t, one, call)).accepted();
    const second = await count(t, two, call);
    t.equal((await second.accepted()).state, AcceptState.joined, "The state of the second's ACCEPT", "KEY-002.1");
    one.leave();
    const { code, value } = await second.ended();
    t.equal([code, value], ["ok", { value: 1 }], "What the second gets", "KEY-005.2");
    await ran(t, two, counter, { runs: 1, clause: "KEY-001" });
  },
});

check({
  id: "keys.latest-deadline",
  title: "a handler that calls share has the latest of their deadlines, whichever call came first",
  covers: ["KEY-005.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const both = async (...deadlines: readonly [number, number]): Promise<void> => {
      const calls = together(session, { key: newKey(), counter: newCounter(), holdMs: t.ms(1_200), deadlines });
      const [short, long] = deadlines[0] < deadlines[1] ? calls : calls.toReversed();
      if (short === undefined || long === undefined) return;
      endedWith(t, await short.ended(), { code: "deadline_exceeded", outcome: "unknown", clause: "CALL-006.1" });
      t.expect(long.inbound.ended.entries.length === 0, "Both calls ended at the earlier deadline.", "KEY-005.1");
      const { code, value } = await long.ended();
      t.equal([code, value], ["ok", { value: 1 }], "What the call with the later deadline gets", "KEY-005.1");
    };
    await Promise.all([both(t.ms(200), t.ms(15_000)), both(t.ms(15_000), t.ms(200))]);
  },
});

check({
  id: "keys.latest-deadline-ends-it",
  title: "when the latest deadline is over the handler is aborted",
  covers: ["KEY-005.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const key = newKey();
    const call = { tool: "test.failOnce", key, input: { how: "hang" } };
    const frames = [t.ms(200), t.ms(500)].map((deadlineMs) => openFrame(session, { ...call, deadlineMs }));
    // In one message, so that the second has joined before the first one's time is over.
    session.send(...frames.map(({ frame }) => frame));
    const [one, two] = frames.map(({ stream }) => new OutgoingCall(session, stream));
    if (one === undefined || two === undefined) return;
    endedWith(t, await one.ended(), { code: "deadline_exceeded", outcome: "unknown", clause: "CALL-006.1" });
    endedWith(t, await two.ended(), { code: "deadline_exceeded", outcome: "unknown", clause: "KEY-005.1" });
    // The handler hangs until it is aborted. What it ended with then is there for whoever comes.
    const late = await (await t.open(session, call)).ended();
    t.equal(late.outcome, "unknown", "The outcome that a repetition gets", "KEY-004.2");
  },
});

check({
  id: "keys.aborted-by-the-last",
  title: "a handler that calls share goes on while one of them is left, and is aborted when the last one leaves",
  covers: ["KEY-005.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = { tool: "test.failOnce", key: newKey(), input: { how: "hang" } };
    const first = await t.open(session, call);
    await first.accepted();
    const second = await t.open(session, call);
    t.equal((await second.accepted()).state, AcceptState.joined, "The state of the second's ACCEPT", "KEY-002.1");
    first.reset();
    t.equal((await first.ended()).code, "cancelled", "How the call ended that left", "CALL-005.2");
    for (let times = 0; times < 3; times++) await session.roundTrip();
    t.expect(second.inbound.ended.entries.length === 0, "The handler was aborted for both.", "KEY-005.2");
    second.reset();
    endedWith(t, await second.ended(), { code: "cancelled", outcome: "unknown", clause: "KEY-005.2" });
  },
});

check({
  id: "keys.result-for-who-stays",
  title: "a call that leaves takes nothing from the others that share its handler",
  covers: ["KEY-005.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    const call = { key, counter, holdMs: t.ms(800) };
    const calls = [
      await count(t, session, call),
      await count(t, session, call),
      await count(t, session, call),
    ] as const;
    for (const each of calls) await each.accepted();
    calls[0].reset();
    calls[1].reset();
    const { code, value } = await calls[2].ended();
    t.equal([code, value], ["ok", { value: 1 }], "What the call gets that stays", "KEY-005.2");
    await ran(t, session, counter, { runs: 1, clause: "KEY-005.2" });
  },
});

check({
  id: "keys.comes-while-aborting",
  title: "a call that comes while the handler is being aborted gets that ending where it is kept",
  covers: ["KEY-005.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    const options = { tool: "test.count", key, input: { counter, holdMs: 20_000 } };
    const first = await t.open(session, options);
    await first.accepted();
    const again = openFrame(session, options);
    session.send(build.reset(first.stream, { code: 1 }), again.frame);
    const second = new OutgoingCall(session, again.stream);
    endedWith(t, await first.ended(), { code: "cancelled", outcome: "unknown", clause: "CALL-005.2" });
    endedWith(t, await second.ended(), { code: "cancelled", outcome: "unknown", clause: "KEY-005.3" });
    await ran(t, session, counter, { runs: 1, clause: "KEY-005.3" });
  },
});

check({
  id: "keys.comes-while-aborting-and-runs",
  title: "a call that comes while another is being aborted runs anew where that one leaves the key free",
  covers: ["KEY-005.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (let times = 0; times < 4; times++) {
      const [key, counter] = [newKey(), newCounter()];
      const options = { tool: "test.count", key, input: { counter, holdMs: 50 } };
      const [given, again] = [openFrame(session, options), openFrame(session, options)];
      session.send(given.frame, build.reset(given.stream, { code: 1 }), again.frame);
      const [first, second] = [
        await new OutgoingCall(session, given.stream).ended(),
        await new OutgoingCall(session, again.stream).ended(),
      ];
      if (first.outcome === "not_started") {
        t.equal([second.code, second.value], ["ok", { value: 1 }], "What the second call gets", "KEY-005.3");
      } else {
        t.equal([second.code, second.outcome], [first.code, first.outcome], "What the second call gets", "KEY-005.3");
      }
      await ran(t, session, counter, { runs: 1, clause: "KEY-005.3" });
    }
  },
});
