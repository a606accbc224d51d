/**
 * ACCEPT and END (CALL-001, CALL-002, CALL-004).
 *
 * @module
 */
import { newKey } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { Unsupported } from "../../suite/verdict.ts";
import { AcceptState, Code } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { ownPeer } from "./support.ts";

for (const tool of ["test.fail", "test.failOnce"]) {
  check({
    id: `calls.accepted-${tool === "test.fail" ? "read" : "once"}`,
    title: `a call of ${tool} is accepted while its handler runs, long before it ends`,
    covers: ["CALL-001"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.open(session, { tool, key: newKey(), input: { how: "hang" } });
      const accept = await call.accepted();
      t.equal(accept.state, AcceptState.running, "The state of ACCEPT", "CALL-001");
      t.expect(call.inbound.ended.entries.length === 0, "The call has ended.", "CALL-001");
      call.reset();
      await call.ended();
    },
  });
}

check({
  id: "calls.answered",
  title: "a call is answered with its result, whether ACCEPT came before or not",
  covers: ["CALL-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.echo", input: { a: [1, "two", null] } });
    const ending = await call.ended();
    t.equal([ending.code, ending.value], ["ok", { a: [1, "two", null] }], "The ending", "CALL-004");
    t.equal(ending.outcome, undefined, "The outcome of a call that succeeded", "CALL-004");
  },
});

check({
  id: "calls.not-accepted-before-the-journal",
  title: "a once call that the journal does not take is refused without ACCEPT",
  covers: ["CALL-002"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const { session } = await ownPeer(t);
    const refuse = await (await t.open(session, { tool: "test.journal", input: { refuse: "claims" } })).ended();
    if (refuse.code === "unimplemented") throw new Unsupported("The peer under test has no test.journal.");
    const counter = newKey();
    const call = await t.open(session, { tool: "test.count", key: newKey(), input: { counter } });
    const ending = await call.ended();
    t.expect(call.inbound.accepts.entries.length === 0, "It was accepted before the journal held it.", "CALL-002");
    const counted = await (await t.open(session, { tool: "test.counted", input: { counter } })).ended();
    t.equal(counted.value, { value: 0, runs: 0 }, "The counter", "CALL-002");
    t.equal([ending.code, ending.outcome], ["unavailable", "not_started"], "Code and outcome", "KEY-009");
  },
});

check({
  id: "calls.many-and-one-end-each",
  title: "each of many calls that are under way together ends exactly once, with its own result",
  covers: ["CALL-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const calls = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        t.open(session, { tool: n % 4 === 0 ? "test.slow" : "test.echo", input: n % 4 === 0 ? { ms: n } : { n } }),
      ),
    );
    for (const [n, call] of calls.entries()) {
      t.equal((await call.ended()).value, n % 4 === 0 ? "done" : { n }, `The result of call ${n}`, "CALL-004");
    }
    await session.roundTrip();
    const again = calls.filter((call) => call.inbound.ended.entries.length > 0);
    t.equal(again.length, 0, "Calls that ended twice", "CALL-004");
  },
});

check({
  id: "calls.one-end-behind-the-deadline",
  title: "a call that ended with its deadline does not end again when its handler does",
  covers: ["CALL-004", "CALL-006.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const late = await t.open(session, { tool: "test.slow", input: { ms: 900, stubborn: true }, deadlineMs: 100 });
    const longer = await t.open(session, { tool: "test.slow", input: { ms: 1_000 } });
    endedWith(t, await late.ended(), { code: "deadline_exceeded", outcome: "failed", clause: "CALL-006.1" });
    await longer.ended();
    await session.roundTrip();
    t.equal(late.inbound.ended.entries.length, 0, "Further ends of the call", "CALL-004");
  },
});

check({
  id: "calls.cancelled-twice-over",
  title: "a call whose RESET crosses with its END ends once",
  covers: ["CALL-004", "STREAM-003.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (let i = 0; i < 20; i++) {
      const call = await t.open(session, { tool: "test.echo", input: i });
      call.reset();
      const ending = await call.ended();
      t.expect(ending.ok || ending.end.code === Code.cancelled, `The call ended with ${ending.code}.`, "CALL-004");
    }
    await session.roundTrip();
  },
});
