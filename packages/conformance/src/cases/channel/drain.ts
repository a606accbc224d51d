/**
 * GOAWAY with code 0, from either side.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";

check({
  id: "chan.drain-finishes-calls",
  title: "a gateway that drains finishes the calls under way, and then ends the session",
  covers: ["CHAN-003.1", "CHAN-003.4"],
  role: "gateway",
  needs: ["command"],
  async run(t) {
    const gateway = await t.ownGateway();
    const session = await t.session({ url: t.urlOf(gateway.urls) });
    const call = await t.open(session, { tool: "test.slow", input: { ms: t.ms(500) } });
    await call.accepted();
    gateway.process.signal("SIGTERM");
    const drain = await session.channel.take("goaway");
    t.equal(drain.code, 0, "The code of the first GOAWAY", "CHAN-003.1");
    t.equal(drain.lastStream, call.stream, "lastStream", "CHAN-003.1");
    const { value } = await call.ended();
    t.equal(value, "done", "The result of a call that was under way", "CHAN-003.1");
    await session.goaway({ within: 1_000 });
    if (t.ownEndpoint) t.equal((await session.channel.closed()).code, 1001, "The close code", "CHAN-003.4");
    t.equal((await gateway.process.ended).code, 0, "The exit code");
  },
});

check({
  id: "chan.drain-waits-for-acks",
  title: "a gateway that drains does not end the session before all that it sent is acknowledged, and does then",
  covers: ["CHAN-003.4"],
  role: "gateway",
  needs: ["command", "delivery"],
  async run(t) {
    const gateway = await t.ownGateway();
    const session = await t.session({ url: t.urlOf(gateway.urls) });
    const call = await t.open(session, { tool: "test.slow", input: { ms: t.ms(300) } });
    await call.accepted();
    session.automatic.ack = false;
    gateway.process.signal("SIGTERM");
    await session.channel.take("goaway");
    await call.ended();
    for (let times = 0; times < 5; times++) await session.roundTrip();
    t.expect(!session.channel.has("goaway"), "The session was ended before END was acknowledged.", "CHAN-003.4");
    session.acknowledge();
    await session.goaway({ within: 1_000 });
  },
});

check({
  id: "chan.drained-opens-nothing",
  title: "a side that has heard GOAWAY with code 0 opens no stream",
  covers: ["CHAN-003.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const under = await t.peerCalls(session);
    const incoming = await under.incoming();
    session.send(build.goaway({ lastStream: incoming.stream, message: "draining" }));
    // What was under way crossed with GOAWAY.
    await session.roundTrip();
    await t.peerCalls(session, { timeoutMs: t.ms(2_000) });
    await t.begun(session);
    t.expect(session.opened.entries.length === 0, "OPEN came behind GOAWAY with code 0.", "CHAN-003.2");
    await incoming.end("finished");
    t.equal((await under.settled()).value, "finished", "The result of the call that was under way");
  },
});

check({
  id: "chan.drain-settles-those-beyond",
  title: "a call beyond the lastStream of a drain is settled as not_started",
  covers: ["CHAN-003.3"],
  role: "both",
  async run(t) {
    // One that dials again may open the call there, and has nothing to tell before.
    const session = await t.session({ connect: { reconnect: false } });
    const taken = await t.peerCalls(session);
    const first = await taken.incoming();
    const crossed = await t.peerCalls(session);
    await crossed.incoming();
    session.send(build.goaway({ lastStream: first.stream, message: "draining" }));
    const { ok, outcome } = await crossed.settled();
    t.equal({ ok, outcome }, { ok: false, outcome: "not_started" }, "The call beyond lastStream", "CHAN-003.3");
    await first.end("finished");
    t.equal((await taken.settled()).value, "finished", "The result of the call up to lastStream");
  },
});

check({
  id: "chan.drained-acknowledges",
  title: "a side that has heard GOAWAY with code 0 acknowledges at once",
  covers: ["CHAN-003.should"],
  role: "both",
  needs: ["delivery"],
  level: "should",
  async run(t) {
    const session = await t.session();
    await t.open(session, { tool: "test.slow", input: { ms: t.ms(1_500) } });
    session.channel.send(build.goaway({ lastStream: 0, message: "draining" }));
    await session.roundTrip();
    await session.roundTrip();
    t.equal(session.acknowledged, session.sent.length, "The count that was acknowledged", "CHAN-003.should");
  },
});
