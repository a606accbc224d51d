/**
 * What is counted, by whom, and what is said of it (DELIV-001, DELIV-002, DELIV-003, DELIV-005).
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { openFrame } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, OfferMode } from "../../wire/constants.ts";
import { lastingWith, resumeFrom } from "./support.ts";

/** Has frames of every counted type go from the suite to the peer, and of those that are not counted. */
async function sayOneOfEach(t: Context, session: Session): Promise<void> {
  session.send(build.offer(OfferMode.add, [{ name: "suite.more", effect: 0 }]));
  const streaming = await t.peerCalls(session, { tool: "suite.stream", timeoutMs: t.ms(10_000) });
  const incoming = await streaming.incoming();
  incoming.accept();
  incoming.progress({ n: 1 });
  await incoming.item({ n: 1 });
  await incoming.item({ n: 2 });
  const left = await t.open(session, { tool: "test.slow", input: { ms: 20_000 } });
  await left.accepted();
  left.reset();
  await left.ended();
  await incoming.end("done");
  await streaming.settled();
  session.channel.send(build.ping(session.channel.pingId()), build.pong(77));
  session.channel.send(build.credit(0, session.established.own.channelCredit + 100_000));
  session.acknowledge();
  await session.roundTrip();
}

check({
  id: "delivery.counts-what-arrives",
  title:
    "a side counts OPEN, ACCEPT, DATA, END, RESET and OFFER that arrive, one each, nothing else, over all channels",
  covers: ["DELIV-001"],
  role: "both",
  needs: ["delivery", "credit"],
  async run(t) {
    const session = await lastingWith(t, {});
    for (let round = 0; round < 2; round++) {
      await sayOneOfEach(t, session);
      const sent = session.sent.length;
      const { counted } = await resumeFrom(t, session, session.receivedCount);
      t.equal(counted, sent, "The count of frames that arrived, in HELLO or WELCOME", "DELIV-001");
    }
  },
});

check({
  id: "delivery.counts-what-it-sends",
  title: "a side takes an ACK of all counted frames that it has sent, and sends none of them again",
  covers: ["DELIV-001"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await lastingWith(t, {});
    session.automatic.ack = false;
    const stream = await t.open(session, { tool: "test.stream", input: { items: 3 } });
    await stream.ended();
    const slow = await t.open(session, { tool: "test.slow", input: { ms: 1, progress: 2 } });
    await slow.ended();
    const own = await t.peerCalls(session);
    const incoming = await own.incoming();
    own.cancel();
    await incoming.cancelled();
    await incoming.end("done");
    await own.settled();
    await session.roundTrip();
    session.acknowledge();
    await session.roundTrip();
    const { channel } = await resumeFrom(t, session, session.receivedCount);
    await session.roundTrip();
    const again = channel.frames.entries.filter(({ frame }) => frame.stream !== 0);
    t.equal(again.length, 0, "How many frames were sent again that had arrived", "DELIV-001");
    const { value } = await (await t.open(session, { tool: "test.echo", input: "on" })).ended();
    t.equal(value, "on", "What a call gets that comes behind that");
  },
});

