import { describe, expect, test } from "vitest";
import { binaryCarriage } from "../../src/wire/carriage.ts";
import { hex } from "./support/hex.ts";
import { binaryMessage, decode, TAG } from "./support/messages.ts";
import { violationOf } from "./support/violation.ts";

function violation(frames: string): { requirement: string; message: string; code: string } {
  const message = new Uint8Array([0xc1, 0x01, ...TAG, ...hex(frames)]);
  return violationOf(() => decode(binaryCarriage, message));
}

/** What goes wrong with a header in a frame of this type, on a stream that suits it. */
function inHeader(type: number, table: string): { requirement: string; message: string } {
  const stream = type >= 0x10 && type < 0x20 ? 1 : 0;
  return violationOf(() => decode(binaryCarriage, binaryMessage(type, 0, stream, hex(table))));
}

const ACCEPT = 0x11;
const OPEN = 0x10;
const PING = 0x22;

describe("a message", () => {
  test("without a frame breaks CARR-001", () => {
    expect(violation("").requirement).toBe("CARR-001");
  });
});

describe("a frame", () => {
  test("whose payload is longer than the limit breaks FRAME-001, before its octets are looked for", () => {
    const broken = violation("004001 22 00 00000000 ; 16385 octets, none of which are there");
    expect(broken).toMatchObject({ requirement: "FRAME-001", code: "resource_exhausted" });
    expect(decode(binaryCarriage, binaryMessage(0x12, 4, 1, new Uint8Array(16_384)))).toHaveLength(1);
  });

  test.each([
    ["in its length", "0000"],
    ["in a length that would be too long", "ffff"],
    ["in its type, behind a length that is too long", "ffffff"],
    ["in its stream", "000002 22 00 000000"],
    ["in its payload", "000002 22 00 00000000 91"],
    ["behind another one", "000002 22 00 00000000 91 01 00"],
  ])("that is cut off %s breaks FRAME-002", (_, table) => {
    expect(violation(table).requirement).toBe("FRAME-002");
  });

  test("with the reserved bit breaks FRAME-003, whatever its type", () => {
    expect(violation("000002 22 00 80000000 91 01").requirement).toBe("FRAME-003");
    expect(violation("000002 f0 00 80000000 91 01").requirement).toBe("FRAME-003");
  });

  test("of an unknown type breaks FRAME-004", () => {
    for (const type of ["00", "06", "0f", "15", "1f", "26", "7f"]) {
      expect(violation(`000000 ${type} 00 00000000`).requirement).toBe("FRAME-004");
    }
  });

  test("of an unknown type with the top bit is skipped, and the frames around it count [FRAME-004]", () => {
    const message = new Uint8Array([
      0xc1,
      0x01,
      ...TAG,
      ...hex("000003 80 ff 00000007 c1c1c1   000002 22 00 00000000 91 01   000000 ff 00 00000000"),
    ]);
    expect(decode(binaryCarriage, message)).toEqual([{ type: "ping", id: 1 }]);
  });

  test.each([
    ["CONT on OPEN", "000005 10 04 00000001 92 a1 61 a1 62"],
    ["MORE on ACCEPT", "000002 11 01 00000001 91 00"],
    ["FINAL on RESET", "000002 14 02 00000001 91 01"],
    ["MORE on PING", "000002 22 01 00000000 91 01"],
    ["BASE64, which is not for binary carriage, on DATA", "000001 12 84 00000001 00"],
    ["a bit that nothing defines on END", "000003 13 08 00000001 92 00 00"],
    ["a flag on a handshake frame", "000002 01 02 00000000 90 90"],
  ])("with %s breaks FRAME-005", (_, table) => {
    expect(violation(table).requirement).toBe("FRAME-005");
  });

  test.each([
    ["PING on a stream", "000002 22 00 00000001 91 01"],
    ["HELLO on a stream", "000001 01 00 00000001 90"],
    ["GOAWAY on a stream", "000001 25 00 00000001 90"],
    ["OPEN on stream 0", "000001 10 00 00000000 90"],
    ["DATA on stream 0", "000001 12 04 00000000 00"],
    ["RESET on stream 0", "000002 14 00 00000000 91 01"],
  ])("%s breaks FRAME-006", (_, table) => {
    expect(violation(table).requirement).toBe("FRAME-006");
  });

  test("CREDIT is for stream 0 and for any other [FRAME-006]", () => {
    for (const stream of [0, 1, 0x7fff_ffff]) {
      expect(decode(binaryCarriage, binaryMessage(0x20, 0, stream, hex("91 05")))).toEqual([
        { type: "credit", stream, limit: 5 },
      ]);
    }
  });
});

