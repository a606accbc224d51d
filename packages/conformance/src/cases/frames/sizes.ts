/**
 * How long a payload may be (FRAME-001), and frames of features that nobody agreed on (FRAME-011).
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content } from "../../wire/constants.ts";
import { encodePayload } from "../../wire/frame.ts";
import type { Frame } from "../../wire/types.ts";

const MOST = 1_024;

/** What counts for `framePayload`: the payload, and of a row of text carriage the body (CARR-013). */
function payloadOf(t: Context, frame: Frame): number {
  return t.carriage === "binary" ? encodePayload(frame).length : frame.body.length;
}

function framesOf(session: Session): readonly Frame[] {
  return session.channel.frames.entries.map(({ frame }) => frame);
}

check({
  id: "frame.own-payloads",
  title: "no frame has a longer payload than the receiver's framePayload: results, items, and arguments",
  covers: ["FRAME-001"],
  role: "both",
  async run(t) {
    const limits = { framePayload: MOST };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    const text = "x".repeat(10_000);
    const echoed = await openCall(session, { tool: "test.echo", input: text });
    t.equal((await echoed.ended()).value, text, "What test.echo gave");
    const streamed = await openCall(session, { tool: "test.stream", input: { items: 3, size: 2_000 } });
    t.equal((await streamed.ended()).code, "ok", "The code of test.stream");
    const call = await t.peerCalls(session, { input: text });
    const incoming = await call.incoming();
    t.equal(await incoming.input(), text, "The arguments of the peer's call");
    await incoming.end("done");
    await call.settled();
    const frames = framesOf(session);
    t.expect(frames.length > 20, "The peer's frames are longer than those that the receiver takes.", "FRAME-001");
    for (const frame of frames) {
      const length = payloadOf(t, frame);
      t.expect(length <= MOST, `A frame has a payload of ${length} octets, more than ${MOST}.`, "FRAME-001");
    }
  },
});

check({
  id: "frame.own-offers",
  title: "offers that are longer than the receiver's framePayload come in several frames",
  covers: ["FRAME-001"],
  role: "both",
  ways: ["binary", "shared"],
  async run(t) {
    const limits = { framePayload: MOST };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    await session.roundTrip();
    for (const frame of framesOf(session)) {
      t.expect(payloadOf(t, frame) <= MOST, "A frame is longer than the receiver takes.", "FRAME-001");
    }
    t.expect(session.offered.has("test.echo"), "test.echo is not offered.", "TOOL-003");
  },
});

check({
  id: "frame.long-payload",
  title: "a frame with a longer payload than the receiver's framePayload ends the session",
  covers: ["FRAME-001"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { framePayload } = session.established.peer;
    const body = new Uint8Array(framePayload + 1).fill(0x78);
    const frame = build.open(session.newStream(), { tool: "test.echo", callId: "long", content: Content.text }, body);
    await t.breaks(session, "FRAME-001", () => session.sendRaw(frame), { code: "resource_exhausted", close: 1009 });
  },
});

check({
  id: "frame.longest-payload",
  title: "a frame whose payload is as long as the receiver's framePayload is taken",
  covers: ["FRAME-001"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { framePayload } = session.established.peer;
    const fields = { tool: "test.echo", callId: "longest", content: Content.text };
    const stream = session.newStream();
    const head = t.carriage === "binary" ? encodePayload(build.open(stream, fields)).length : 0;
    const body = new Uint8Array(framePayload - head).fill(0x78);
    session.useCredit(stream, body.length);
    session.send(build.open(stream, fields, body));
    const { end, body: result } = await session
      .inbound(stream)
      .ended.take(() => true, session.channel.patience(), "END");
    t.equal([end.code, result.octets.length], [0, body.length], "Code and length of the result", "FRAME-001");
  },
});

/** A session on which no feature was agreed. */
const PLAIN: SessionOptions = { hello: { features: [] }, welcome: { features: [] } };

for (const [name, frame] of Object.entries({
  ACK: build.ack(0),
  "CREDIT of the channel": build.credit(0, 1 << 24),
})) {
  check({
    id: `frame.feature-not-agreed.${name.split(" ")[0] ?? name}`,
    title: `${name} ends a session that did not agree on its feature`,
    covers: ["FRAME-011"],
    role: "both",
    async run(t) {
      const session = await t.session(PLAIN);
      await t.breaks(session, "FRAME-011", () => session.sendRaw(frame));
    },
  });
}

check({
  id: "frame.credit-of-a-stream-not-agreed",
  title: "CREDIT of a stream ends a session that did not agree on credit",
  covers: ["FRAME-011"],
  role: "both",
  async run(t) {
    const session = await t.session({ hello: { features: ["delivery"] }, welcome: { features: ["delivery"] } });
    const call = await openCall(session, { tool: "test.slow", input: { ms: 5_000 } });
    await call.accepted();
    await t.breaks(session, "FRAME-011", () => session.sendRaw(build.credit(call.stream, 1 << 24)));
  },
});

check({
  id: "frame.no-features",
  title: "without features no ACK and no CREDIT comes, and calls work",
  covers: ["FRAME-011"],
  role: "both",
  async run(t) {
    const session = await t.session(PLAIN);
    const text = "x".repeat(600_000);
    const call = await openCall(session, { tool: "test.echo", input: text });
    t.equal((await call.ended()).value, text, "What test.echo gave");
    await session.roundTrip();
    t.expect(!session.channel.has("ack"), "ACK came, and nobody agreed on delivery.", "FRAME-011");
    t.expect(!session.channel.has("credit"), "CREDIT came, and nobody agreed on credit.", "FRAME-011");
  },
});
