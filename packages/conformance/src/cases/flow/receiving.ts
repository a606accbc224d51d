/**
 * The peer as the receiver: what it grants, and what it takes from a sender that goes too far.
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Content } from "../../wire/constants.ts";
import { fillWithItems, sendItem, unread, windowOf } from "./support.ts";

check({
  id: "flow.item-beyond-stream",
  title: "an item beyond the credit of its stream ends the session",
  covers: ["FLOW-003.1", "FLOW-001.1"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { incoming } = await unread(t, session);
    fillWithItems(session, incoming.stream, session.established.peer.streamCredit);
    await session.roundTrip();
    // An item without octets counts for 64.
    await t.breaks(session, "FLOW-003.1", () => sendItem(session, incoming.stream, 0), {
      code: "resource_exhausted",
      close: 1009,
    });
  },
});

check({
  id: "flow.item-beyond-channel",
  title: "an item beyond the channel's credit ends the session, although its stream has credit",
  covers: ["FLOW-003.2", "FLOW-002.1"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { streamCredit, channelCredit } = session.established.peer;
    // Half a stream's window on each, so that no stream is short of it.
    for (let used = 0; used < channelCredit; used += streamCredit / 2) {
      const { incoming } = await unread(t, session);
      fillWithItems(session, incoming.stream, Math.min(streamCredit / 2, channelCredit - used));
      if (used + streamCredit / 2 < channelCredit) continue;
      await session.roundTrip();
      await t.breaks(session, "FLOW-003.2", () => sendItem(session, incoming.stream, 0), {
        code: "resource_exhausted",
        close: 1009,
      });
    }
  },
});

check({
  id: "flow.items-not-counted-whole",
  title: "items that go on by more than the longest one beyond the channel's credit end the session",
  covers: ["FLOW-003.3"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { channelCredit, message, framePayload } = session.established.peer;
    const part = framePayload - 16;
    const streams: number[] = [];
    for (let begun = 0; begun < 3; begun++) {
      const { incoming } = await unread(t, session);
      streams.push(incoming.stream);
      session.send(build.item(incoming.stream, Content.text, Buffer.alloc(1_000, "x"), { more: true }));
    }
    // Each stays below the longest item; all of them together do not.
    let sent = streams.length * 1_064;
    const goOn = (): void => {
      for (let round = 0; sent <= channelCredit + message; round++) {
        const stream = streams[round % streams.length] ?? 0;
        session.send(build.cont(stream, Buffer.alloc(part, "x"), { more: true }));
        sent += part;
      }
    };
    await t.breaks(session, "FLOW-003.3", goOn, { code: "resource_exhausted", close: 1009 });
  },
});

check({
  id: "flow.items-only-in-the-channel",
  title: "arguments, progress and results use nothing of the channel's credit",
  covers: ["FLOW-002.1", "FLOW-005.1"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { streamCredit, channelCredit } = session.established.peer;
    // More than the channel has, on streams whose items nobody reads: they are taken without the application's help.
    const call = await t.open(session, { tool: "test.echo", input: "a".repeat(20_000) });
    t.equal((await call.ended()).ok, true, "Whether test.echo succeeded", "FLOW-005.1");
    const talker = await unread(t, session);
    for (let times = 0; times < 8; times++) {
      await session.creditFor(talker.incoming.stream, 3_000);
      talker.incoming.progress("p".repeat(3_000));
    }
    await talker.incoming.end("r".repeat(20_000));
    t.equal((await talker.call.settled()).ok, true, "Whether the call with a long result succeeded", "FLOW-005.1");
    for (let used = 0; used < channelCredit; used += streamCredit / 2) {
      const { incoming } = await unread(t, session);
      fillWithItems(session, incoming.stream, Math.min(streamCredit / 2, channelCredit - used));
    }
    await session.roundTrip();
    t.expect(session.channel.socket.open, "The channel's credit was used up by what is no item.", "FLOW-002.1");
  },
});

check({
  id: "flow.credit-goes-back",
  title: "CREDIT with a limit below the one before ends the session",
  covers: ["FLOW-004.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const breach = { code: "failed_precondition" } as const;
    const ofChannel = await t.session({ label: "channel" });
    const { streamCredit, channelCredit } = ofChannel.established.own;
    await t.breaks(ofChannel, "FLOW-004.1", () => ofChannel.send(build.credit(0, channelCredit - 1)), breach);
    const ofStream = await t.session({ label: "stream" });
    const call = await t.open(ofStream, { tool: "test.slow", input: { ms: t.ms(5_000) } });
    await call.accepted();
    const twice = (): void => {
      ofStream.send(build.credit(call.stream, streamCredit * 2));
      ofStream.send(build.credit(call.stream, streamCredit * 2 - 1));
    };
    await t.breaks(ofStream, "FLOW-004.1", twice, breach);
  },
});

check({
  id: "flow.credit-for-no-stream",
  title: "CREDIT for a stream that was never opened ends the session",
  covers: ["FLOW-004.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const breach = { code: "failed_precondition" } as const;
    for (const stream of [901, 902]) {
      const session = await t.session({ label: `stream ${stream}` });
      await t.breaks(session, "FLOW-004.1", () => session.send(build.credit(stream, 10_000_000)), breach);
    }
  },
});

check({
  id: "flow.credit-for-ended-stream",
  title: "CREDIT for a stream that is over is dropped",
  covers: ["FLOW-004.2"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const own = await t.open(session, { tool: "test.echo", input: "over" });
    await own.ended();
    const call = await t.peerCalls(session);
    const incoming = await call.incoming();
    await incoming.end("over");
    await call.settled();
    for (const { stream } of [own, incoming]) {
      session.send(build.credit(stream, 10_000_000));
      // Nothing can be said of a limit that goes back any more.
      session.send(build.credit(stream, 1));
    }
    await session.roundTrip();
    const after = await t.open(session, { tool: "test.echo", input: "after" });
    t.equal((await after.ended()).value, "after", "What a call behind it answers", "FLOW-004.2");
  },
});

check({
  id: "flow.takes-arguments-and-results",
  title: "arguments, progress and results longer than the credit of a stream arrive without the application's help",
  covers: ["FLOW-005.1", "FLOW-006"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const long = "l".repeat(40_000);
    const call = await t.open(session, { tool: "test.echo", input: long });
    t.equal((await call.ended()).value === long, true, "Whether long arguments came back", "FLOW-005.1");
    const { call: reader, incoming } = await unread(t, session);
    sendItem(session, incoming.stream, 100);
    for (let times = 0; times < 10; times++) {
      await session.creditFor(incoming.stream, 3_000);
      incoming.progress("p".repeat(3_000));
    }
    await incoming.end(long);
    t.equal((await reader.settled()).value === long, true, "Whether a long result arrived", "FLOW-005.1");
  },
});

check({
  id: "flow.keeps-items",
  title: "items that the application does not read give nothing back",
  covers: ["FLOW-005.2"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { streamCredit } = session.established.peer;
    const { incoming } = await unread(t, session);
    fillWithItems(session, incoming.stream, streamCredit);
    for (let times = 0; times < 3; times++) await session.roundTrip();
    t.expect(
      session.grantOf(incoming.stream) === undefined && session.grantOf(0) === undefined,
      "CREDIT came for items that nobody has read.",
      "FLOW-005.2",
    );
  },
});

check({
  id: "flow.read-items-give-back",
  title: "items arrive in order, and are given back as the application takes them",
  covers: ["FLOW-005.2", "FLOW-006"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    // Several windows of the stream and of the channel.
    const items = Array.from({ length: 60 }, (_, index) => `${index} ${"i".repeat(1_500)}`);
    const call = await t.peerCalls(session, { tool: "suite.stream", timeoutMs: t.ms(20_000) });
    const incoming = await call.incoming();
    incoming.accept();
    for (const item of items) await incoming.item(item);
    await incoming.end("all");
    const settled = await call.settled();
    t.equal(settled.value, "all", "The result");
    if (t.role === "gateway") t.equal(settled.items, items, "The items that were read", "FLOW-005.2");
    else for (const item of items) t.equal((await call.event("item"))["value"], item, "An item", "FLOW-005.2");
  },
});

check({
  id: "flow.items-of-ended-call",
  title: "items of a call that is over count as taken",
  covers: ["FLOW-005.3"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { channelCredit, streamCredit } = session.established.peer;
    // A reader takes what is there before the END that says it is over: a RESET of the deadline is not waited for here.
    const calls: Awaited<ReturnType<typeof unread>>[] = [];
    for (let used = 0; used < channelCredit; used += streamCredit / 2) {
      const opened = await unread(t, session);
      fillWithItems(session, opened.incoming.stream, Math.min(streamCredit / 2, channelCredit - used));
      calls.push(opened);
    }
    for (const { incoming } of calls) incoming.fail({ code: 9, outcome: 1, message: "no more" });
    await session.creditFor(0, channelCredit / 2);
  },
});

/** Sends items of so many octets together, each as soon as there is credit for it. */
async function pourItems(session: Session, stream: number, octets: number): Promise<void> {
  for (let sent = 0; sent < octets; sent += 2_064) {
    await session.creditFor(stream, 2_064);
    await session.creditFor(0, 2_064);
    sendItem(session, stream, 2_000);
  }
}

