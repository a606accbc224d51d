/**
 * What is kept until it is acknowledged, what waits for that, and what is sent again (DELIV-004, DELIV-006, DELIV-007).
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import type { IncomingCall, OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import type { PeerCall } from "../../suite/peer-call.ts";
import { FrameType } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import { acknowledgeNothing, countedOn, lastingWith, octetsOf, resumeFrom, sameAgain, until } from "./support.ts";

/** So small that results are several frames. */
const FRAMES = { framePayload: 2_048 };

/** Has the peer say something of every kind that nobody acknowledges. Gives the call that it makes, which goes on. */
async function manyFrames(
  t: Context,
  session: Session,
): Promise<{ readonly call: PeerCall; readonly incoming: IncomingCall }> {
  const call = await t.peerCalls(session, { tool: "suite.read", input: { a: 1 }, timeoutMs: t.ms(20_000) });
  const incoming = await call.incoming();
  await (await t.open(session, { tool: "test.echo", input: "x".repeat(9_000) })).ended();
  await (await t.open(session, { tool: "test.stream", input: { items: 6, size: 900 } })).ended();
  await (await t.open(session, { tool: "test.slow", input: { ms: 1, progress: 3 } })).ended();
  await (await t.open(session, { tool: "test.fail", input: { how: "error" } })).ended();
  await session.roundTrip();
  return { call, incoming };
}

for (const [id, title] of [
  ["all", "all that is not acknowledged is sent again, as it was and in its order"],
  ["some", "what was not acknowledged and has arrived is not sent again, and the rest is"],
] as const) {
  check({
    id: `delivery.sent-again-${id}`,
    title,
    covers: ["DELIV-004.1", "DELIV-006.1"],
    role: "both",
    needs: ["delivery"],
    async run(t) {
      const session = await lastingWith(t, FRAMES);
      const { received, since } = await acknowledgeNothing(session);
      const { call, incoming } = await manyFrames(t, session);
      const sent = since();
      t.expect(sent.length > 15, `Only ${sent.length} frames came.`);
      // In between bodies: the suite has what came before.
      const skipped = id === "all" ? 0 : sent.findLastIndex(({ type }) => type === FrameType.accept);
      const { channel } = await resumeFrom(t, session, received + skipped, { limits: FRAMES });
      await until(session, () => countedOn(channel).length >= sent.length - skipped, "the frames again");
      await session.roundTrip();
      const again = countedOn(channel);
      sameAgain(t, sent.slice(skipped), again, "DELIV-006.1");
      t.equal(again.length, sent.length - skipped, "How many frames were sent again", "DELIV-004.1");
      session.automatic.ack = true;
      session.acknowledge();
      await incoming.end("done");
      t.equal((await call.settled()).value, "done", "What the peer's own call gets");
    },
  });
}

check({
  id: "delivery.acknowledged-and-gone",
  title: "frames that were acknowledged are not sent again, those behind them are",
  covers: ["DELIV-004.1"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await lastingWith(t, {});
    await (await t.open(session, { tool: "test.echo", input: "acknowledged" })).ended();
    const { received, since } = await acknowledgeNothing(session);
    await (await t.open(session, { tool: "test.echo", input: "kept" })).ended();
    await session.roundTrip();
    const kept = since();
    const { channel } = await resumeFrom(t, session, received);
    await until(session, () => countedOn(channel).length >= kept.length, "the frames again");
    sameAgain(t, kept, countedOn(channel), "DELIV-004.1");
  },
});

check({
  id: "delivery.sent-again-first",
  title: "what is sent again precedes what was not sent before",
  covers: ["DELIV-006.2"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await lastingWith(t, FRAMES);
    const { received, since } = await acknowledgeNothing(session);
    const { call, incoming } = await manyFrames(t, session);
    const running: OutgoingCall[] = [];
    // Their ends come while there is no connection.
    for (let n = 0; n < 3; n++) running.push(await t.open(session, { tool: "test.slow", input: { ms: t.ms(800) } }));
    for (const slow of running) await slow.accepted();
    const sent = since();
    t.expect(
      running.every(({ inbound }) => inbound.ended.entries.length === 0),
      "A call of 800 ms was over when it was accepted.",
    );
    const { channel } = await resumeFrom(t, session, received, { limits: FRAMES, meanwhile: () => wait(t.ms(900)) });
    await until(session, () => countedOn(channel).length >= sent.length + running.length, "the frames again");
    const again = countedOn(channel);
    sameAgain(t, sent, again, "DELIV-006.2");
    const behind = again.slice(sent.length).filter(({ type }) => type === FrameType.end);
    t.equal(behind.length, running.length, "How many calls ended behind what was sent again", "DELIV-006.2");
    session.automatic.ack = true;
    session.acknowledge();
    await incoming.end("done");
    await call.settled();
  },
});

/** Waits until nothing comes any more. */
async function quiet(session: Session): Promise<void> {
  for (let same = 0, last = -1; same < 3; ) {
    await session.roundTrip();
    const { arrived } = session.channel;
    // The PONG itself.
    same = arrived === last + 1 ? same + 1 : 0;
    last = arrived;
  }
}

/** What a sender kept when it wrote the last frame of these types, of what was not acknowledged. */
function keptBefore(frames: readonly Frame[], types: readonly number[] = Object.values(FrameType)): number {
  return octetsOf(
    frames.slice(
      0,
      Math.max(
        0,
        frames.findLastIndex(({ type }) => types.includes(type)),
      ),
    ),
  );
}

