/**
 * What ends a channel and what its session, and what a gateway does with one that has no channel (RESUME-003, RESUME-005 to RESUME-007).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { newKey, openCall, openFrame, OutgoingCall } from "../../harness/calls.ts";
import { clientHandshake } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { hostEchoes } from "../handshake/support.ts";
import { pause } from "../support.ts";
import { ask, cut, lasting, loseOnTheWay, notResumed, resume, tokenOf } from "./support.ts";

check({
  id: "resume.frames-lost-both-ways",
  title:
    "frames that a cut connection lost, in either direction, are sent again on the next one, and everything is there once",
  covers: ["RESUME-005.1", "RESUME-003"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const counter = `lost-${randomBytes(6).toString("hex")}`;
    const session = await lasting(t);
    session.automatic.ack = false;
    const first = await openCall(session, { tool: "test.count", input: { counter, by: 3 }, key: newKey() });
    t.equal((await first.ended()).value, { value: 3 }, "What test.count gave");
    const has = session.receivedCount - 1;
    const second = openFrame(session, { tool: "test.count", input: { counter, by: 4 }, key: newKey() });
    const arrived = session.sent.length;
    loseOnTheWay(session, second.frame);
    await cut(session);
    session.automatic.ack = true;
    // The suite never had END of the first call.
    const { welcome } = await resume(t, session, { received: has });
    t.equal(welcome.resumedFrom, arrived, "What the gateway has of the suite's frames", "RESUME-003");
    t.equal((await first.ended()).value, { value: 3 }, "END, sent again", "RESUME-005.1");
    t.equal((await new OutgoingCall(session, second.stream).ended()).value, { value: 7 }, "What the lost call gave");
    const again = await openCall(session, { tool: "test.counted", input: { counter } });
    t.equal((await again.ended()).value, { value: 7, runs: 2 }, "The counter", "RESUME-005.1");
  },
});

check({
  id: "resume.former-channel-is-not-read",
  title: "what arrives on the former channel once its session was resumed elsewhere is dropped, and not counted",
  covers: ["RESUME-003", "RESUME-006.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const counter = `former-${randomBytes(6).toString("hex")}`;
    const session = await lasting(t);
    const former = session.channel;
    const stream = session.newStream();
    const ghost = openFrame(session, { tool: "test.count", input: { counter }, key: newKey(), stream }).frame;
    const { welcome } = await resume(t, session);
    t.equal(welcome.resumedFrom, session.sent.length, "What the gateway has of the suite's frames", "RESUME-003");
    former.send(ghost);
    // The same stream, by which the gateway would know that it had heard of it before (STREAM-002).
    const call = await openCall(session, { tool: "test.counted", input: { counter }, stream });
    t.equal((await call.ended()).value, { value: 0, runs: 0 }, "The counter", "RESUME-003");
    await cut(session);
    const second = await resume(t, session);
    t.equal(
      second.welcome.resumedFrom,
      session.sent.length,
      "What the gateway has of the suite's frames",
      "RESUME-003",
    );
  },
});

check({
  id: "resume.takes-over",
  title: "a session that is resumed while its former channel stands is taken over, and GOAWAY aborted says so there",
  covers: ["RESUME-006.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const former = session.channel;
    const slow = await openCall(session, { tool: "test.slow", input: { ms: t.ms(400) } });
    await slow.accepted();
    const { welcome } = await resume(t, session);
    t.equal(welcome.sessionId, session.id, "The session in WELCOME", "RESUME-006.1");
    const goaway = await former.take("goaway", ({ code }) => code !== 0);
    t.equal(goaway.code, Code.aborted, "The code of GOAWAY on the former channel", "RESUME-006.1");
    if (t.ownEndpoint) await former.closed();
    else await hostEchoes(t, former);
    t.equal((await slow.ended()).value, "done", "What the call gave, on the new channel", "RESUME-006.1");
  },
});

check({
  id: "resume.goes-on-without-its-channel",
  title: "while a session has no channel its handlers go on, and what they have to say waits, in order",
  covers: ["RESUME-007.1", "RESUME-005.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const slow = await openCall(session, { tool: "test.slow", input: { ms: t.ms(300) } });
    const stream = await openCall(session, { tool: "test.stream", input: { items: 20, size: 10 } });
    await slow.accepted();
    await cut(session);
    await pause(t, 450);
    await resume(t, session);
    t.equal((await slow.ended()).value, "done", "What the slow call gave", "RESUME-007.1");
    for (let n = 0; n < 20; n++) t.equal(await stream.item(), { n, pad: "x".repeat(10) }, `Item ${n}`, "RESUME-007.1");
    t.equal((await stream.ended()).value, { items: 20 }, "What the stream gave", "RESUME-007.1");
  },
});

check({
  id: "resume.deadlines-count-without-a-channel",
  title: "while a session has no channel its calls' deadlines count",
  covers: ["RESUME-007.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await openCall(session, { tool: "test.slow", input: { ms: t.ms(20_000) }, deadlineMs: t.ms(800) });
    await call.accepted();
    await cut(session);
    await pause(t, 1_000);
    await resume(t, session);
    // It is over by now: END says so without the deadline's having begun anew.
    const { code } = await call.ended({ within: 700 });
    t.equal(code, "deadline_exceeded", "How the call ended", "RESUME-007.1");
  },
});

check({
  id: "resume.calls-of-the-gateway-go-on",
  title: "calls of the gateway go on where the session is resumed",
  covers: ["RESUME-007.1", "RESUME-005.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await t.peerCalls(session, { input: { a: 1 } });
    const incoming = await call.incoming();
    incoming.accept();
    await cut(session);
    await resume(t, session);
    await incoming.end("later");
    const settled = await call.settled();
    t.equal([settled.ok, settled.value], [true, "later"], "What the gateway was told", "RESUME-007.1");
  },
});

check({
  id: "resume.channel-left",
  title: "a channel that the client leaves by GOAWAY data_loss ends alone, and its session goes on",
  covers: ["RESUME-005.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const slow = await openCall(session, { tool: "test.slow", input: { ms: t.ms(300) } });
    await slow.accepted();
    session.channel.send(build.goaway({ code: Code.data_loss, message: "on to another channel" }));
    if (t.ownEndpoint) await session.channel.closed();
    await resume(t, session);
    t.equal((await slow.ended()).value, "done", "What the call gave", "RESUME-005.1");
  },
});

check({
  id: "resume.silent-client",
  title: "a channel whose client is silent ends alone, and its session goes on",
  covers: ["RESUME-005.1"],
  role: "gateway",
  ways: ["binary", "text"],
  limits: "quick",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    session.automatic.pong = false;
    await session.channel.closed();
    session.automatic.pong = true;
    await resume(t, session);
    await session.roundTrip();
  },
});

check({
  id: "resume.wrapped-message-lost",
  title: "a channel on which a wrapped message was lost ends alone, by GOAWAY data_loss, and its session goes on",
  covers: ["RESUME-005.1"],
  role: "gateway",
  ways: ["wrapped"],
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    session.channel.sendTagged(session.channel.peerTag, [build.ping(1)], 1_000);
    const goaway = await session.goaway();
    t.equal(goaway.code, Code.data_loss, "The code of GOAWAY", "RESUME-005.1");
    await resume(t, session);
    await session.roundTrip();
  },
});

for (const code of ["cancelled", "unknown", "aborted", "unavailable", "unauthenticated"] as const) {
  check({
    id: `resume.ended-by-${code}`,
    title: `a session that its client ends by GOAWAY ${code} is over, and cannot be resumed`,
    covers: ["RESUME-005.2", "HAND-010"],
    role: "gateway",
    needs: ["delivery"],
    async run(t) {
      const session = await lasting(t);
      session.channel.send(build.goaway({ code: Code[code], message: "the end" }));
      if (t.ownEndpoint) await session.channel.closed();
      else await hostEchoes(t, session.channel);
      notResumed(session, await ask(t, session), "RESUME-005.2");
    },
  });
}

check({
  id: "resume.ended-by-a-breach",
  title: "a session that the gateway ended because its client broke the protocol cannot be resumed",
  covers: ["RESUME-005.2"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    session.channel.send(build.ack(1_000_000));
    const goaway = await session.goaway();
    t.expect(goaway.code !== Code.data_loss, "The GOAWAY of a breach is no data_loss.", "RESUME-005.2");
    notResumed(session, await ask(t, session), "RESUME-005.2");
  },
});

check({
  id: "resume.within-the-window",
  title: "a session without a channel is kept for the resume window",
  covers: ["RESUME-007.1"],
  role: "gateway",
  limits: "quick",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    await pause(t, 250);
    await resume(t, session);
    await session.roundTrip();
  },
});

check({
  id: "resume.window-over",
  title: "a session without a channel is over when the resume window is, and the client is told why",
  covers: ["RESUME-007.2", "HAND-010"],
  role: "gateway",
  limits: "quick",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    for (let attempt = 0; ; attempt++) {
      await cut(session);
      await pause(t, 1_300);
      const handshake = await ask(t, session);
      const { resumedFrom, resumeToken } = handshake.welcome;
      if (resumedFrom === undefined || attempt === 2) {
        notResumed(session, handshake, "RESUME-007.2");
        return;
      }
      // A gateway whose event loop was blocked may wait a little longer for clients that it has kept waiting.
      session.resumeToken = resumeToken;
      session.move(handshake.channel);
      session.acknowledge();
    }
  },
});

check({
  id: "resume.never-heard",
  title: "a session whose client was never heard behind its WELCOME ends together with its channel",
  covers: ["RESUME-007.3"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const channel = await t.socket();
    const { established } = await clientHandshake(channel);
    channel.socket.cut();
    await channel.closed();
    const { id: sessionId } = established;
    const token = tokenOf(established);
    const again = await t.socket({ label: "resumes" });
    const { welcome } = await clientHandshake(again, { resume: { sessionId, token, received: 0 } });
    t.expect(welcome.sessionId !== sessionId, "A session of which nobody was heard was resumed.", "RESUME-007.3");
    t.expect((welcome.notResumed ?? "") !== "", "WELCOME does not say why nothing was resumed.", "HAND-010");
  },
});

check({
  id: "resume.most-without-a-channel",
  title: "sessions without a channel are kept up to the limit, and the one that has been so for longest ends beyond it",
  covers: ["RESUME-007.1"],
  role: "gateway",
  ways: ["binary"],
  limits: "small",
  needs: ["delivery", "command"],
  async run(t) {
    const gateway = await t.ownGateway();
    const url = t.urlOf(gateway.urls);
    const most = t.limits["parkedSessions"] ?? 0;
    const sessions = [];
    for (let i = 0; i <= most; i++) sessions.push(await lasting(t, { url, label: `session ${i}` }));
    for (const session of sessions) {
      await session.roundTrip();
      await cut(session);
    }
    const [longest, ...others] = sessions;
    if (longest === undefined) return;
    // All of them are without one when the last one's end has been seen: the gateway answers another client behind it.
    await (await t.session({ url, label: "another" })).roundTrip();
    for (const session of others) await resume(t, session, { url });
    const answer = await ask(t, longest, { url });
    // A peer under test need not have a limit of that name.
    if (answer.welcome.resumedFrom !== undefined)
      throw new Unsupported(`The gateway keeps more than ${most} sessions.`);
    notResumed(longest, answer, "RESUME-007.1");
  },
});

check({
  id: "resume.drains-again",
  title: "a gateway that drains says so again to a client that resumes its session",
  covers: ["RESUME-009.3"],
  role: "gateway",
  needs: ["delivery", "command"],
  async run(t) {
    const gateway = await t.ownGateway();
    const url = t.urlOf(gateway.urls);
    const session = await lasting(t, { url });
    const slow = await openCall(session, { tool: "test.slow", input: { ms: t.ms(1_500) } });
    await slow.accepted();
    gateway.process.signal("SIGTERM");
    await session.channel.take("goaway", ({ code }) => code === 0);
    await cut(session);
    await resume(t, session, { url });
    const again = await session.channel.take("goaway", ({ code }) => code === 0, { what: "GOAWAY with code 0, again" });
    t.equal(again.code, 0, "The code of GOAWAY", "RESUME-009.3");
    t.equal((await slow.ended()).value, "done", "What the call gave", "RESUME-009.3");
  },
});

check({
  id: "resume.gateway-started-anew",
  title: "a gateway that was killed and started anew resumes no session of its former life, and says so",
  covers: ["HAND-010", "RESUME-004.2"],
  role: "gateway",
  needs: ["delivery", "command"],
  async run(t) {
    const gateway = await t.ownGateway();
    const url = t.urlOf(gateway.urls);
    const session = await lasting(t, { url });
    await gateway.process.kill();
    await session.channel.closed();
    await gateway.restart();
    notResumed(session, await ask(t, session, { url }), "HAND-010");
  },
});