describe("a header", () => {
  test.each([
    ["nothing", ""],
    ["a map", "80"],
    ["an integer", "01"],
    ["an array that ends early", "92 01"],
    ["an array whose head ends early", "dc 00"],
    ["an array of more elements than there are octets", "dd ffffffff 01"],
  ])("that is %s breaks FRAME-007", (_, table) => {
    expect(inHeader(PING, table).requirement).toBe("FRAME-007");
  });

  test.each<[string, number, string, string]>([
    ["a string for an integer", PING, "91 a1 31", 'PING: "id" must be an unsigned integer'],
    ["a negative integer", PING, "91 ff", 'PING: "id" must be an unsigned integer'],
    ["a float, even a whole one", PING, "91 cb 3ff0000000000000", 'PING: "id" must be an unsigned integer'],
    ["nil where there must be something", PING, "91 c0", 'PING: "id" must be an unsigned integer'],
    ["a place that is missing", PING, "90", 'PING: "id" must be an unsigned integer'],
    ["an integer for a string", OPEN, "92 a1 62 01", 'OPEN: "callId" must be a string'],
    ["octets for a string", OPEN, "92 a1 62 c4 01 61", 'OPEN: "callId" must be a string'],
    ["octets for a name", OPEN, "92 c4 01 61 a1 62", 'OPEN: "tool" must be a string or a number'],
    ["nothing for a name", OPEN, "90", 'OPEN: "tool" must be a string or a number'],
    ["a negative number for a name", OPEN, "92 ff a1 62", 'OPEN: "tool" must be a string or a number'],
    ["a boolean for the turn", OPEN, "97 00 a162 c0 c0 c0 01 c3", 'OPEN: "turn" must be a string or a number'],
    ["a list for a map", OPEN, "9a a161 a162 c0 c0 c0 01 c0 c0 c0 90", 'OPEN: "meta" must be a map of strings'],
    [
      "a map with integers",
      OPEN,
      "9a a161 a162 c0 c0 c0 01 c0 c0 c0 81 a16b 01",
      'OPEN: "meta" must be a map of strings',
    ],
    ["an integer for a boolean", 0x13, "95 00 00 c0 c0 01", 'END: "retryable" must be a boolean'],
    ["a nonce of 15 octets", 0x05, `93 c40f ${"00".repeat(15)} 01 a0`, 'REFUSE: "clientNonce" must be 16 octets'],
    ["a string for octets", 0x05, `93 b0 ${"61".repeat(16)} 01 a0`, 'REFUSE: "clientNonce" must be 16 octets'],
    ["an integer for a list", 0x01, "91 01", 'HELLO: "versions" must be an array'],
    ["a string in a list of integers", 0x01, "91 91 a131", 'HELLO: "versions" must be an unsigned integer'],
    ["a tool that is no array", 0x24, "92 00 91 a161", 'OFFER: "tools" must be an array'],
    ["a tool without an effect", 0x24, "92 00 91 91 a161", 'OFFER: "tools.effect" must be an unsigned integer'],
  ])("with %s breaks FRAME-007, and the message names frame and field", (_, type, table, message) => {
    expect(inHeader(type, table)).toMatchObject({ requirement: "FRAME-007", message });
  });

  test("may leave out places at its end, and have more than are known [FRAME-007]", () => {
    const none = decode(binaryCarriage, binaryMessage(ACCEPT, 0, 1, hex("91 00")));
    expect(none).toEqual([{ type: "accept", stream: 1, state: 0 }]);
    const many = hex(`
      dc 0010 00 c0 c0 c0 c0               ; the known places
      c0 c3 cb 7ff0000000000000 d1 8000    ; nil, true, a float, an integer
      a1 61 c4 01 00 91 90 81 a16b 80      ; a string, octets, arrays, maps
      da 0004 "long" 01 02                 ; a string in a longer form, and integers
    `);
    expect(decode(binaryCarriage, binaryMessage(ACCEPT, 0, 1, many))).toEqual(none);
  });

  test("may have elements behind the known places of the arrays inside it [FRAME-007]", () => {
    const payload = hex("92 00 91 99 a161 01 c0 c0 c0 c0 05 91 06 80");
    expect(decode(binaryCarriage, binaryMessage(0x24, 0, 0, payload))).toMatchObject([{ tools: [{ name: "a" }] }]);
  });

  test.each([
    ["an extension type", "c7 00 01"],
    ["a fixed extension type", "d4 01 00"],
    ["a timestamp", "d6 ff 00000000"],
    ["a 32-bit float", "ca 3f800000"],
    ["the octet that MessagePack does not use", "c1"],
    ["an unsigned integer beyond 2^53-1", "cf 0020000000000000"],
    ["an integer below -(2^53-1)", "d3 ffe0000000000000"],
    ["a map with an integer as key", "81 01 01"],
    ["a map with the key __proto__", `81 a9 "__proto__" 01`],
    ["nesting that is nine deep", "91 91 91 91 91 91 91 91"],
    ["maps that are nine deep", "81a161 81a161 81a161 81a161 81a161 81a161 81a161 81a161 01"],
  ])("with %s breaks FRAME-008, even where nobody reads it", (_, table) => {
    expect(inHeader(PING, `92 01 ${table} 01`).requirement).toBe("FRAME-008");
  });

  test("with an integer beyond 2^53-1 in a known place breaks FRAME-008", () => {
    expect(inHeader(PING, "91 cf 0020000000000000").requirement).toBe("FRAME-008");
    expect(decode(binaryCarriage, binaryMessage(PING, 0, 0, hex("91 cf 001fffffffffffff")))).toEqual([
      { type: "ping", id: Number.MAX_SAFE_INTEGER },
    ]);
  });

  test("may nest eight deep [FRAME-008]", () => {
    const payload = hex("92 01 91 91 91 91 91 91 91 01");
    expect(decode(binaryCarriage, binaryMessage(PING, 0, 0, payload))).toEqual([{ type: "ping", id: 1 }]);
  });

  test.each([
    ["an octet that starts nothing", "a1 ff"],
    ["a sequence that is cut off", "a2 61 c3"],
    ["an overlong form", "a2 c0 80"],
    ["half of a surrogate pair", "a3 ed a0 80"],
    ["a code point beyond 10FFFF", "a4 f4 90 80 80"],
    ["an ill-formed end behind much ASCII", `d9 28 ${"61".repeat(39)} ff`],
  ])("with a string with %s breaks FRAME-009, read or not", (_, table) => {
    expect(inHeader(ACCEPT, `92 00 ${table}`).requirement).toBe("FRAME-009");
    expect(inHeader(PING, `92 00 ${table}`).requirement).toBe("FRAME-009");
  });

  test.each<[string, number, string, number]>([
    ["the name of a tool", OPEN, "92", 64],
    ["a call's id", OPEN, "92 a161", 128],
    ["a key", OPEN, "93 a161 a162", 256],
    ["a turn", OPEN, "97 a161 a162 c0 c0 c0 01", 256],
    ["a lineage", OPEN, "98 a161 a162 c0 c0 c0 01 c0", 1024],
    ["a trace", OPEN, "99 a161 a162 c0 c0 c0 01 c0 c0", 256],
    ["a value in meta", OPEN, "9a a161 a162 c0 c0 c0 01 c0 c0 c0 81 a16b", 1024],
    ["a reason", ACCEPT, "92 00", 4096],
  ])("with %s of more octets than its limit breaks FRAME-009", (_, type, front, limit) => {
    const long = (octets: number): string =>
      `${front} da ${octets.toString(16).padStart(4, "0")} ${"61".repeat(octets)}`;
    expect(inHeader(type, long(limit + 1)).requirement).toBe("FRAME-009");
    // At the limit only what comes behind is missing.
    const rest = violationOrFrames(type, long(limit));
    expect(rest).not.toBe("FRAME-009");
  });

  test("with octets of another length than their layout gives breaks FRAME-007", () => {
    const proof = (nonce: number, octets: number): string =>
      `94 c4 ${nonce.toString(16)} ${"00".repeat(nonce)} a174 a16b c5 ${octets.toString(16).padStart(4, "0")} ${"00".repeat(octets)}`;
    expect(inHeader(0x03, proof(16, 4_097)).requirement).toBe("FRAME-007");
    expect(inHeader(0x03, proof(17, 1)).requirement).toBe("FRAME-007");
  });

  test("counts a string's octets, not its characters [FRAME-009]", () => {
    expect(inHeader(OPEN, `92 d9 42 ${"c3a9".repeat(33)} a162`).requirement).toBe("FRAME-009");
  });

  test("that is not all of its payload breaks FRAME-010, where there is no body", () => {
    expect(inHeader(PING, "91 01 c0").requirement).toBe("FRAME-010");
    expect(inHeader(ACCEPT, "91 00 00").requirement).toBe("FRAME-010");
    expect(inHeader(0x24, "92 02 90 00").requirement).toBe("FRAME-010");
  });

  test("of DATA needs its two octets [FRAME-007]", () => {
    expect(violation("000001 12 00 00000001 01")).toMatchObject({ requirement: "FRAME-007" });
  });
});

function violationOrFrames(type: number, table: string): string {
  const stream = type >= 0x10 && type < 0x20 ? 1 : 0;
  try {
    decode(binaryCarriage, binaryMessage(type, 0, stream, hex(table)));
    return "none";
  } catch (error) {
    return (error as { requirement: string }).requirement;
  }
}

test("no message about a violation holds what the peer sent", () => {
  const secret = "hunter2";
  const octets = Array.from(new TextEncoder().encode(secret), (octet) => octet.toString(16)).join("");
  for (const table of [`91 a7 ${octets}`, `92 01 81 a7 ${octets} c1`, `91 c4 07 ${octets}`]) {
    expect(inHeader(PING, table).message).not.toContain(secret);
  }
});
