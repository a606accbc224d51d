/**
 * Frames that break a requirement: each of them in binary carriage, as a row of text carriage, or both.
 *
 * @module
 */
import * as build from "../../src/wire/build.ts";
import { FrameType, nameIn } from "../../src/wire/constants.ts";
import { LAYOUTS, type NamedPlace, type Place } from "../../src/wire/layout.ts";
import { encodeFrame } from "../../src/wire/frame.ts";
import { encodeRow } from "../../src/wire/text.ts";
import type { Frame, HeaderValue } from "../../src/wire/types.ts";
import { forms, hex, type InvalidFrameVector, octetsOf, rawFrame } from "./format.ts";

type Made = Omit<InvalidFrameVector, "sender" | "requirement">;

const nonce = new Uint8Array(16).fill(1);
const tag = octetsOf("5f0c9a1e22b7d403");
const GATEWAY: ReadonlySet<number> = new Set([FrameType.challenge, FrameType.welcome, FrameType.refuse]);
const CLIENT: ReadonlySet<number> = new Set([FrameType.hello, FrameType.proof]);

/** One frame of each type, with every place in use. */
const FULL: readonly Frame[] = [
  build.hello({
    nonce,
    tag,
    features: ["delivery"],
    agent: "a",
    agentVersion: "1",
    limits: { replay: 4_096, streamCredit: 4_096, channelCredit: 4_096 },
    resume: { sessionId: "s", token: octetsOf("01"), received: 1 },
  }),
  build.challenge({ clientNonce: nonce, nonce, tag, features: ["delivery"], audience: "h:1" }),
  build.proof({ clientNonce: nonce, method: "token", keyId: "k", proof: octetsOf("01") }),
  build.welcome({
    clientNonce: nonce,
    tag,
    features: ["delivery"],
    limits: { replay: 4_096, streamCredit: 4_096, channelCredit: 4_096 },
    sessionId: "s",
    principal: "p",
    scopes: ["test"],
    resumeToken: octetsOf("01"),
    resumedFrom: 1,
    notResumed: "why",
  }),
  build.refuse({ clientNonce: nonce, code: 16, message: "m", retryAfterMs: 1 }),
  build.open(1, {
    tool: "t",
    callId: "c",
    key: "k",
    deadlineMs: 1,
    priority: 1,
    content: 0,
    turn: "t",
    lineage: "l",
    trace: "r",
    meta: { a: "b" },
  }),
  build.accept(1, { state: 1, reason: "r", place: 0, lagMs: 0, deadlineMs: 1 }),
  build.end(1, { code: 13, content: 0, message: "m", outcome: 1, retryable: true, retryAfterMs: 1 }),
  build.reset(1, { message: "m" }),
  build.credit(1, 1),
  build.ack(1),
  build.ping(1),
  build.pong(1, 1),
  build.offer(0, [{ name: "t", effect: 0, deadlineMs: 1, description: "d", streams: true, revision: "r" }]),
  build.goaway({ code: 9, lastStream: 1, message: "m", retryAfterMs: 1, requirement: "FRAME-003" }),
];

const label = (frame: Frame): string => nameIn(FrameType, frame.type)?.toUpperCase() ?? "?";

/** What does not fit into a place, by what it is called; `binaryOnly` where text carriage cannot say it. */
function misfits(
  place: Place,
): readonly { readonly what: string; readonly value: HeaderValue; readonly binaryOnly?: true }[] {
  switch (place.kind) {
    case "uint":
      return [
        { what: "a string", value: "1" },
        { what: "a negative integer", value: -1 },
        { what: "a fraction", value: 0.5 },
        { what: "a boolean", value: true },
      ];
    case "boolean":
      return [{ what: "an integer", value: 1 }];
    case "string":
      return [
        { what: "an integer", value: 1 },
        { what: "octets", value: octetsOf("61"), binaryOnly: true },
      ];
    case "name":
      return [
        { what: "a boolean", value: true },
        { what: "a negative integer", value: -1 },
      ];
    case "octets": {
      const count = (place.exactly ?? 0) - 1;
      const short = count < 0 ? [] : [{ what: `${count} octets`, value: new Uint8Array(count) }];
      const long = place.exactly === undefined ? 4_097 : place.exactly + 1;
      const wrong = { what: `${long} octets`, value: new Uint8Array(long) };
      return [...short, wrong, { what: "an integer", value: 1 }];
    }
    case "list":
      return [
        { what: "a string", value: "a" },
        { what: "a map", value: {} },
        { what: "an array of maps", value: [{}] },
      ];
    case "map":
      return [
        { what: "an array", value: [] },
        { what: "a map of integers", value: { a: 1 } },
      ];
    case "places":
      return [{ what: "an integer", value: 1 }];
  }
}

