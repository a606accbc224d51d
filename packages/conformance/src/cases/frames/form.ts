/**
 * The octets of frames: where they end, the reserved bit, types and flags, and streams (FRAME-002 to FRAME-006).
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Flag, FrameType } from "../../wire/constants.ts";
import { encodeFrame } from "../../wire/frame.ts";
import type { Frame } from "../../wire/types.ts";
import { type Bad, BINARY_WAYS, octets, row, rule, TEXT_WAYS } from "./support.ts";

const PING = octets(FrameType.ping, 0, 0, "9101");
const BODY = new TextEncoder().encode("1");
const open = (stream: number): Frame => build.open(stream, { tool: "test.echo", callId: "c" }, BODY);

rule({
  id: "frame.cut-off",
  title: "a frame that is cut off by the end of its message ends the session",
  clause: "FRAME-002",
  ways: BINARY_WAYS,
  bad: {
    "in its length": () => ({ octets: PING.octets.subarray(0, 2) }),
    "in its stream": () => ({ octets: PING.octets.subarray(0, 8) }),
    "in its payload": () => ({ octets: PING.octets.subarray(0, 10) }),
    "behind a whole one": () => [PING, { octets: PING.octets.subarray(0, 10) }],
  },
});

rule({
  id: "frame.reserved-bit",
  title: "a frame with the reserved bit ends the session",
  clause: "FRAME-003",
  ways: BINARY_WAYS,
  bad: {
    "on stream 0": () => octets(FrameType.ping, 0, 0x8000_0000, "9101"),
    "on a stream": (session) => {
      const frame = Uint8Array.from(encodeFrame(open(session.newStream())));
      frame[5] = (frame[5] ?? 0) | 0x80;
      return { octets: frame };
    },
  },
});

rule({
  id: "frame.reserved-bit-in-a-row",
  title: "a row whose stream needs the reserved bit ends the session",
  clause: "FRAME-003",
  ways: TEXT_WAYS,
  bad: { "on stream 0": () => row(FrameType.ping, 0, 0x8000_0000, [1]) },
});

const UNKNOWN = [0x00, 0x06, 0x15, 0x26, 0x7f];

rule({
  id: "frame.unknown-type",
  title: "a frame of an unknown type below 0x80 ends the session",
  clause: "FRAME-004.2",
  bad: Object.fromEntries(
    UNKNOWN.map((type) => [
      `0x${type.toString(16).padStart(2, "0")}`,
      ({ channel }): Bad => (channel.carriage === "binary" ? octets(type, 0, 0, "90") : row(type, 0, 0, [])),
    ]),
  ),
});

check({
  id: "frame.skipped-types",
  title: "frames of unknown types from 0x80 on are skipped, whatever is in them, and what is around them is read",
  covers: ["FRAME-004.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    const call = build.open(stream, { tool: "test.echo", callId: "skip", content: 3 }, BODY);
    const binary = t.carriage === "binary";
    const skipped = binary
      ? [octets(0x80, 0, 0, ""), octets(0xff, 0xff, stream, "c1ff00"), octets(0x9a, 0, 77, "93")]
      : [row(0x80, 0, 0, null), row(0xff, 0x7f, stream, [{ any: "thing" }], "text"), row(0x9a, 0, 77, [])];
    session.sendRaw(skipped[0] ?? PING, call, ...skipped.slice(1));
    const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal(end.code, 0, "The code of the call between skipped frames", "FRAME-004.1");
    await session.roundTrip();
  },
});

const flagged = (frame: Frame, flags: number): Frame => ({ ...frame, flags: frame.flags | flags });

rule({
  id: "frame.undefined-flag",
  title: "a flag that the tables do not define for a frame ends the session",
  clause: "FRAME-005",
  bad: {
    "MORE on PING": () => flagged(build.ping(1), Flag.more),
    "FINAL on PONG": () => flagged(build.pong(1), Flag.final),
    "CONT on OFFER": () => flagged(build.offer(1, []), Flag.cont),
    "FINAL on RESET": (session) => flagged(build.reset(session.newStream()), Flag.final),
    "MORE on GOAWAY": () => flagged(build.goaway({ message: "drains" }), Flag.more),
    "CONT on OPEN": (session) => flagged(open(session.newStream()), Flag.cont),
    "bit 0x08 on OPEN": (session) => flagged(open(session.newStream()), 0x08),
    "bit 0x10 on OPEN": (session) => flagged(open(session.newStream()), 0x10),
    "bit 0x20 on OPEN": (session) => flagged(open(session.newStream()), 0x20),
    "bit 0x40 on OPEN": (session) => flagged(open(session.newStream()), 0x40),
    "bit 0x08 on PING": () => flagged(build.ping(1), 0x08),
  },
});

rule({
  id: "frame.base64-in-binary",
  title: "BASE64 in binary carriage ends the session",
  clause: "FRAME-005",
  ways: BINARY_WAYS,
  bad: { "on OPEN": (session) => flagged(open(session.newStream()), Flag.base64) },
});

rule({
  id: "frame.wrong-stream",
  title: "a frame of the channel on another stream, or one of a stream on stream 0, ends the session",
  clause: "FRAME-006",
  bad: {
    "PING on a stream": (session) => ({ ...build.ping(1), stream: session.newStream() }),
    "PONG on a stream": (session) => ({ ...build.pong(1), stream: session.newStream() }),
    "OFFER on a stream": (session) => ({ ...build.offer(1, []), stream: session.newStream() }),
    "GOAWAY on a stream": (session) => ({ ...build.goaway({ message: "drains" }), stream: session.newStream() }),
    "ACK on a stream": (session) => ({ ...build.ack(0), stream: session.newStream() }),
    "OPEN on 0": () => open(0),
    "ACCEPT on 0": () => build.accept(0),
    "DATA on 0": () => build.item(0, 1, BODY),
    "DATA with CONT on 0": () => build.cont(0, BODY),
    "END on 0": () => build.end(0),
    "RESET on 0": () => build.reset(0),
  },
});

check({
  id: "frame.credit-on-either",
  title: "CREDIT is taken on stream 0 and on a stream",
  covers: ["FRAME-006"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await t.session();
    const call = await openCall(session, { tool: "test.slow", input: { ms: 50 } });
    session.grant(0, session.established.own.channelCredit + 1_000_000);
    session.grant(call.stream, session.established.own.streamCredit + 1_000_000);
    t.equal((await call.ended()).code, "ok", "The code of the call", "FRAME-006");
  },
});
