import { describe, expect, test } from "vitest";
import { cloneValue, Content, decodeBody, encodeBody } from "../../src/content/body.ts";
import { ProtocolViolation } from "../../src/errors/violation.ts";

const ALL = [Content.json, Content.msgpack, Content.text, Content.bytes];
const PLAIN = [Content.json, Content.text, Content.bytes];

function requirementOf(content: number, octets: Uint8Array): string {
  try {
    decodeBody({ content, octets });
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.requirement;
    throw error;
  }
  return "none";
}

describe("the content of a value", () => {
  test.each<[string, unknown, number]>([
    ["undefined is none", undefined, Content.none],
    ["a string is text", "x", Content.text],
    ["octets are bytes", new Uint8Array([1]), Content.bytes],
    ["null is JSON", null, Content.json],
    ["a number is JSON", 1, Content.json],
    ["an object is JSON", { a: [1, "x"] }, Content.json],
    ["an object with octets inside is MessagePack", { a: [new Uint8Array(1)] }, Content.msgpack],
  ])("%s", (_, value, content) => {
    expect(encodeBody(value, ALL).content).toBe(content);
  });

  test("is MessagePack only where the receiver takes it [CONT-002]", () => {
    expect(() => encodeBody({ a: new Uint8Array(1) }, PLAIN)).toThrow("octets inside a value need MessagePack");
    expect(encodeBody(new Uint8Array(1), PLAIN).content).toBe(Content.bytes);
  });
});

test("octets that are the value are not copied on their way out, and those of anything else are", () => {
  const octets = new Uint8Array([1, 2, 3]);
  expect(encodeBody(octets, ALL).octets).toBe(octets);
  const inside = encodeBody({ octets }, ALL);
  octets[0] = 9;
  expect(decodeBody(inside)).toEqual({ octets: new Uint8Array([1, 2, 3]) });
});

test("octets are views of the body on their way in, and copies in cloneValue", () => {
  const octets = new Uint8Array([1, 2, 3]);
  expect(decodeBody({ content: Content.bytes, octets })).toBe(octets);
  expect(cloneValue(octets)).toEqual(octets);
  expect(cloneValue(octets)).not.toBe(octets);
});

test("bodies that were encoded earlier stay as they are", () => {
  const bodies = Array.from({ length: 2000 }, (_, i) => encodeBody({ i, text: "x".repeat(i % 50) }, ALL));
  for (const [i, body] of bodies.entries()) expect(decodeBody(body)).toEqual({ i, text: "x".repeat(i % 50) });
});

describe("a body is refused", () => {
  test("that is none and has octets [CONT-003]", () => {
    expect(decodeBody({ content: Content.none, octets: new Uint8Array(0) })).toBeUndefined();
    expect(requirementOf(Content.none, new Uint8Array(1))).toBe("CONT-003");
  });

  test("that is text and not UTF-8 [CONT-003]", () => {
    for (const octets of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      expect(requirementOf(Content.text, new Uint8Array(octets))).toBe("CONT-003");
    }
    expect(decodeBody({ content: Content.text, octets: new Uint8Array([0xef, 0xbb, 0xbf]) })).toBe("\ufeff");
  });

  test("of a content that is not in the table [CONT-005]", () => {
    for (const content of [5, 255, -1, 1.5, Number.NaN])
      expect(requirementOf(content, new Uint8Array(0))).toBe("CONT-005");
  });
});