function withPlace(frame: Frame, index: number, value: HeaderValue): Frame {
  return { ...frame, header: (frame.header ?? []).with(index, value) };
}

function misplaced(frame: Frame, index: number, { name, place, optional }: NamedPlace): Made[] {
  const made: Made[] = misfits(place).map(({ what, value, binaryOnly }) => {
    const { binary, row } = forms(withPlace(frame, index, value));
    const handshake = frame.type <= FrameType.refuse;
    return { name: `${label(frame)} with ${what} as ${name}`, binary, ...(binaryOnly && !handshake ? {} : { row }) };
  });
  if (optional) return made;
  return [...made, { name: `${label(frame)} with nil as ${name}`, ...forms(withPlace(frame, index, null)) }];
}

/** Every place of every header with what does not fit into it. */
function wrongPlaces(): Made[] {
  return FULL.flatMap((frame) => {
    const places = LAYOUTS[frame.type]?.places ?? [];
    return places.flatMap((place, index) => misplaced(frame, index, place));
  });
}

function nested(of: "limits" | "tools" | "resume"): Made[] {
  const [hello, offer] = [FULL[0], FULL.find((frame) => frame.type === FrameType.offer)];
  const frame = of === "tools" ? offer : hello;
  if (frame === undefined) return [];
  const index = of === "limits" ? 4 : of === "resume" ? 8 : 1;
  const place = LAYOUTS[frame.type]?.places[index]?.place;
  const inner = place?.kind === "list" ? place.of : place;
  const whole = frame.header?.[index];
  const held = of === "tools" && Array.isArray(whole) ? whole[0] : whole;
  if (inner?.kind !== "places" || !Array.isArray(held)) return [];
  const values = held as readonly HeaderValue[];
  return inner.places.flatMap(({ name, place: innerPlace, optional }, at) => {
    const wrong = [...misfits(innerPlace).slice(0, 1), ...(optional ? [] : [{ what: "nil", value: null }])];
    return wrong.map(({ what, value }) => {
      const changed = values.with(at, value);
      const made = withPlace(frame, index, of === "tools" ? [changed] : changed);
      return { name: `${label(frame)} with ${what} as ${name} of ${of}`, ...forms(made) };
    });
  });
}

/** Strings that are one octet longer than they may be. */
function tooLong(): Made[] {
  const long = (most: number): string => `${"é".repeat(most / 2)}x`;
  return FULL.flatMap((frame) => {
    const places = LAYOUTS[frame.type]?.places ?? [];
    return places.flatMap(({ name, place }, index) => {
      if (place.kind === "string" || place.kind === "name") {
        const made = withPlace(frame, index, long(place.most));
        return [{ name: `${label(frame)} with ${place.most + 1} octets as ${name}`, ...forms(made) }];
      }
      return [];
    });
  });
}

const body = octetsOf("7b7d");

function flagged(frame: Frame, flags: number): Made {
  const changed = { ...frame, flags };
  const flag = `0x${flags.toString(16).padStart(2, "0")}`;
  const binary = hex(encodeFrame(changed));
  return flags === 0x80
    ? { name: `${label(frame)} with the flag ${flag} in binary carriage`, binary }
    : { name: `${label(frame)} with the flag ${flag}`, binary, row: encodeRow(changed) };
}

function wrongFlags(): Made[] {
  const bodies = [build.open(1, { tool: "t", callId: "c" }, body), build.item(1, 1, body), build.end(1, {}, body)];
  const undefinedBits = [0x08, 0x10, 0x20, 0x40, 0x80];
  return [
    ...FULL.filter(({ type }) => type !== FrameType.open && type !== FrameType.end).flatMap((frame) =>
      [0x01, 0x02, 0x04, 0x08].map((flags) => flagged(frame, flags)),
    ),
    ...bodies.flatMap((frame) => undefinedBits.map((flags) => flagged(frame, flags))),
    ...bodies.filter(({ type }) => type !== FrameType.data).map((frame) => flagged(frame, 0x04)),
  ];
}

function wrongStreams(): Made[] {
  const data = build.item(1, 1, body);
  return [...FULL, data, build.cont(1, body)].flatMap((frame) => {
    const { stream } = LAYOUTS[frame.type] ?? { stream: "either" };
    if (stream === "either") return [];
    const changed = { ...frame, stream: stream === "channel" ? 1 : 0 };
    const cont = frame.header === null ? " with CONT" : "";
    return [{ name: `${label(frame)}${cont} on stream ${changed.stream}`, ...forms(changed) }];
  });
}

