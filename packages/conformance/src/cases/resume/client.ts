/**
 * How a client resumes its session, and when it does not (RESUME-002 to RESUME-006).
 *
 * @module
 */
import { openCall, openFrame } from "../../harness/calls.ts";
import type { Channel } from "../../harness/channel.ts";
import {
  gatewayHandshake,
  makeChallenge,
  makeWelcome,
  takeHello,
  type GatewayHandshakeOptions,
} from "../../harness/handshake.ts";
import { isCounted, type Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { gaveUp, same } from "../handshake/support.ts";
import { pause } from "../support.ts";
import { cut, lasting, loseOnTheWay, nextChannel, resumeClient, tokenOf } from "./support.ts";

check({
  id: "resume.client-asks",
  title:
    "a client that has lost its connection asks for its session, with the latest token and the count of what arrived",
  covers: ["RESUME-003", "RESUME-005.1"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    for (let round = 1; round <= 3; round++) {
      await openCall(session, { tool: "test.echo", input: round }).then((call) => call.ended());
      const token = tokenOf(session);
      await cut(session);
      const { hello } = await resumeClient(t, session);
      t.expect(same(hello.resume?.token ?? new Uint8Array(0), token), "HELLO has not the latest token.", "RESUME-002");
      t.equal(hello.resume?.received, session.sent.length, "The count in HELLO", "RESUME-003");
    }
    const { resumed } = await t.event(session, "open");
    t.equal(resumed, false, "Whether the first session was resumed");
    t.equal(
      (await t.event(session, "open"))["resumed"],
      true,
      "Whether the second channel has resumed it",
      "RESUME-005.1",
    );
  },
});

check({
  id: "resume.client-draws-a-nonce-anew",
  title: "a client that resumes its session has a nonce of the new channel's own",
  covers: ["HAND-015"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    const { hello: one } = await resumeClient(t, session);
    await session.roundTrip();
    await cut(session);
    const { hello: other } = await resumeClient(t, session);
    t.expect(!same(one.nonce, other.nonce), "HELLO has the nonce of the channel before.", "HAND-015");
  },
});

check({
  id: "resume.client-acknowledges",
  title: "a client whose session was resumed sends ACK at once, before anything that is counted",
  covers: ["RESUME-002.3"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await t.peerCalls(session);
    await call.incoming();
    await cut(session);
    const { channel } = await resumeClient(t, session, { again: false });
    await session.roundTrip();
    const ack = channel.frames.entries.findIndex(({ frame }) => frame.type === 0x21);
    t.expect(ack >= 0, "The client has not said ACK behind WELCOME.", "RESUME-002.3");
    const counted = channel.frames.entries.findIndex(({ frame }) => isCounted(frame));
    t.expect(counted < 0 || ack < counted, "ACK came behind a counted frame.", "RESUME-002.3");
  },
});

check({
  id: "resume.client-no-counted-frame-early",
  title: "a client whose HELLO asks to resume sends no counted frame before WELCOME, behind its PROOF neither",
  covers: ["HAND-006.1"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await t.peerCalls(session).then((call) => call.incoming());
    await cut(session);
    const channel = await t.nextSocket(session.channel, "resumes");
    // Calls that wait, one that was sent and one that was not.
    const waiting = await t.peerCalls(session);
    const { hello } = await takeHello(channel);
    if (t.ownEndpoint) {
      channel.send(makeChallenge(channel, hello, { audience: t.audience }));
      await channel.take("proof");
    }
    await pause(t, 200);
    const early = channel.frames.entries.find(({ frame }) => isCounted(frame));
    t.expect(early === undefined, "A counted frame came before WELCOME.", "HAND-006.1");
    const { frame } = makeWelcome(channel, hello, { session: { id: session.id, resumedFrom: session.receivedCount } });
    channel.send(frame);
    session.move(channel);
    await (await waiting.incoming()).end("at last");
    t.equal((await waiting.settled()).value, "at last", "What the call gave");
  },
});

check({
  id: "resume.client-frames-lost-both-ways",
  title: "frames of either side that a cut connection lost are sent again, and calls of both go on",
  covers: ["RESUME-005.1", "RESUME-003"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    session.automatic.ack = false;
    const before = session.receivedCount;
    const lost = await t.peerCalls(session, { input: "lost" });
    const first = await lost.incoming();
    const { frame, stream } = openFrame(session, { tool: "test.echo", input: "never arrived" });
    loseOnTheWay(session, frame);
    await cut(session);
    session.automatic.ack = true;
    // The suite never had the client's OPEN: it comes again.
    session.receivedCount = before;
    await resumeClient(t, session);
    const again = await lost.incoming();
    t.equal(
      [again.stream, again.open.callId],
      [first.stream, first.open.callId],
      "The OPEN that was sent again",
      "DELIV-006",
    );
    await again.end("found");
    t.equal((await lost.settled()).value, "found", "What the client's call gave", "RESUME-005.1");
    const inbound = session.inbound(stream);
    const { body } = await inbound.ended.take(() => true, session.channel.patience(), "END of the lost call");
    t.equal(new TextDecoder().decode(body.octets).includes("never arrived"), true, "Whether the lost call ended");
  },
});

check({
  id: "resume.client-reads-no-former-channel",
  title: "what still comes on the former channel is dropped and not counted, once the client has stated its count",
  covers: ["RESUME-003", "CARR-032.2"],
  role: "client",
  ways: ["shared", "wrapped"],
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const former = session.channel;
    former.send(build.goaway({ code: Code.data_loss, message: "on to another channel" }));
    const channel = await nextChannel(t, session);
    const { hello } = await takeHello(channel);
    const stream = session.newStream();
    const ghost = openFrame(session, { tool: "test.slow", input: { ms: 1 }, stream }).frame;
    former.send(ghost);
    const { frame } = makeWelcome(channel, hello, { session: { id: session.id, resumedFrom: session.receivedCount } });
    channel.send(frame);
    session.move(channel);
    t.equal(hello.resume?.received, session.sent.length, "The count in HELLO", "RESUME-003");
    // The same stream, by which the client would know that it had heard of it before (STREAM-002).
    const call = await openCall(session, { tool: "test.echo", input: "counted", stream });
    t.equal((await call.ended()).value, "counted", "What the call gave", "RESUME-003");
  },
});

