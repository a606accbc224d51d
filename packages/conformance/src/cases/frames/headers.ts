/**
 * Headers: their places, what may be in them, how long, and where they end (FRAME-007 to FRAME-010).
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { FrameType } from "../../wire/constants.ts";
import type { Frame, HeaderValue } from "../../wire/types.ts";
import { BINARY_WAYS, octets, row, rule, TEXT_WAYS } from "./support.ts";

const NONE = new Uint8Array(0);
const NIL = null;

/** A frame with a header of one's own. */
function headed(type: number, stream: number, header: readonly HeaderValue[], flags = 0): Frame {
  return { type, flags, stream, header, body: NONE };
}

const openWith = (stream: number, ...header: readonly HeaderValue[]): Frame =>
  headed(FrameType.open, stream, header, 2);
const ping = (payload: string): ReturnType<typeof octets> => octets(FrameType.ping, 0, 0, payload);

rule({
  id: "frame.no-array",
  title: "a header that is no MessagePack array ends the session",
  clause: "FRAME-007.1",
  ways: BINARY_WAYS,
  bad: {
    "but a map": () => ping("81 00 c0"),
    "but an integer": () => ping("05"),
    "but nothing": () => ping(""),
    "cut off in an array": () => ping("92 01"),
    "cut off in a string": () => ping("92 01 a5 61"),
    "cut off in octets": () => ping("92 01 c4 05 61"),
    "with a length beyond its payload": () => ping("dd ff ff ff ff 01"),
    "with a float 64 as an integer": () => ping("91 cb 3f f0 00 00 00 00 00 00"),
    "with octets as a string": () => octets(FrameType.goaway, 0, 0, "93 00 00 c4 01 61"),
    "and no octets of DATA": (session) => octets(FrameType.data, 0, session.newStream(), "02"),
  },
});

rule({
  id: "frame.no-list",
  title: "a header of text carriage that is no array ends the session",
  clause: "FRAME-007.1",
  ways: TEXT_WAYS,
  bad: {
    "but a number": () => row(FrameType.ping, 0, 0, 5),
    "but null": () => row(FrameType.ping, 0, 0, null),
    "but an object": () => row(FrameType.ping, 0, 0, { id: 1 }),
    "with a fraction as an integer": () => row(FrameType.ping, 0, 0, [0.5]),
    "of DATA and too short": (session) => row(FrameType.data, 0, session.newStream(), [2]),
  },
});

rule({
  id: "frame.wrong-place",
  title: "a place of a header with another type than its layout gives ends the session",
  clause: "FRAME-007.1",
  bad: {
    "PING without its id": () => headed(FrameType.ping, 0, []),
    "PING with a string as its id": () => headed(FrameType.ping, 0, ["1"]),
    "PING with a negative id": () => headed(FrameType.ping, 0, [-1]),
    "PONG with a string as its lag": () => headed(FrameType.pong, 0, [1, "1"]),
    "OPEN without a tool": (session) => openWith(session.newStream(), NIL, "c", NIL, NIL, NIL, 0),
    "OPEN with a boolean as its tool": (session) => openWith(session.newStream(), true, "c", NIL, NIL, NIL, 0),
    "OPEN without a call id": (session) => openWith(session.newStream(), "test.echo", NIL, NIL, NIL, NIL, 0),
    "OPEN with an integer as its key": (session) => openWith(session.newStream(), "test.echo", "c", 1, NIL, NIL, 0),
    "OPEN with a string as its deadline": (session) =>
      openWith(session.newStream(), "test.echo", "c", NIL, "1", NIL, 0),
    "OPEN without a content": (session) => openWith(session.newStream(), "test.echo", "c"),
    "OPEN with an array as its meta": (session) =>
      openWith(session.newStream(), "test.echo", "c", NIL, NIL, NIL, 0, NIL, NIL, NIL, []),
    "OPEN with a number in its meta": (session) =>
      openWith(session.newStream(), "test.echo", "c", NIL, NIL, NIL, 0, NIL, NIL, NIL, { a: 1 }),
    "RESET with a string as its code": (session) => headed(FrameType.reset, session.newStream(), ["1"]),
    "GOAWAY without a message": () => headed(FrameType.goaway, 0, [0, 0]),
    "OFFER with a string as its tools": () => headed(FrameType.offer, 0, [1, "t"]),
    "OFFER of a tool that is a string": () => headed(FrameType.offer, 0, [1, ["t"]]),
    "OFFER of a tool without an effect": () => headed(FrameType.offer, 0, [1, [["t"]]]),
  },
});