const ping = (header: string): string => rawFrame(0x22, 0, 0, header);

const BINARY: Readonly<Record<string, readonly Made[]>> = {
  "CARR-001": [{ name: "no frame at all", binary: "" }],
  "FRAME-002": [
    { name: "a frame that ends in its length", binary: "0000" },
    { name: "a frame that ends in its stream", binary: "0000002200000000" },
    { name: "a frame that ends in its payload", binary: "00000322000000000091" },
    { name: "a frame whose payload is not there", binary: "ffffff220000000000" },
    { name: "a whole frame, and one that is cut off", binary: `${ping("9101")}0000` },
  ],
  "FRAME-003": [
    {
      name: "the reserved bit on stream 0",
      binary: "0000022200800000009101",
      row: [34, 0, 0x8000_0000, [1], null],
    },
    {
      name: "the reserved bit on a stream",
      binary: "0000021400800000019101",
      row: [20, 0, 0x8000_0001, [1], null],
    },
  ],
  "FRAME-004": [0x00, 0x06, 0x0f, 0x15, 0x26, 0x7f].map((type) => ({
    name: `the unknown type 0x${type.toString(16).padStart(2, "0")}`,
    binary: rawFrame(type, 0, 0, "90"),
    row: [type, 0, 0, [], null],
  })),
  "FRAME-007": [
    { name: "a header that is a map", binary: ping("8100c0") },
    { name: "a header that is an integer", binary: ping("05"), row: [34, 0, 0, 5, null] },
    { name: "a header that is nil", binary: ping("c0") },
    { name: "no header where one is due", binary: ping(""), row: [34, 0, 0, null, null] },
    { name: "an empty header where a place is due", binary: ping("90"), row: [34, 0, 0, [], null] },
    { name: "a float 64 without a fraction where an integer is due", binary: ping("91cb3ff0000000000000") },
    {
      name: "HELLO with 4,097 octets as the token of its resume",
      ...forms(build.hello({ nonce, tag, resume: { sessionId: "s", token: new Uint8Array(4_097), received: 0 } })),
    },
    { name: "a header that ends before its last place", binary: ping("9201") },
    { name: "a string that ends before its length", binary: rawFrame(0x14, 0, 1, "9201a561") },
    { name: "DATA without its two octets", binary: rawFrame(0x12, 0, 1, ""), row: [18, 0, 1, null, null] },
    { name: "DATA with one octet", binary: rawFrame(0x12, 0, 1, "02"), row: [18, 0, 1, [2], null] },
    { name: "DATA with a string as its content", row: [18, 0, 1, [2, "1"], null] },
  ],
  "FRAME-008": [
    { name: "float 32", binary: ping("9201ca3f800000") },
    { name: "an extension type", binary: ping("9201d40100") },
    { name: "a timestamp", binary: ping("9201d6ff00000000") },
    { name: "the octet c1", binary: ping("9201c1") },
    {
      name: "an integer beyond 2^53-1",
      binary: ping("91cf0020000000000000"),
      row: [34, 0, 0, [2 ** 53], null],
    },
    { name: "an integer beyond 2^53-1 behind the known places", binary: ping("9201cf0020000000000000") },
    { name: "an integer below -(2^53-1)", binary: ping("9201d3ffe0000000000000") },
    { name: "a map with the key __proto__", binary: ping("920181a95f5f70726f746f5f5fc0") },
    { name: "a map with an integer as a key", binary: ping("92018101c0") },
    {
      name: "nine arrays, one inside the other",
      binary: ping(`9201${"91".repeat(7)}90`),
      row: [34, 0, 0, [1, [[[[[[[[]]]]]]]]], null],
    },
  ],
  "FRAME-009": [
    { name: "a string that is not UTF-8", binary: rawFrame(0x14, 0, 1, "9201a1ff") },
    { name: "a string with a surrogate in UTF-8", binary: rawFrame(0x14, 0, 1, "9201a3eda080") },
    { name: "a string whose UTF-8 is longer than it need be", binary: rawFrame(0x14, 0, 1, "9201a2c080") },
    { name: "a string with half of a surrogate pair", row: [20, 0, 1, [1, "\ud800"], null] },
    {
      name: "OFFER of a name of 65 octets",
      ...forms(build.offer(0, [{ name: "x".repeat(65), effect: 0 }])),
    },
    {
      name: "OFFER of a description of 4,097 octets",
      ...forms(build.offer(0, [{ name: "x", effect: 0, description: "x".repeat(4_097) }])),
    },
    { name: "OFFER that removes a name of 65 octets", ...forms(build.offer(2, ["x".repeat(65)])) },
    {
      name: "OPEN with 1,025 octets as a value of meta",
      ...forms(build.open(1, { tool: "t", callId: "c", meta: { a: "x".repeat(1_025) } })),
    },
    {
      name: "HELLO with a feature of 1,025 octets",
      ...forms(build.hello({ nonce, tag, features: ["x".repeat(1_025)] })),
    },
  ],
  "CARR-010": [
    { name: "a row of four", row: [34, 0, 0, [1]] },
    { name: "a row of six", row: [34, 0, 0, [1], null, null] },
    { name: "a row that is a map", row: { type: 34 } },
    { name: "a type that is a string", row: ["34", 0, 0, [1], null] },
    { name: "a type beyond an octet", row: [256, 0, 0, [1], null] },
    { name: "flags below zero", row: [34, -1, 0, [1], null] },
    { name: "a stream that is a fraction", row: [34, 0, 0.5, [1], null] },
  ],
  "CARR-011": [
    { name: "a body that is a number", row: [16, 2, 1, ["t", "c", null, null, 1, 1], 1] },
    { name: "a body that is an array", row: [16, 2, 1, ["t", "c", null, null, 1, 1], []] },
    { name: "base64 without padding", row: [16, 0x82, 1, ["t", "c", null, null, 1, 4], "AA"] },
    { name: "base64 whose unused bits are not zero", row: [16, 0x82, 1, ["t", "c", null, null, 1, 4], "AB=="] },
    { name: "base64 of the alphabet for addresses", row: [16, 0x82, 1, ["t", "c", null, null, 1, 4], "-_8="] },
    { name: "base64 with a line break", row: [16, 0x82, 1, ["t", "c", null, null, 1, 4], "AAAA\n"] },
    { name: "a body that is no well-formed text", row: [16, 2, 1, ["t", "c", null, null, 1, 3], "\ud800"] },
  ],
};

