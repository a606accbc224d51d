/**
 * Frames that are in order, each in both forms, with what they say.
 *
 * @module
 */
import * as build from "../../src/wire/build.ts";
import { Flag, FrameType, nameIn } from "../../src/wire/constants.ts";
import { decodeFrames } from "../../src/wire/frame.ts";
import { fields } from "../../src/wire/parse.ts";
import type { Frame } from "../../src/wire/types.ts";
import { forms, type FrameVector, hex, octetsOf, rawFrame, shown } from "./format.ts";

const nonce = octetsOf("000102030405060708090a0b0c0d0e0f");
const other = octetsOf("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
const tag = octetsOf("5f0c9a1e22b7d403");
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const MOST = Number.MAX_SAFE_INTEGER;
const fits = (length: number): string => "é".repeat(length / 2);

const LIMITS = { framePayload: 66_560, message: 16_777_216, streams: 1_024, assembling: 33_554_432 };
const ALL_LIMITS = { ...LIMITS, replay: 4_194_304, streamCredit: 524_288, channelCredit: 4_194_304 };
const open = { tool: "test.echo", callId: "c_1", deadlineMs: 30_000 };

/** By name. */
const FRAMES: Readonly<Record<string, Frame>> = {
  "HELLO with the least that it needs": build.hello({ nonce, tag, features: [], limits: LIMITS, contents: [1, 3, 4] }),
  "HELLO that wants to resume": build.hello({
    versions: [2, 1],
    nonce,
    tag,
    features: ["delivery", "credit"],
    limits: ALL_LIMITS,
    agent: "example",
    agentVersion: "1.2.3",
    resume: { sessionId: "s_1", token: other, received: 17 },
  }),
  "HELLO with a resume and no agent": build.hello({
    nonce,
    tag,
    features: ["delivery"],
    limits: { ...LIMITS, replay: 1_024 },
    resume: { sessionId: "s_1", token: octetsOf("00"), received: 0 },
  }),
  CHALLENGE: build.challenge({
    clientNonce: nonce,
    nonce: other,
    tag,
    features: ["delivery", "credit"],
    audience: "gateway.example:443",
  }),
  PROOF: build.proof({ clientNonce: nonce, method: "token", keyId: "conformance", proof: octetsOf("00ff".repeat(16)) }),
  "WELCOME with the least that it needs": build.welcome({
    clientNonce: nonce,
    tag,
    limits: LIMITS,
    contents: [1, 3, 4],
    sessionId: "s_1",
    principal: "somebody",
  }),
  "WELCOME that resumes": build.welcome({
    clientNonce: nonce,
    tag,
    features: ["delivery", "credit"],
    limits: ALL_LIMITS,
    heartbeatMs: 10,
    sessionId: "s_1",
    principal: "somebody",
    scopes: ["test", "test.secret"],
    resumeToken: other,
    resumedFrom: 9,
  }),
  "WELCOME that says why it does not resume": build.welcome({
    clientNonce: nonce,
    tag,
    limits: LIMITS,
    sessionId: "s_2",
    principal: "somebody",
    notResumed: "The session is not known.",
  }),
  REFUSE: build.refuse({ clientNonce: nonce, code: 16, message: "The proof is not accepted." }),
  "REFUSE with a retry-after, and to no HELLO that was understood": build.refuse({
    code: 8,
    message: "Too many.",
    retryAfterMs: 1_000,
  }),
  "OPEN with arguments": build.open(1, open, utf8('{"a":1}')),
  "OPEN without arguments": build.open(3, open),
  "OPEN whose arguments go on": build.open(5, { ...open, content: 3 }, utf8("one "), { more: true }),
  "OPEN with every place": build.open(
    7,
    {
      tool: "test.count",
      callId: "c_2",
      key: "k_1",
      deadlineMs: 0,
      priority: 2,
      content: 1,
      turn: "t_1",
      lineage: "l_1",
      trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      meta: { "": "", lang: "dé" },
    },
    utf8("null"),
  ),
  "OPEN whose tool and turn are numbers of slots": build.open(
    9,
    { ...open, tool: 0, turn: 63, priority: 0 },
    utf8("{}"),
  ),
  "OPEN with strings as long as they may be": build.open(11, {
    tool: "x".repeat(64),
    callId: fits(128),
    key: fits(256),
    turn: fits(256),
    lineage: fits(1_024),
    trace: "0".repeat(256),
  }),
  "OPEN on the greatest stream": build.open(0x7fff_ffff, open),
  "OPEN with a body of octets": build.open(13, { ...open, content: 4 }, octetsOf("00ff80c1")),
  ACCEPT: build.accept(1),
  "ACCEPT with every place": build.accept(2, { state: 1, reason: "behind one", place: 0, lagMs: 3, deadlineMs: 250 }),
  "ACCEPT with nil in between": build.accept(2, { state: 4, deadlineMs: MOST }),
  "DATA, progress": build.progress(1, 1, utf8('{"n":1}')),
  "DATA, an item that goes on": build.item(1, 3, utf8("first "), { more: true }),
  "DATA, an item without a body": build.item(1, 0, new Uint8Array(0)),
  "DATA that goes on, and will": build.cont(1, utf8("second "), { more: true }),
  "DATA that ends an item": build.cont(1, utf8("third")),
  "DATA that ends the last body": build.cont(1, utf8("third"), { final: true }),
  "DATA that ends the last body without octets": build.cont(1, new Uint8Array(0), { final: true }),
  "DATA whose octets look like a header": build.cont(1, octetsOf("9201c0"), { final: true }),
  "END with a result": build.end(1, {}, utf8("[1,2,3]")),
  "END without a result": build.end(1),
  "END whose result goes on": build.end(1, { content: 4 }, octetsOf("0001"), { more: true }),
  "END of a failure": build.end(1, { code: 8, outcome: 0, message: "Too many.", retryable: true, retryAfterMs: 100 }),
  "END of a failure with details": build.end(1, { code: 3, outcome: 0, message: "No." }, utf8('{"paths":["a.b"]}')),
  RESET: build.reset(1),
  "RESET with a message as long as it may be": build.reset(1, { code: 4, message: fits(4_096) }),
  "CREDIT of a stream": build.credit(1, 524_288),
  "CREDIT of the channel": build.credit(0, MOST),
  ACK: build.ack(17),
  PING: build.ping(0),
  "PING with the greatest id": build.ping(MOST),
  PONG: build.pong(127),
  "PONG with its lag": build.pong(128, 12),
  "OFFER of nothing": build.offer(0, []),
  "OFFER of tools": build.offer(0, [
    { name: "test.echo", effect: 0 },
    { name: "A-z_0.9", effect: 2, deadlineMs: 5_000, description: "Does.", streams: false, revision: "r1" },
  ]),
  "OFFER that adds": build.offer(1, [{ name: "test.stream", effect: 0, streams: true }]),
  "OFFER that removes": build.offer(2, ["test.echo", "test.stream"]),
  "GOAWAY, a drain": build.goaway({ lastStream: 7 }),
  "GOAWAY with every place": build.goaway({
    code: 9,
    lastStream: 0x7fff_ffff,
    message: "The reserved bit is set.",
    retryAfterMs: 1,
    requirement: "FRAME-003",
  }),
};

/** Frames that decoders take and encoders write otherwise, in binary carriage. */
const DECODE_ONLY: Readonly<Record<string, string>> = {
  "nil in the last place": rawFrame(0x22, 0, 0, "9201c0"),
  "a place behind the known ones": rawFrame(0x23, 0, 0, "93010207"),
  "all that a header may hold behind the known places": rawFrame(
    0x22,
    0,
    0,
    "9705c0c3cb3ff8000000000000a178c401ff9101",
  ),
  "a map behind the known places": rawFrame(0x22, 0, 0, "9205 81a161 81a162c0".replaceAll(" ", "")),
  "an array of 16-bit length": rawFrame(0x22, 0, 0, "dc000105"),
  "an array of 32-bit length": rawFrame(0x22, 0, 0, "dd0000000105"),
  "an integer of 8 bits that needs fewer": rawFrame(0x22, 0, 0, "91cc05"),
  "an integer of 16 bits that needs fewer": rawFrame(0x22, 0, 0, "91cd0005"),
  "an integer of 32 bits that needs fewer": rawFrame(0x22, 0, 0, "91ce00000005"),
  "an integer of 64 bits that needs fewer": rawFrame(0x22, 0, 0, "91cf0000000000000005"),
  "a signed integer of 8 bits": rawFrame(0x22, 0, 0, "91d005"),
  "a signed integer of 64 bits": rawFrame(0x22, 0, 0, "91d3001fffffffffffff"),
  "strings of 8-, 16- and 32-bit length": rawFrame(0x10, 2, 1, "96d90161da000163db0000000178c0c000"),
  "octets of 32-bit length": rawFrame(
    0x03,
    0,
    0,
    "94c600000010".concat("00".repeat(16), "a5746f6b656e", "a16b", "c500010a"),
  ),
};

/** Frames of types that nobody knows, to be skipped. */
const SKIPPED: Readonly<Record<string, { readonly binary: string; readonly row: unknown }>> = {
  "a type to be skipped": { binary: rawFrame(0x80, 0, 0, ""), row: [128, 0, 0, null, null] },
  "a type to be skipped, with flags, a stream and octets": {
    binary: rawFrame(0xff, 0x7f, 5, "c1ffff"),
    row: [255, 0x7f, 5, [{ any: "thing" }], "text"],
  },
};

const flagNames = (flags: number): readonly string[] =>
  Object.entries(Flag)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name.toUpperCase());