check({
  id: "flow.items-of-given-up-call",
  title: "items of a call that its caller gives up count as taken, also those that still arrive",
  covers: ["FLOW-005.3"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { channelCredit, streamCredit } = session.established.peer;
    const { call, incoming } = await unread(t, session);
    fillWithItems(session, incoming.stream, streamCredit);
    call.cancel();
    await incoming.cancelled();
    // They crossed with RESET: three times what the channel takes, without a reader.
    await pourItems(session, incoming.stream, channelCredit * 3);
    incoming.fail({ code: 1, outcome: 1 });
    await session.roundTrip();
  },
});

check({
  id: "flow.items-of-left-loop",
  title: "items of a call whose reader has left count as taken",
  covers: ["FLOW-005.3"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { channelCredit } = session.established.peer;
    const call = await t.peerCalls(session, { tool: "suite.stream", take: 1, timeoutMs: t.ms(20_000) });
    const incoming = await call.incoming();
    incoming.accept();
    await incoming.item("the only one that is read");
    if (t.role === "client") {
      await call.event("item");
      call.leave();
    }
    await incoming.cancelled();
    await pourItems(session, incoming.stream, channelCredit * 2);
    incoming.fail({ code: 1, outcome: 1 });
    await session.roundTrip();
  },
});