check({
  id: "delivery.waits-for-acknowledgement",
  title: "a side that keeps more than its replay limit writes no DATA and no OPEN until it is told what arrived",
  covers: ["DELIV-004.2"],
  role: "both",
  needs: ["delivery"],
  limits: "small",
  async run(t) {
    const { replay = 0 } = t.limits;
    const session = await t.session();
    const { since } = await acknowledgeNothing(session);
    const call = await t.open(session, { tool: "test.stream", input: { items: 85, size: 1_000 } });
    await until(session, () => octetsOf(since()) > replay, "items that fill `replay`");
    await quiet(session);
    const kept = keptBefore(since(), [FrameType.data]);
    t.expect(kept <= replay, `DATA was written while ${kept} octets were kept, of ${replay}.`, "DELIV-004.2");
    const own = await t.peerCalls(session, { timeoutMs: t.ms(10_000) });
    await t.begun(session);
    await quiet(session);
    t.expect(session.opened.entries.length === 0, "OPEN was written while too much was kept.", "DELIV-004.2");
    session.automatic.ack = true;
    session.acknowledge();
    const incoming = await own.incoming();
    t.equal((await call.ended()).code, "ok", "How the call ended");
    await incoming.end("done");
    t.equal((await own.settled()).value, "done", "What the peer's call gets");
  },
});

check({
  id: "delivery.body-waits-for-acknowledgement",
  title: "a side that keeps more than its replay limit does not go on with a result",
  covers: ["DELIV-004.2"],
  role: "both",
  needs: ["delivery"],
  limits: "small",
  async run(t) {
    const { replay = 0 } = t.limits;
    const session = await t.session({ hello: { limits: FRAMES }, welcome: { limits: FRAMES } });
    const { since } = await acknowledgeNothing(session);
    await (await t.open(session, { tool: "test.stream", input: { items: 25, size: 1_000 } })).ended();
    const call = await t.open(session, { tool: "test.echo", input: "x".repeat(60_000) });
    await until(session, () => octetsOf(since()) > replay, "parts that fill `replay`");
    await quiet(session);
    const kept = keptBefore(since(), [FrameType.data]);
    t.expect(kept <= replay, `DATA was written while ${kept} octets were kept, of ${replay}.`, "DELIV-004.2");
    t.expect(call.inbound.ended.entries.length === 0, "The result has come all the same.", "DELIV-004.2");
    session.automatic.ack = true;
    session.acknowledge();
    t.equal((await call.ended()).code, "ok", "How the call ended");
  },
});

check({
  id: "delivery.twice-the-limit",
  title: "a side that keeps twice its replay limit writes no counted frame at all until it is told what arrived",
  covers: ["DELIV-004.3"],
  role: "both",
  needs: ["delivery"],
  limits: "small",
  async run(t) {
    const { replay = 0, streams = 0 } = t.limits;
    const session = await t.session();
    const { since } = await acknowledgeNothing(session);
    const most = replay * 2;
    const waiting: OutgoingCall[] = [];
    // Ends, and the first ACCEPTs, go on until then: each call is over before the next, or waits for good.
    for (let n = 0; n < 60 && waiting.length < streams; n++) {
      const call = await t.open(session, { tool: "test.echo", input: "x".repeat(3_000) });
      await session.roundTrip();
      await session.roundTrip();
      if (call.inbound.ended.entries.length === 0) waiting.push(call);
    }
    await quiet(session);
    const kept = keptBefore(since());
    t.expect(waiting.length > 0, `Calls end though ${octetsOf(since())} octets are kept, of ${replay}.`, "DELIV-004.3");
    t.expect(kept <= most, `A frame was written while ${kept} octets were kept, of ${replay}.`, "DELIV-004.3");
    session.automatic.ack = true;
    session.acknowledge();
    for (const call of waiting) t.equal((await call.ended()).code, "ok", "How a call ended that had to wait");
  },
});

check({
  id: "delivery.open-again-with-what-is-left",
  title: "an OPEN that is sent again has what is left of its deadline",
  covers: ["DELIV-007"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await lastingWith(t, {});
    const { received } = await acknowledgeNothing(session);
    const call = await t.peerCalls(session, { timeoutMs: t.ms(8_000) });
    const first = (await call.incoming()).open.deadlineMs ?? 0;
    t.expect(first > 0 && first <= t.ms(8_000), `OPEN has ${first} ms of 8,000.`, "DELIV-007");
    await resumeFrom(t, session, received, { meanwhile: () => wait(t.ms(300)) });
    session.automatic.ack = true;
    const again = await call.incoming();
    const left = again.open.deadlineMs ?? -1;
    t.expect(left >= 0 && left <= first - t.ms(290), `OPEN has ${left} ms again, and had ${first}.`, "DELIV-007");
    t.expect(left > 0, "OPEN has no time left, though there is some.", "DELIV-007");
    await again.end("done");
    t.equal((await call.settled()).value, "done", "What the application got");
  },
});

check({
  id: "delivery.open-again-with-nothing-left",
  title: "an OPEN whose deadline is over is sent again all the same, with 0",
  covers: ["DELIV-007", "DELIV-004.1"],
  role: "both",
  needs: ["delivery"],
  async run(t) {
    const session = await lastingWith(t, {});
    const { received } = await acknowledgeNothing(session);
    const call = await t.peerCalls(session, { timeoutMs: t.ms(250) });
    await call.incoming();
    await resumeFrom(t, session, received, { meanwhile: () => wait(t.ms(600)) });
    session.automatic.ack = true;
    const again = await call.incoming();
    t.equal(again.open.deadlineMs, 0, "What OPEN has left", "DELIV-007");
    await session.roundTrip();
  },
});
