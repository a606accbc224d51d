import { describe, expect, test } from "vitest";
import { binaryCarriage } from "../../src/wire/carriage.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { hex, toHex } from "./support/hex.ts";
import { decode, TAG, utf8 } from "./support/messages.ts";

const NONCE = new Uint8Array(16).fill(0xab);
const GATEWAY_NONCE = new Uint8Array(16).fill(0xcd);
const CLIENT_TAG = new Uint8Array(8).fill(0x11);
const LIMITS = { framePayload: 16_384, message: 16_777_216, streams: 256, assembling: 33_554_432 };

/** The octets that `docs/spec.md` promises for a frame, field by field. */
const FIXTURES: readonly { readonly name: string; readonly frame: Frame; readonly octets: string }[] = [
  {
    name: "HELLO",
    frame: {
      type: "hello",
      versions: [1],
      nonce: NONCE,
      tag: CLIENT_TAG,
      features: ["credit"],
      limits: LIMITS,
      contents: [1, 2, 3, 4],
      agent: "t",
      agentVersion: "0.1",
      resume: { sessionId: "s1", token: new Uint8Array([7, 8]), received: 300 },
    },
    octets: `
      00 00 4e                      ; length 78
      01 00 00 00 00 00             ; HELLO, no flags, stream 0
      99                            ; 9 places
      91 01                         ; versions [1]
      c4 10 abababababababab abababababababab ; nonce
      c4 08 1111111111111111        ; tag
      91 a6 "credit"                ; features
      94                            ; limits
        cd 4000                     ;   framePayload 16384
        ce 01000000                 ;   message 16777216
        cd 0100                     ;   streams 256
        ce 02000000                 ;   assembling 33554432
      94 01 02 03 04                ; contents
      a1 "t"                        ; agent
      a3 "0.1"                      ; agentVersion
      93                            ; resume
        a2 "s1"                     ;   sessionId
        c4 02 07 08                 ;   token
        cd 012c                     ;   received 300
    `,
  },
  {
    name: "CHALLENGE",
    frame: {
      type: "challenge",
      clientNonce: NONCE,
      nonce: GATEWAY_NONCE,
      tag: TAG,
      version: 1,
      features: [],
      audience: "gateway.example:443",
      methods: ["token", "ed25519"],
    },
    octets: `
      00 00 54                      ; length 84
      02 00 00 00 00 00             ; CHALLENGE
      97
      c4 10 abababababababab abababababababab ; clientNonce
      c4 10 cdcdcdcdcdcdcdcd cdcdcdcdcdcdcdcd ; nonce
      c4 08 5f0c9a1e22b7d403        ; tag
      01                            ; version
      90                            ; features
      b3 "gateway.example:443"      ; audience
      92 a5 "token" a7 "ed25519"    ; methods
    `,
  },
  {
    name: "PROOF",
    frame: { type: "proof", clientNonce: NONCE, method: "token", keyId: "k", proof: new Uint8Array([1, 2, 3]) },
    octets: `
      00 00 20                      ; length 32
      03 00 00 00 00 00             ; PROOF
      94
      c4 10 abababababababab abababababababab ; clientNonce
      a5 "token"                    ; method
      a1 "k"                        ; keyId
      c4 03 010203                  ; proof
    `,
  },
  {
    name: "WELCOME that grants a new session in place of one that was to be resumed",
    frame: {
      type: "welcome",
      clientNonce: NONCE,
      tag: TAG,
      version: 1,
      features: [],
      limits: LIMITS,
      contents: [1],
      heartbeatMs: 15_000,
      sessionId: "s2",
      principal: "ann",
      scopes: ["cron"],
      resumeToken: undefined,
      resumedFrom: undefined,
      notResumed: "gone",
    },
    octets: `
      00 00 49                      ; length 73
      04 00 00 00 00 00             ; WELCOME
      9d                            ; 13 places
      c4 10 abababababababab abababababababab ; clientNonce
      c4 08 5f0c9a1e22b7d403        ; tag
      01 90                         ; version, features
      94 cd 4000 ce 01000000 cd 0100 ce 02000000 ; limits
      91 01                         ; contents
      cd 3a98                       ; heartbeatMs 15000
      a2 "s2"                       ; sessionId
      a3 "ann"                      ; principal
      91 a4 "cron"                  ; scopes
      c0 c0                         ; resumeToken and resumedFrom are absent
      a4 "gone"                     ; notResumed
    `,
  },
  {
    name: "REFUSE",
    frame: { type: "refuse", clientNonce: NONCE, code: 16, message: "no", retryAfterMs: undefined },
    octets: `
      00 00 17                      ; length 23
      05 00 00 00 00 00             ; REFUSE
      93                            ; retryAfterMs is absent, and last: left out
      c4 10 abababababababab abababababababab ; clientNonce
      10                            ; code 16, unauthenticated
      a2 "no"                       ; message
    `,
  },
  {
    name: "OPEN with its arguments",
    frame: {
      type: "open",
      stream: 1,
      more: false,
      final: true,
      tool: "cron.list",
      callId: "c_1",
      key: undefined,
      deadlineMs: 30_000,
      priority: 1,
      content: 1,
      turn: undefined,
      lineage: undefined,
      trace: undefined,
      meta: undefined,
      body: utf8("{}"),
    },
    octets: `
      00 00 17                      ; length 23
      10 02 00 00 00 01             ; OPEN, FINAL, stream 1
      96                            ; 6 places, the absent ones at the end left out
      a9 "cron.list"                ; tool
      a3 "c_1"                      ; callId
      c0                            ; key
      cd 7530                       ; deadlineMs 30000
      01                            ; priority
      01                            ; content: json
      "{}"                          ; the body, directly behind
    `,
  },
  {
    name: "OPEN with numbers for its tool and its turn [CALL-016]",
    frame: {
      type: "open",
      stream: 3,
      more: false,
      final: true,
      tool: 0,
      callId: "c_2",
      key: undefined,
      deadlineMs: undefined,
      priority: undefined,
      content: 0,
      turn: 63,
      lineage: undefined,
      trace: undefined,
      meta: undefined,
      body: new Uint8Array(0),
    },
    octets: `
      00 00 0b                      ; length 11
      10 02 00 00 00 03             ; OPEN, FINAL, stream 3
      97
      00                            ; tool: the first name
      a3 "c_2"                      ; callId
      c0 c0 c0                      ; key, deadlineMs, priority
      00                            ; content: none
      3f                            ; turn: the 64th name
    `,
  },
  {
    name: "OPEN with everything, of a body that goes on",
    frame: {
      type: "open",
      stream: 0x7fff_ffff,
      more: true,
      final: false,
      tool: "a",
      callId: "b",
      key: "k",
      deadlineMs: 2 ** 40,
      priority: 2,
      content: 4,
      turn: "t",
      lineage: "l",
      trace: "w",
      meta: { m: "v" },
      body: new Uint8Array([0xff]),
    },
    octets: `
      00 00 1e                      ; length 30
      10 01 7f ff ff ff             ; OPEN, MORE, the greatest stream
      9a
      a1 "a" a1 "b" a1 "k"          ; tool, callId, key
      cf 00000100 00000000          ; deadlineMs 2^40
      02 04                         ; priority, content: bytes
      a1 "t" a1 "l" a1 "w"          ; turn, lineage, trace
      81 a1 "m" a1 "v"              ; meta
      ff                            ; the first octet of the body
    `,
  },
  {
    name: "ACCEPT",
    frame: { type: "accept", stream: 2, state: 1, reason: "behind 3", place: 3, lagMs: undefined, deadlineMs: 60_000 },
    octets: `
      00 00 10                      ; length 16
      11 00 00 00 00 02             ; ACCEPT, stream 2
      95
      01                            ; state: queued
      a8 "behind 3"                 ; reason
      03                            ; place
      c0                            ; lagMs
      cd ea60                       ; deadlineMs 60000
    `,
  },
  {
    name: "DATA that begins an item: a header of two octets and no array",
    frame: { type: "data", stream: 4, more: true, final: false, head: { kind: 2, content: 3 }, body: utf8("hi") },
    octets: `
      00 00 04                      ; length 4
      12 01 00 00 00 04             ; DATA, MORE, stream 4
      02 03                         ; kind: item, content: text
      "hi"                          ; the body
    `,
  },
  {
    name: "DATA that goes on with a body: octets alone",
    frame: { type: "data", stream: 4, more: false, final: true, head: undefined, body: utf8("lo") },
    octets: `
      00 00 02                      ; length 2
      12 06 00 00 00 04             ; DATA, CONT and FINAL
      "lo"
    `,
  },
  {
    name: "END with ok",
    frame: {
      type: "end",
      stream: 1,
      more: false,
      final: true,
      code: 0,
      content: 0,
      message: undefined,
      outcome: undefined,
      retryable: undefined,
      retryAfterMs: undefined,
      body: new Uint8Array(0),
    },
    octets: `
      00 00 03                      ; length 3
      13 02 00 00 00 01             ; END, FINAL, stream 1
      92 00 00                      ; code: ok, content: none
    `,
  },
  {
    name: "END with an error",
    frame: {
      type: "end",
      stream: 1,
      more: false,
      final: true,
      code: 8,
      content: 0,
      message: "full",
      outcome: 0,
      retryable: true,
      retryAfterMs: 250,
      body: new Uint8Array(0),
    },
    octets: `
      00 00 0c                      ; length 12
      13 02 00 00 00 01             ; END
      96
      08 00                         ; resource_exhausted, no details
      a4 "full"                     ; message
      00                            ; outcome: not_started
      c3                            ; retryable
      cc fa                         ; retryAfterMs 250
    `,
  },
  {
    name: "RESET",
    frame: { type: "reset", stream: 9, code: 1, message: undefined },
    octets: "000002 14 00 00000009 91 01 ; RESET of stream 9: cancelled",
  },
  {
    name: "CREDIT of the channel",
    frame: { type: "credit", stream: 0, limit: 1_048_576 },
    octets: "000006 20 00 00000000 91 ce 00100000",
  },
  { name: "ACK", frame: { type: "ack", received: 12 }, octets: "000002 21 00 00000000 91 0c" },
  { name: "PING", frame: { type: "ping", id: 200 }, octets: "000003 22 00 00000000 91 cc c8" },
  { name: "PONG", frame: { type: "pong", id: 5, lagMs: 3 }, octets: "000003 23 00 00000000 92 05 03" },
  {
    name: "OFFER that replaces",
    frame: {
      type: "offer",
      mode: 0,
      tools: [
        { name: "a", effect: 2, deadlineMs: 1000, description: "does", streams: true, revision: "r" },
        {
          name: "b",
          effect: 0,
          deadlineMs: undefined,
          description: undefined,
          streams: undefined,
          revision: undefined,
        },
      ],
      names: [],
    },
    octets: `
      00 00 16                      ; length 22
      24 00 00 00 00 00             ; OFFER
      92 00                         ; mode: replace
      92                            ; two tools
        96 a1 "a" 02 cd 03e8        ;   name, effect: once, deadlineMs 1000
           a4 "does" c3 a1 "r"      ;   description, streams, revision
        92 a1 "b" 00                ;   name, effect: read
    `,
  },
  {
    name: "OFFER that removes",
    frame: { type: "offer", mode: 2, tools: [], names: ["a", "b"] },
    octets: `000007 24 00 00000000 92 02 92 a1 "a" a1 "b"`,
  },
  {
    name: "GOAWAY",
    frame: {
      type: "goaway",
      code: 3,
      lastStream: 7,
      message: "bad",
      retryAfterMs: undefined,
      requirement: "FRAME-002",
    },
    octets: `
      00 00 12                      ; length 18
      25 00 00 00 00 00             ; GOAWAY
      95 03 07 a3 "bad" c0          ; code, lastStream, message, retryAfterMs
      a9 "FRAME-002"                ; requirement
    `,
  },
];