/** One octet more than a header alone: in a row that is a body where none may be. */
function longer(): { readonly payloads: readonly Made[]; readonly rows: readonly Made[] } {
  const alone = FULL.filter(({ type }) => type !== FrameType.open && type !== FrameType.end);
  const made = alone.map((frame) => {
    const name = `${label(frame)} with an octet behind its header`;
    return { handshake: frame.type <= FrameType.refuse, name, ...forms({ ...frame, body: octetsOf("31") }) };
  });
  return {
    payloads: made.map(({ name, binary, row, handshake }) => ({ name, binary, ...(handshake ? { row } : {}) })),
    rows: made.filter(({ handshake }) => !handshake).map(({ name, row }) => ({ name, row })),
  };
}

function handshakeRows(): Made[] {
  const [hello] = FULL;
  if (hello === undefined) return [];
  const row = encodeRow(hello) as readonly unknown[];
  return [
    { name: "HELLO whose header is an array", row: row.with(3, [[1]]).with(4, null) },
    { name: "HELLO without BASE64", row: row.with(1, 0) },
    { name: "HELLO without a body", row: row.with(1, 0).with(4, null) },
  ];
}

function senderOf(made: Made): InvalidFrameVector["sender"] {
  const binary = typeof made.binary === "string" ? made.binary : undefined;
  const type = Array.isArray(made.row)
    ? Number(made.row[0])
    : binary === undefined
      ? 0
      : Number.parseInt(binary.slice(6, 8), 16);
  return GATEWAY.has(type) ? "gateway" : CLIENT.has(type) ? "client" : "either";
}

/** The vectors of frames that are not in order. */
export function invalidFrameVectors(): readonly InvalidFrameVector[] {
  const byRequirement: readonly (readonly [string, readonly Made[]])[] = [
    ...Object.entries(BINARY),
    ["FRAME-005", wrongFlags()],
    ["FRAME-006", wrongStreams()],
    ["FRAME-007", [...wrongPlaces(), ...nested("limits"), ...nested("resume"), ...nested("tools")]],
    ["FRAME-009", tooLong()],
    ["FRAME-010", longer().payloads],
    ["CARR-011", longer().rows],
    ["CARR-012", handshakeRows()],
  ];
  return byRequirement
    .flatMap(([requirement, all]) => all.map((made) => ({ requirement, sender: senderOf(made), ...made })))
    .toSorted((a, b) => (a.requirement < b.requirement ? -1 : a.requirement > b.requirement ? 1 : 0));
}
