/**
 * Limits on a caller's waits, as the peer keeps them for its own calls (CALL-007), and what becomes of calls when a session ends
 * (CALL-014).
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import type { PeerCall } from "../../suite/peer-call.ts";
import type { Context } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { pause } from "../support.ts";

/** The suite takes one call at a time. */
const ONE_STREAM = { hello: { limits: { streams: 1 } }, welcome: { limits: { streams: 1 } } };

async function told(t: Context, call: PeerCall, code: string, outcome: string, clause: string): Promise<void> {
  const settled = await call.settled();
  t.equal(
    [settled.ok, settled.code, settled.outcome],
    [false, code, outcome],
    "What the peer's application was told",
    clause,
  );
}

check({
  id: "calls.wait-for-end",
  title: "a caller whose wait for END is over sends RESET deadline_exceeded, and settles the call as unknown",
  covers: ["CALL-007.1", "CALL-007.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { timeoutMs: t.ms(200) });
    const incoming = await call.incoming();
    incoming.accept();
    const reset = await incoming.cancelled();
    t.equal(reset.code, Code.deadline_exceeded, "The code of RESET", "CALL-007.1");
    await told(t, call, "deadline_exceeded", "unknown", "CALL-007.2");
  },
});

check({
  id: "calls.wait-for-accept",
  title: "a caller whose wait for ACCEPT is over sends RESET deadline_exceeded, and settles the call as unknown",
  covers: ["CALL-007.1", "CALL-007.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { acceptTimeoutMs: t.ms(200), timeoutMs: t.ms(20_000) });
    const incoming = await call.incoming();
    const reset = await incoming.cancelled();
    t.equal(reset.code, Code.deadline_exceeded, "The code of RESET", "CALL-007.1");
    await told(t, call, "deadline_exceeded", "unknown", "CALL-007.2");
  },
});

check({
  id: "calls.accepted-in-time",
  title: "the limit on the wait for ACCEPT ends with ACCEPT",
  covers: ["CALL-007.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { acceptTimeoutMs: t.ms(800), timeoutMs: t.ms(20_000) });
    const incoming = await call.incoming();
    incoming.accept();
    await pause(t, 1_000);
    await session.roundTrip();
    t.equal(incoming.opened.inbound.resets.entries.length, 0, "RESETs of a call that was accepted", "CALL-007.1");
    await incoming.end("done");
    t.equal((await call.settled()).value, "done", "The result", "CALL-007.1");
  },
});

check({
  id: "calls.deadline-in-open",
  title: "OPEN says what is left of the caller's deadline, as long as something is",
  covers: ["CALL-007.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { timeoutMs: 5_000 });
    const { open } = await call.incoming();
    const { deadlineMs } = open;
    if (deadlineMs === undefined) throw new Failure("OPEN does not say what is left of the deadline.");
    t.expect(deadlineMs > 0, "OPEN was written with a deadline that is over.", "CALL-007.3");
    t.expect(deadlineMs <= 5_000, `OPEN has a deadline of ${deadlineMs} ms, and the call one of 5,000 ms.`);
  },
});

check({
  id: "calls.never-written",
  title: "a call whose OPEN waits until its deadline is over is never written, and is settled as not_started",
  covers: ["CALL-007.2", "CALL-007.3"],
  role: "both",
  async run(t) {
    const session = await t.session(ONE_STREAM);
    const first = await t.peerCalls(session);
    const incoming = await first.incoming();
    const second = await t.peerCalls(session, { tool: "suite.idempotent", timeoutMs: t.ms(150) });
    await told(t, second, "deadline_exceeded", "not_started", "CALL-007.2");
    await incoming.end("done");
    t.equal((await first.settled()).value, "done", "The result of the first call");
    await session.roundTrip();
    t.equal(session.opened.entries.length, 0, "Calls that were opened behind their deadline", "CALL-007.3");
  },
});

check({
  id: "calls.the-truth-behind-a-deadline",
  title: "an END that comes at once behind RESET may be told, and nothing else may",
  covers: ["CALL-007.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { timeoutMs: t.ms(200) });
    const incoming = await call.incoming();
    incoming.accept();
    await incoming.cancelled();
    incoming.fail({ code: Code.aborted, outcome: 1, message: "broken off" });
    const settled = await call.settled();
    const truth = settled.code === "aborted" && settled.outcome === "failed";
    const own = settled.code === "deadline_exceeded" && settled.outcome === "unknown";
    t.expect(truth || own, `The peer's application was told ${settled.code}, ${settled.outcome}.`, "CALL-007.2");
  },
});

check({
  id: "calls.end-under-way",
  title: "a call that is under way when the session ends is settled as unknown",
  covers: ["CALL-014"],
  role: "client",
  async run(t) {
    const session = await t.session({ connect: { reconnect: false } });
    const call = await t.peerCalls(session);
    const { stream } = await call.incoming();
    session.channel.send(build.goaway({ code: Code.internal, lastStream: stream, message: "The suite ends." }));
    const settled = await call.settled();
    t.equal([settled.ok, settled.outcome], [false, "unknown"], "What the client's application was told", "CALL-014");
  },
});

check({
  id: "calls.end-beyond-the-last",
  title: "a call beyond the last stream that GOAWAY names is settled as not_started",
  covers: ["CALL-014"],
  role: "client",
  async run(t) {
    const session = await t.session({ connect: { reconnect: false } });
    const first = await t.peerCalls(session);
    const { stream } = await first.incoming();
    const second = await t.peerCalls(session, { tool: "suite.idempotent" });
    await second.incoming();
    session.channel.send(build.goaway({ code: Code.internal, lastStream: stream, message: "The suite ends." }));
    const outcomes = [(await first.settled()).outcome, (await second.settled()).outcome];
    t.equal(outcomes, ["unknown", "not_started"], "The outcomes", "CALL-014");
  },
});

check({
  id: "calls.end-never-written",
  title: "a call whose OPEN was never written when the connection is lost is settled as not_started",
  covers: ["CALL-014"],
  role: "client",
  async run(t) {
    const session = await t.session({ ...ONE_STREAM, connect: { reconnect: false } });
    const first = await t.peerCalls(session);
    await first.incoming();
    const second = await t.peerCalls(session, { tool: "suite.idempotent" });
    await t.begun(session);
    session.channel.socket.cut();
    const outcomes = [(await first.settled()).outcome, (await second.settled()).outcome];
    t.equal(outcomes, ["unknown", "not_started"], "The outcomes", "CALL-014");
  },
});