rule({
  id: "frame.none-of-its-list",
  title: "a value that a layout lists, and that is none of its list, ends the session",
  clause: "FRAME-007.1",
  bad: {
    "a mode of OFFER": () => headed(FrameType.offer, 0, [3, []]),
    "an effect": () => build.offer(1, [{ name: "suite.other", effect: 3 }]),
  },
});

check({
  id: "frame.missing-places",
  title: "a missing place counts as nil, and so does one that is nil at the end",
  covers: ["FRAME-007.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const behind of [[], [NIL], [NIL, NIL, NIL, NIL]]) {
      const stream = session.newStream();
      session.send(openWith(stream, "test.echo", `missing-${stream}`, NIL, NIL, NIL, 0, ...behind));
      const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
      t.equal(end.code, 0, "The code of the call", "FRAME-007.2");
    }
    session.send(headed(FrameType.pong, 0, [5]), headed(FrameType.pong, 0, [5, NIL]));
    await session.roundTrip();
  },
});

check({
  id: "frame.unknown-priority",
  title: "a priority that nobody knows counts as normal",
  covers: ["FRAME-007.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    session.send(build.open(stream, { tool: "test.echo", callId: "priority", priority: 7 }));
    const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal(end.code, 0, "The code of the call", "FRAME-007.1");
  },
});

check({
  id: "frame.places-behind",
  title: "elements behind the known places are ignored, whatever they are",
  covers: ["FRAME-007.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const more: HeaderValue[] = ["x".repeat(2_000), -1, 0.5, true, { key: [NIL, { a: "b" }] }, [[1]]];
    const stream = session.newStream();
    const known = ["test.echo", "behind", NIL, NIL, NIL, 0, NIL, NIL, NIL, NIL];
    session.send(openWith(stream, ...known, ...more));
    const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal(end.code, 0, "The code of the call", "FRAME-007.3");
    const id = session.channel.pingId();
    session.send(headed(FrameType.ping, 0, [id, ...more]));
    await session.channel.take("pong", (pong) => pong.id === id);
  },
});

rule({
  id: "frame.forbidden-in-header",
  title: "what a header must not use ends the session, also behind the known places",
  clause: "FRAME-008",
  ways: BINARY_WAYS,
  bad: {
    "float 32": () => ping("92 01 ca 3f 80 00 00"),
    "an extension type": () => ping("92 01 d4 01 00"),
    "a timestamp": () => ping("92 01 d6 ff 00 00 00 00"),
    "the octet c1": () => ping("92 01 c1"),
    "an integer beyond 2^53-1": () => ping("91 cf 00 20 00 00 00 00 00 00"),
    "an integer key": () => ping("92 01 81 01 c0"),
    "the key __proto__": () => ping("92 01 81 a9 5f5f70726f746f5f5f c0"),
    "nine arrays one inside the other": () => ping(`92 01 ${"91".repeat(7)} 90`),
  },
});

rule({
  id: "frame.deep-header",
  title: "a header of text carriage that is nested deeper than 8 ends the session",
  clause: "FRAME-008",
  ways: TEXT_WAYS,
  bad: { "nine arrays one inside the other": () => row(FrameType.ping, 0, 0, [1, [[[[[[[[]]]]]]]]]) },
});

check({
  id: "frame.header-of-all-types",
  title: "all that a header may use is taken, nested 8 deep, and integers of any width",
  covers: ["FRAME-008"],
  role: "both",
  ways: BINARY_WAYS,
  async run(t) {
    const session = await t.session();
    const { channel } = session;
    const headers = [
      "9a 05 c0 c3 cb 3f f8 00 00 00 00 00 00 a1 78 c4 01 ff 91 01 81 a1 61 c0 d3 ff ff ff ff ff ff ff ff e0",
      `92 06 ${"91".repeat(6)} 90`,
      "91 cc 07",
      "91 cd 00 08",
      "91 ce 00 00 00 09",
      "91 cf 00 00 00 00 00 00 00 0a",
      "91 d0 0b",
      "dc 00 01 0c",
      "dd 00 00 00 01 0d",
      "91 cf 00 1f ff ff ff ff ff ff",
    ];
    for (const header of headers) session.sendRaw(ping(header));
    for (const id of [5, 6, 7, 8, 9, 10, 11, 12, 13, Number.MAX_SAFE_INTEGER]) {
      await channel.take("pong", (pong) => pong.id === id, { what: `PONG ${id}` });
    }
  },
});