/** WELCOMEs that resume as none may. */
const WRONG: readonly (readonly [name: string, change: (session: Session) => GatewayHandshakeOptions])[] = [
  ["count-beyond-what-was-sent", (session) => from(session, session.receivedCount + 1)],
  ["count-far-beyond", (session) => from(session, 1_000_000)],
  ["count-below-what-was-acknowledged", (session) => from(session, session.receivedCount - 1)],
  ["other-framePayload", (session) => ({ ...from(session), limits: { framePayload: 20_000 } })],
  ["other-streams", (session) => ({ ...from(session), limits: { streams: 7 } })],
  ["other-replay", (session) => ({ ...from(session), limits: { replay: 20_000 } })],
  ["other-streamCredit", (session) => ({ ...from(session), limits: { streamCredit: 20_000 } })],
  ["other-channelCredit", (session) => ({ ...from(session), limits: { channelCredit: 80_000 } })],
  ["no-credit", (session) => ({ ...from(session), features: ["delivery"] })],
];

function from({ id, receivedCount }: Session, resumedFrom = receivedCount): GatewayHandshakeOptions {
  return { session: { id, resumedFrom } };
}

for (const [name, change] of WRONG) {
  check({
    id: `resume.client-${name}`,
    title: `a client ends a session that a gateway resumes with ${name.replaceAll("-", " ")}`,
    covers: ["RESUME-004.5", "HAND-012.1"],
    role: "client",
    needs: ["delivery", "credit"],
    async run(t) {
      const session = await lasting(t);
      await t.peerCalls(session).then((call) => call.incoming());
      // The client has read that all of its frames have arrived.
      await session.roundTrip();
      await cut(session);
      const channel = await t.nextSocket(session.channel, "resumes");
      const welcome = change(session);
      await gatewayHandshake(channel, { audience: t.audience, challenge: t.ownEndpoint, ...welcome });
      await gaveUp(t, channel, { clause: "RESUME-004.5", requirement: "RESUME-004" });
      await t.healthy();
    },
  });
}

check({
  id: "resume.client-told-of-data-loss",
  title: "a client whose gateway ends a channel by GOAWAY data_loss resumes its session on the next one",
  covers: ["RESUME-005.1"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await t.peerCalls(session);
    const incoming = await call.incoming();
    session.channel.send(build.goaway({ code: Code.data_loss, message: "something was lost" }));
    await resumeOn(t, session);
    await incoming.end("went on");
    t.equal((await call.settled()).value, "went on", "What the client's call gave", "RESUME-005.1");
  },
});