check({
  id: "flow.grants-a-step",
  title: "CREDIT comes as soon as a step was given back",
  covers: ["FLOW-006"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const { streamCredit } = session.established.peer;
    const step = Math.ceil(windowOf(streamCredit).step);
    const stream = session.newStream();
    const body = Buffer.alloc(step, "s");
    const header = { tool: "test.echo", callId: "c_step", deadlineMs: 10_000, content: Content.text };
    session.send(build.open(stream, header, body.subarray(0, step - 1_000), { more: true }));
    await session.roundTrip();
    session.send(build.cont(stream, body.subarray(step - 1_000), { more: true }));
    await session.roundTrip();
    const granted = session.grantOf(stream) ?? 0;
    t.expect(
      granted >= streamCredit + step,
      `${step} octets were given back, which are a step; the limit is ${granted || "as it was"}, and not ${streamCredit + step}.`,
      "FLOW-006",
    );
  },
});

check({
  id: "flow.grants-no-less",
  title: "CREDIT does not come for less than a step, nor for a stream whose last body has ended",
  covers: ["FLOW-006.should.1"],
  role: "both",
  limits: "small",
  level: "should",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const step = Math.floor(windowOf(session.established.peer.streamCredit).step);
    const stream = session.newStream();
    const header = { tool: "test.echo", callId: "c_less", deadlineMs: 10_000, content: Content.text };
    session.send(build.open(stream, header, Buffer.alloc(step - 1, "s"), { more: true }));
    await session.roundTrip();
    t.expect(session.grantOf(stream) === undefined, "CREDIT came for less than a step.", "FLOW-006.should.1");
    session.send(build.cont(stream, Buffer.alloc(2_000, "s"), { final: true }));
    await session.roundTrip();
    t.expect(session.grantOf(stream) === undefined, "CREDIT came for a body that has ended.", "FLOW-006.should.1");
  },
});

check({
  id: "flow.ack-goes-with-credit",
  title: "with delivery, an ACK goes with CREDIT",
  covers: ["FLOW-006.should.2"],
  role: "both",
  limits: "small",
  level: "should",
  needs: ["credit", "delivery"],
  async run(t) {
    const session = await t.session();
    // More than the window: a body that is over needs no CREDIT (FLOW-006), and this one cannot be over without.
    const octets = 2 * (session.established.peer.streamCredit ?? 8_192);
    const call = t.open(session, { tool: "test.echo", input: "a".repeat(octets) });
    // Where no CREDIT comes both fail; the case says so once.
    call.catch(() => {});
    const credit = await session.channel.take("credit");
    const ack = await session.channel.take("ack");
    t.equal(ack.received.message, credit.received.message, "The message that ACK came in", "FLOW-006.should.2");
    await (await call).ended();
  },
});