const PREFIX = hex("c1 01 5f0c9a1e22b7d403 ; mark, carriage version, tag");

describe.each(FIXTURES)("$name", ({ frame, octets }) => {
  const message = new Uint8Array([...PREFIX, ...hex(octets)]);

  test("is encoded as the specification says", () => {
    expect(toHex(binaryCarriage.encode(TAG, [frame]) as Uint8Array)).toBe(toHex(message));
  });

  test("is decoded", () => {
    const [decoded, ...rest] = decode(binaryCarriage, message);
    expect(rest).toEqual([]);
    expect(decoded).toMatchObject(frame);
  });
});

test("frames of one message stand back to back", () => {
  const message = hex(`
    c1 01 5f0c9a1e22b7d403
    000002 22 00 00000000 91 01     ; PING 1
    000002 23 00 00000000 91 01     ; PONG 1
  `);
  expect(decode(binaryCarriage, message)).toEqual([
    { type: "ping", id: 1 },
    { type: "pong", id: 1 },
  ]);
  expect(
    binaryCarriage.encode(TAG, [
      { type: "ping", id: 1 },
      { type: "pong", id: 1 },
    ]),
  ).toEqual(message);
});

test("a body is a view into the message, without a copy", () => {
  const message = hex("c1 01 5f0c9a1e22b7d403 000003 12 04 00000001 0a0b0c");
  const [frame] = decode(binaryCarriage, message);
  if (frame?.type !== "data") throw new Error("expected DATA");
  expect(frame.body.buffer).toBe(message.buffer);
  expect(frame.body.byteOffset).toBe(19);
});

test("a body that a Buffer brought is a plain Uint8Array", () => {
  const message = Buffer.from(hex("c1 01 5f0c9a1e22b7d403 000001 12 04 00000001 0a"));
  const [frame] = decode(binaryCarriage, message);
  if (frame?.type !== "data") throw new Error("expected DATA");
  expect(Object.getPrototypeOf(frame.body)).toBe(Uint8Array.prototype);
});

test("integers, strings and arrays need not be in their shortest form", () => {
  const message = hex(`
    c1 01 5f0c9a1e22b7d403
    00001c 11 00 00000001           ; ACCEPT of 28 octets
    dc 0003                         ; array 16 of 3
    cf 0000000000000001             ; state, as uint 64
    db 00000002 "ok"                ; reason, as str 32
    d3 0000000000000002             ; place, as int 64
  `);
  expect(decode(binaryCarriage, message)).toMatchObject([{ state: 1, reason: "ok", place: 2 }]);
});