/** The session goes on: on another socket, or on the host's, which is still there. Events are those of the socket before. */
async function resumeOn(t: Context, session: Session): Promise<Channel> {
  const on = await nextChannel(t, session);
  const { channel } = await resumeClient(t, session, { on });
  return channel;
}

check({
  id: "resume.client-finds-a-loss",
  title: "a client that finds a wrapped message missing says GOAWAY data_loss, and resumes its session",
  covers: ["RESUME-005.1"],
  role: "client",
  ways: ["wrapped"],
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    session.channel.sendTagged(session.channel.peerTag, [build.ping(1)], 1_000);
    const goaway = await session.goaway();
    t.equal(goaway.code, Code.data_loss, "The code of GOAWAY", "RESUME-005.1");
    await resumeOn(t, session);
    await session.roundTrip();
  },
});

check({
  id: "resume.client-in-silence",
  title: "a client whose gateway is silent ends the channel alone, and resumes its session on another one",
  covers: ["RESUME-005.1"],
  role: "client",
  ways: ["binary", "text"],
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t, { welcome: { heartbeatMs: t.ms(200) } });
    session.automatic.pong = false;
    session.automatic.ack = false;
    const { hello } = await resumeClient(t, session);
    t.equal(hello.resume?.sessionId, session.id, "The session that HELLO asks for", "RESUME-005.1");
    session.automatic.pong = true;
    await session.roundTrip();
  },
});

check({
  id: "resume.client-handshake-too-long",
  title:
    "a client to which the handshake that was to resume its session takes too long says GOAWAY data_loss, and asks again",
  covers: ["RESUME-005.1", "HAND-012.1", "HAND-007.1"],
  role: "client",
  ways: ["binary", "text"],
  limits: "quick",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    const channel = await t.nextSocket(session.channel, "not answered");
    const { hello } = await takeHello(channel);
    channel.send(makeChallenge(channel, hello, { audience: t.audience }));
    await channel.take("proof");
    const goaway = await channel.take("goaway");
    t.equal(goaway.code, Code.data_loss, "The code of GOAWAY", "RESUME-005.1");
    await resumeClient(t, session);
    await session.roundTrip();
  },
});

for (const code of ["cancelled", "unavailable", "permission_denied", "internal"] as const) {
  check({
    id: `resume.client-told-of-${code}`,
    title: `a client whose gateway ends the session by GOAWAY ${code} does not ask for it again`,
    covers: ["RESUME-005.2"],
    role: "client",
    needs: ["delivery"],
    async run(t) {
      const session = await lasting(t);
      session.channel.send(build.goaway({ code: Code[code], message: "the end" }));
      await asksNoMore(t, session);
    },
  });
}

/** The client's session is closed, or it says HELLO for a new one. */
async function asksNoMore(t: Context, session: Session): Promise<void> {
  const closed = t.event(session, "closed", { within: 3_000 }).then(
    () => true,
    () => false,
  );
  const asked = nextChannel(t, session)
    .then((channel) => channel.take("hello", () => true, { within: 3_000 }))
    .catch(() => undefined);
  const first = await Promise.race([closed, asked]);
  if (first === true) return;
  const hello = first === undefined || first === false ? await asked : first;
  if (hello === undefined) {
    if (await closed) return;
    throw new Failure("The session was neither closed nor followed by another one.", "RESUME-005.2");
  }
  t.equal(hello.resume, undefined, "The session that HELLO asks for", "RESUME-005.2");
}

check({
  id: "resume.client-taken-over",
  title: "a client that hears GOAWAY aborted does not reconnect: its session is over for it",
  covers: ["RESUME-006.2"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    session.channel.send(build.goaway({ code: Code.aborted, message: "taken over by another connection" }));
    const closed = await t.event(session, "closed");
    t.equal(closed["code"], "aborted", "The code with which the session is closed", "RESUME-006.2");
    const again = await t.nextSocket(session.channel, "again", { within: 400 }).then(
      () => true,
      () => false,
    );
    t.expect(!again, "The client dialled again, although another one has its session.", "RESUME-006.2");
    t.expect(!session.channel.has("hello"), "The client said HELLO again on the same socket.", "RESUME-006.2");
  },
});