function vectorOf(name: string, frame: Frame): Omit<FrameVector, "binary"> {
  const type = nameIn(FrameType, frame.type);
  if (type === undefined) return { name, frame: "skipped", stream: frame.stream, flags: [], fields: {} };
  const { stream, body, more: _more, final: _final, cont: _cont, ...said } = fields(type, frame);
  const hasBody = type === "open" || type === "data" || type === "end";
  return {
    name,
    frame: type,
    stream,
    flags: flagNames(frame.flags),
    fields: shown(said) as Readonly<Record<string, unknown>>,
    ...(hasBody ? { body: hex(body) } : {}),
  };
}

/** The vectors of frames that are in order. */
export function frameVectors(): readonly FrameVector[] {
  const both = Object.entries(FRAMES).map(([name, frame]) => ({ ...vectorOf(name, frame), ...forms(frame) }));
  const decoded = Object.entries(DECODE_ONLY).map(([name, binary]) => {
    const [frame] = decodeFrames(octetsOf(binary));
    if (frame === undefined) throw new Error(`No frame for ${name}.`);
    return { ...vectorOf(name, frame), binary, decodeOnly: true as const };
  });
  const skipped = Object.entries(SKIPPED).map(([name, { binary, row }]) => {
    const [frame] = decodeFrames(octetsOf(binary));
    if (frame === undefined) throw new Error(`No frame for ${name}.`);
    return { ...vectorOf(name, frame), binary, row, decodeOnly: true as const };
  });
  return [...both, ...decoded, ...skipped];
}
