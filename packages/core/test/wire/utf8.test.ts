import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeUtf8, readKnownUtf8, readUtf8, utf8Length, writeUtf8 } from "../../src/wire/utf8.ts";

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function expected(octets: Uint8Array): string | undefined {
  try {
    return strict.decode(octets);
  } catch {
    return undefined;
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("", "\0", "\ufeff", "\ufeffx", "é".repeat(33), "a".repeat(31), "a".repeat(32), "a".repeat(33)),
);
/** Octets that are mostly ASCII, with something else among them. */
const nearlyText = fc.tuple(text, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([text, at, octets]) => {
  const good = [...encoder.encode(text)];
  good.splice(at % (good.length + 1), 0, ...octets);
  return new Uint8Array(good);
});

describe("UTF-8", () => {
  test("is read as TextDecoder reads it, and refused where it refuses", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), nearlyText), (octets) => {
        expect(readUtf8(octets, 0, octets.length)).toBe(expected(octets));
        expect(readKnownUtf8(octets, 0, octets.length)).toBe(expected(octets));
      }),
      { numRuns: 3000 },
    );
  });

  test("is read from the middle of octets", () => {
    fc.assert(
      fc.property(text, fc.uint8Array({ maxLength: 9 }), (text, around) => {
        const octets = new Uint8Array([...around, ...encoder.encode(text), ...around]);
        expect(readUtf8(octets, around.length, octets.length - around.length)).toBe(text);
        expect(readKnownUtf8(octets, around.length, octets.length - around.length)).toBe(text);
      }),
    );
  });

  test("is written as TextEncoder writes it", () => {
    fc.assert(
      fc.property(text, fc.nat(9), (text, offset) => {
        const target = new Uint8Array(offset + text.length * 3);
        const end = writeUtf8(text, target, offset);
        expect(target.subarray(offset, end)).toEqual(encoder.encode(text));
        expect(encodeUtf8(text)).toEqual(encoder.encode(text));
        expect(utf8Length(text)).toBe(encoder.encode(text).length);
      }),
    );
  });

  test("has a length for lone surrogates too, that of the replacement character", () => {
    for (const text of ["\ud800", "\udc00", "a\ud800", "\ud800\ud800\udc00", "\udc00\ud800"]) {
      expect(utf8Length(text)).toBe(encoder.encode(text).length);
    }
  });

  test("in buffers that are shared stays what it was", () => {
    const texts = Array.from({ length: 3000 }, (_, i) => "ab€".repeat(i % 700) + i);
    const all = texts.map(encodeUtf8);
    for (const [i, octets] of all.entries()) expect(readUtf8(octets, 0, octets.length)).toBe(texts[i]);
  });
});

test("strings that share a slot among the known ones are told apart", () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `tool_${i % 1000}.${i % 7}`);
  for (const text of texts) {
    const octets = encoder.encode(text);
    expect(readKnownUtf8(octets, 0, octets.length)).toBe(text);
  }
});
