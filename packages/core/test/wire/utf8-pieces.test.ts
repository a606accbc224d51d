import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Utf8Pieces } from "../../src/wire/utf8-pieces.ts";
import { utf8 } from "./support/messages.ts";

/** The octets in pieces of these lengths, over and over; each in a buffer that is used again. */
function read(octets: Uint8Array, lengths: readonly number[]): { readonly text: string; readonly fault?: number } {
  const pieces = new Utf8Pieces();
  const buffer = new Uint8Array(Math.max(...lengths));
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const length = Math.min(lengths[turn % lengths.length] ?? 1, octets.length - at);
    buffer.set(octets.subarray(at, at + length));
    if (!pieces.add(buffer.subarray(0, length))) return { text: pieces.text, fault: at };
    buffer.fill(0x41);
    at += length;
  }
  return pieces.complete ? { text: pieces.text } : { text: pieces.text, fault: octets.length };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function strictly(octets: Uint8Array): string | undefined {
  try {
    return strict.decode(octets);
  } catch {
    return undefined;
  }
}

const characters = fc
  .array(
    fc.constantFrom(
      "a",
      "\u007f",
      "\u0080",
      "\u07ff",
      "\u0800",
      "\ud7ff",
      "\ue000",
      "\ufeff",
      "\uffff",
      "\u{10000}",
      "\u{10ffff}",
    ),
    {
      maxLength: 60,
    },
  )
  .map((list) => list.join(""));
const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

/** Each test makes many runs, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

describe("text in pieces", { timeout: PATIENCE_MS }, () => {
  test("is what it was, wherever it is cut", () => {
    fc.assert(
      fc.property(characters, lengths, (text, cuts) => {
        expect(read(utf8(text), cuts)).toEqual({ text });
      }),
      { numRuns: 500 },
    );
  });

  test.each(["é", "ह", "€", "\u{1f600}", "\ufeff", "\u{10ffff}", "\ud7ff", "\ue000", "\ufffd"])(
    "is what it was where %s is cut at each of its octets",
    (character) => {
      for (let lead = 0; lead < 6; lead++) {
        const text = `${"a".repeat(lead)}${character}b${character}`;
        for (let length = 1; length < 8; length++) expect(read(utf8(text), [length])).toEqual({ text });
      }
    },
  );

  test("is refused where the whole would be, and nowhere else", () => {
    const octet = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc2,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(octet, { minLength: 1, maxLength: 12 }), lengths, (list, cuts) => {
        const octets = Uint8Array.from(list);
        const whole = strictly(octets);
        const { text, fault } = read(octets, cuts);
        if (whole === undefined) expect(fault).toBeTypeOf("number");
        else expect({ text, fault }).toEqual({ text: whole, fault: undefined });
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[string, readonly (readonly number[])[], number]>([
    ["an octet that begins nothing", [[0x61], [0xff], [0x61]], 1],
    ["an octet that goes on with nothing", [[0x61], [0x80, 0x61]], 1],
    ["a character that is cut off within a piece", [[0xe2, 0x82, 0x61], [0x61]], 0],
    ["a character that goes on wrongly in the next piece", [[0xe2, 0x82], [0x61]], 1],
    ["a form that is too long", [[0x61, 0xe0, 0x80], [0x80]], 0],
    ["half of a surrogate pair", [[0xed, 0xa0], [0x80]], 0],
    [
      "a character beyond the last one",
      [
        [0xf4, 0x90],
        [0x80, 0x80],
      ],
      0,
    ],
    ["a form of four that is too long", [[0xf0], [0x8f], [0x80, 0x80]], 1],
    ["two octets to come, and the second is none", [[0xf0], [0x9f], [0x61]], 2],
  ])("has its fault found in the piece where it is: %s [CONT-003]", (_, given, faulty) => {
    const pieces = new Utf8Pieces();
    const taken = given.map((piece) => pieces.add(Uint8Array.from(piece)));
    expect(taken.indexOf(false)).toBe(faulty);
  });

  test("is not complete while a character is", () => {
    const pieces = new Utf8Pieces();
    expect(pieces.complete).toBe(true);
    expect(pieces.add(Uint8Array.of(0x61, 0xe2, 0x82))).toBe(true);
    expect(pieces.complete).toBe(false);
    expect(pieces.add(Uint8Array.of(0xac))).toBe(true);
    expect([pieces.complete, pieces.text]).toEqual([true, "a€"]);
  });

  test("counts one octet for each unit of ASCII, and two for each of anything else", () => {
    const pieces = new Utf8Pieces();
    pieces.add(utf8("abc"));
    expect(pieces.held).toBe(3);
    pieces.add(utf8("ab€"));
    expect(pieces.held).toBe(3 + 6);
  });

  test("knows how long a string may become", () => {
    const pieces = new Utf8Pieces();
    pieces.add(utf8("abc"));
    expect(pieces.takes(0x1fff_ffe5)).toBe(true);
    expect(pieces.takes(0x1fff_ffe6)).toBe(false);
  });
});
