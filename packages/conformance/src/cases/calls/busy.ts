/**
 * A caller's wait for ACCEPT while its peer says that it is busy (CALL-019): the suite says so, or says nothing.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import type { Session } from "../../harness/session.ts";
import type { Context } from "../../suite/context.ts";
import type { PeerCall } from "../../suite/peer-call.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { pause } from "../support.ts";

/** A caller's limit on its wait for ACCEPT, in milliseconds. */
const LIMIT_MS = 600;

/** A session in which the suite answers no PING by itself, and a call that it does not accept. */
async function unaccepted(t: Context): Promise<{ readonly session: Session; readonly call: PeerCall }> {
  const session = await t.session();
  session.automatic.pong = false;
  const call = await t.peerCalls(session, { acceptTimeoutMs: t.ms(LIMIT_MS), timeoutMs: t.ms(20_000) });
  return { session, call };
}

/** Waits for PING, and answers it. */
async function answered(session: Session, lagMs: number): Promise<void> {
  const { id } = await session.channel.take("ping", () => true, {
    within: LIMIT_MS * 6,
    what: "PING of a caller whose call is not accepted",
  });
  session.channel.send(build.pong(id, lagMs));
}

check({
  id: "calls.asks-before-it-gives-up",
  title: "a caller whose call is not accepted asks with PING before it gives the call up",
  covers: ["CALL-019.1"],
  role: "both",
  async run(t) {
    const { session, call } = await unaccepted(t);
    const incoming = await call.incoming();
    await answered(session, 0);
    t.equal(incoming.opened.inbound.resets.entries.length, 0, "RESETs before PING", "CALL-019.1");
    await incoming.cancelled();
    await call.settled();
  },
});

check({
  id: "calls.waits-while-the-peer-is-busy",
  title: "a caller whose peer says that it is busy waits on for ACCEPT, and has its result",
  covers: ["CALL-019.2"],
  role: "both",
  async run(t) {
    const { session, call } = await unaccepted(t);
    const incoming = await call.incoming();
    for (let round = 0; round < 4; round++) await answered(session, 5_000);
    t.equal(incoming.opened.inbound.resets.entries.length, 0, "RESETs while the peer is busy", "CALL-019.2");
    incoming.accept();
    await incoming.end("done");
    const settled = await call.settled();
    t.equal([settled.ok, settled.value], [true, "done"], "What the peer's application was told", "CALL-019.2");
  },
});

check({
  id: "calls.gives-up-on-a-peer-that-is-not-busy",
  title: "a caller whose peer answers that it is not busy gives the call up when the limit is over",
  covers: ["CALL-007.1"],
  role: "both",
  async run(t) {
    const { session, call } = await unaccepted(t);
    const incoming = await call.incoming();
    await answered(session, 20);
    const reset = await incoming.cancelled();
    t.equal(reset.code, Code.deadline_exceeded, "The code of RESET", "CALL-007.1");
    const settled = await call.settled();
    t.equal([settled.code, settled.outcome], ["deadline_exceeded", "unknown"], "What was told", "CALL-007.1");
  },
});

check({
  id: "calls.gives-up-on-a-peer-that-fell-silent",
  title: "a caller whose peer was busy, and then answers no more, gives the call up when the next limit is over",
  covers: ["CALL-007.1"],
  role: "both",
  async run(t) {
    const { session, call } = await unaccepted(t);
    const incoming = await call.incoming();
    await answered(session, 5_000);
    const reset = await incoming.cancelled({ within: LIMIT_MS * 8 });
    t.equal(reset.code, Code.deadline_exceeded, "The code of RESET", "CALL-007.1");
    await call.settled();
  },
});

check({
  id: "calls.asks-a-busy-gateway-again",
  title: "a client whose gateway has said that it is busy asks again within two seconds",
  covers: ["CHAN-010"],
  role: "client",
  level: "should",
  async run(t) {
    const session = await t.session();
    session.automatic.pong = false;
    const call = await t.peerCalls(session, { timeoutMs: t.ms(20_000) });
    const incoming = await call.incoming();
    session.channel.send(build.accept(incoming.stream, { state: 1, lagMs: 5_000 }));
    await session.channel.take("ping", () => true, { within: 3_000, what: "PING to a gateway that said it is busy" });
    await incoming.end("done");
    await call.settled();
  },
});

check({
  id: "calls.asks-a-silent-gateway",
  title: "a client whose gateway says nothing to a call asks within two seconds, and not again before it has an answer",
  covers: ["CHAN-010"],
  role: "client",
  level: "should",
  async run(t) {
    const session = await t.session();
    session.automatic.pong = false;
    session.automatic.ack = false;
    const call = await t.peerCalls(session, { timeoutMs: t.ms(20_000) });
    const incoming = await call.incoming();
    await session.channel.take("ping", () => true, { within: 3_000, what: "PING to a gateway that says nothing" });
    await pause(t, 2_500);
    t.expect(!session.channel.has("ping"), "The client asked again before it had an answer.", "CHAN-010");
    await incoming.end("done");
    await call.settled();
  },
});