const long = (most: number): string => "é".repeat(most / 2);

rule({
  id: "frame.long-string",
  title: "a string in a header that is longer than its limit ends the session",
  clause: "FRAME-009",
  bad: {
    "a tool name of 65 octets": (session) => build.open(session.newStream(), { tool: `${long(64)}x`, callId: "c" }),
    "a call id of 129 octets": (session) =>
      build.open(session.newStream(), { tool: "test.echo", callId: `${long(128)}x` }),
    "a key of 257 octets": (session) =>
      build.open(session.newStream(), { tool: "test.echo", callId: "c", key: `${long(256)}x` }),
    "a turn of 257 octets": (session) =>
      build.open(session.newStream(), { tool: "test.echo", callId: "c", turn: `${long(256)}x` }),
    "a trace of 257 octets": (session) =>
      build.open(session.newStream(), { tool: "test.echo", callId: "c", trace: `${long(256)}x` }),
    "a lineage of 1,025 octets": (session) =>
      build.open(session.newStream(), { tool: "test.echo", callId: "c", lineage: `${long(1_024)}x` }),
    "a value of meta of 1,025 octets": (session) =>
      build.open(session.newStream(), { tool: "test.echo", callId: "c", meta: { a: `${long(1_024)}x` } }),
    "a message of 4,097 octets": () => build.goaway({ message: `${long(4_096)}x` }),
    "a description of 4,097 octets": () =>
      build.offer(1, [{ name: "suite.other", effect: 0, description: `${long(4_096)}x` }]),
    "a name that OFFER removes of 65 octets": () => build.offer(2, [`${long(64)}x`]),
  },
});

check({
  id: "frame.longest-strings",
  title: "strings in a header that are as long as their limits are taken",
  covers: ["FRAME-009"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    session.send(
      build.open(stream, {
        tool: "test.echo",
        callId: long(128),
        key: long(256),
        turn: long(256),
        trace: "0".repeat(256),
        meta: { a: long(1_024) },
      }),
      build.offer(1, [{ name: "x".repeat(64), effect: 0, description: long(4_096), revision: long(1_024) }]),
    );
    const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal(end.code, 0, "The code of the call", "FRAME-009");
    await session.roundTrip();
  },
});

rule({
  id: "frame.ill-formed-string",
  title: "a string in a header that is no well-formed UTF-8 ends the session, also behind the known places",
  clause: "FRAME-009",
  ways: BINARY_WAYS,
  bad: {
    "a lone octet": () => octets(FrameType.goaway, 0, 0, "93 00 00 a1 ff"),
    "a surrogate": () => octets(FrameType.goaway, 0, 0, "93 00 00 a3 ed a0 80"),
    "a form longer than need be": () => octets(FrameType.goaway, 0, 0, "93 00 00 a2 c0 80"),
    "a character that is cut off": () => octets(FrameType.goaway, 0, 0, "93 00 00 a2 61 c3"),
    "behind the known places": () => ping("92 01 a1 ff"),
  },
});

rule({
  id: "frame.lone-surrogate",
  title: "a string in a header of text carriage with half of a surrogate pair ends the session",
  clause: "FRAME-009",
  ways: TEXT_WAYS,
  bad: { "in a message": () => row(FrameType.goaway, 0, 0, [0, 0, "\ud800"]) },
});

rule({
  id: "frame.octets-behind-header",
  title: "a frame whose payload is a header alone, and that goes on behind it, ends the session",
  clause: "FRAME-010",
  ways: BINARY_WAYS,
  bad: {
    PING: () => ping("91 01 c0"),
    PONG: () => octets(FrameType.pong, 0, 0, "91 01 00"),
    OFFER: () => octets(FrameType.offer, 0, 0, "92 01 90 90"),
    GOAWAY: () => octets(FrameType.goaway, 0, 0, "93 00 00 a1 61 61"),
    RESET: (session) => octets(FrameType.reset, 0, session.newStream(), "91 01 01"),
  },
});