check({
  id: "delivery.waiting-frames-are-not-counted",
  title: "what waits for credit is not part of the count: an ACK of it tells of more than was sent",
  covers: ["DELIV-002", "DELIV-005"],
  role: "both",
  needs: ["delivery", "credit"],
  async run(t) {
    const limits = { streamCredit: 1_024 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    session.automatic.credit = false;
    const call = await t.open(session, { tool: "test.stream", input: { items: 20, size: 500 } });
    await call.item();
    await session.roundTrip();
    await t.breaks(session, "DELIV-005", () => session.channel.send(build.ack(session.receivedCount + 1)));
  },
});

check({
  id: "delivery.ack-of-more-than-was-sent",
  title: "an ACK that tells of more frames than were sent ends the session",
  covers: ["DELIV-005"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    await (await t.open(session, { tool: "test.echo", input: 1 })).ended();
    await session.roundTrip();
    await t.breaks(session, "DELIV-005", () => session.channel.send(build.ack(session.receivedCount + 1)));
  },
});

check({
  id: "delivery.ack-that-goes-back",
  title: "an ACK that goes back ends the session; one that says the same again does not",
  covers: ["DELIV-005"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    await (await t.open(session, { tool: "test.echo", input: 1 })).ended();
    session.acknowledge();
    session.acknowledge();
    const { value } = await (await t.open(session, { tool: "test.echo", input: 2 })).ended();
    t.equal(value, 2, "What a call gets behind ACKs that say the same");
    await session.roundTrip();
    session.automatic.ack = false;
    session.acknowledge();
    await t.breaks(session, "DELIV-005", () => session.channel.send(build.ack(session.receivedCount - 1)));
  },
});

check({
  id: "delivery.acknowledges-within-two-seconds",
  title: "a side acknowledges all that arrived, by its count, within two seconds",
  covers: ["DELIV-003.1", "DELIV-003.3"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    await (await t.open(session, { tool: "test.echo", input: 1 })).ended();
    const sent = session.sent.length;
    await session.channel.take("ack", (ack) => ack.received >= sent, {
      within: 2_400,
      what: `ACK of ${sent} frames within 2 s`,
    });
    t.equal(session.acknowledged, sent, "The count of ACK", "DELIV-003.1");
  },
});

/** Round trips in which an ACK that is due at once has come. */
const AT_ONCE = 3;

async function acknowledgedAtOnce(t: Context, session: Session, what: string): Promise<void> {
  const sent = session.sent.length;
  for (let times = 0; times < AT_ONCE; times++) await session.roundTrip();
  t.expect(session.acknowledged >= sent, `There is no ACK at once for ${what}.`, "DELIV-003.2");
}

check({
  id: "delivery.acknowledges-a-quarter-of-replay-at-once",
  title: "frames that make up a quarter of what their sender keeps for replay are acknowledged at once",
  covers: ["DELIV-003.2"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session({ hello: { limits: { replay: 4_096 } }, welcome: { limits: { replay: 4_096 } } });
    for (let times = 0; times < 3; times++) {
      await t.open(session, {
        tool: "test.slow",
        input: { ms: 20_000, pad: "x".repeat(1_000) },
        content: Content.json,
      });
      await acknowledgedAtOnce(t, session, "1,064 octets, where 4,096 are kept");
    }
    // Many small ones make it up as well: 64 each.
    session.send(...Array.from({ length: 16 }, () => openFrame(session, { tool: "test.nothing" }).frame));
    await acknowledgedAtOnce(t, session, "16 frames, where 4,096 octets are kept");
  },
});

check({
  id: "delivery.acknowledges-128-kib-at-once",
  title: "frames that make up 128 KiB are acknowledged at once, however much their sender keeps",
  covers: ["DELIV-003.2"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    const input = { ms: 20_000, pad: "x".repeat(40_000) };
    // In one message: nothing is acknowledged in between because of its time.
    session.send(...Array.from({ length: 4 }, () => openFrame(session, { tool: "test.slow", input }).frame));
    await acknowledgedAtOnce(t, session, "160,000 octets");
  },
});

check({
  id: "delivery.acknowledges-4-kib-soon",
  title: "frames that make up 4 KiB are acknowledged 250 ms after the first of them at the latest",
  covers: ["DELIV-003.3"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    await t.open(session, { tool: "test.slow", input: { ms: 20_000, pad: "x".repeat(5_000) } });
    await soon(session, "5,000 octets");
  },
});

check({
  id: "delivery.acknowledges-parts-soon",
  title: "a frame of a body of several frames is acknowledged 250 ms after it at the latest",
  covers: ["DELIV-003.3"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    const header = { tool: "test.echo", callId: `parts-${stream}-${session.id}`, content: Content.text };
    session.send(build.open(stream, header, Buffer.alloc(300, "x"), { more: true }));
    await soon(session, "a part of a body");
    session.send(build.cont(stream, Buffer.alloc(300, "x"), { final: true }));
    await soon(session, "the last part of a body");
  },
});

/** 250 ms, and more for a machine that has other things to do; well below the 2 s of other frames. */
async function soon(session: Session, what: string): Promise<void> {
  const sent = session.sent.length;
  const within = 1_000;
  await session.channel.take("ack", (ack) => ack.received >= sent, { within, what: `ACK within 250 ms of ${what}` });
}

check({
  id: "delivery.ack-goes-along",
  title: "an ACK that is owed for 250 ms goes with whatever else leaves",
  covers: ["DELIV-003.should"],
  role: "both",
  needs: ["delivery"],
  level: "should",
  async run(t) {
    const session = await t.session();
    await (await t.open(session, { tool: "test.echo", input: 1 })).ended();
    const owed = session.sent.length;
    await wait(t.ms(350));
    await (await t.open(session, { tool: "test.echo", input: 2 })).ended();
    await session.roundTrip();
    t.expect(session.acknowledged >= owed, "No ACK came along.", "DELIV-003.should");
  },
});
