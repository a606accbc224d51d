import { describe, expect, test } from "vitest";
import {
  bodyLength,
  bodySource,
  Content,
  decodeBody,
  encodeBody,
  encodeOutgoing,
  LongText,
} from "../../src/content/body.ts";
import { countUtf8 } from "../../src/content/long-text.ts";
import { sameOctets } from "../../src/wire/carriage.ts";

const CONTENTS = [1, 2, 3, 4];
const ASCII = "0123456789abcdef".repeat(10_000);

/** All octets of a body, taken in parts of this many. */
function parts(body: ReturnType<typeof encodeOutgoing>, length: number): Uint8Array {
  const source = bodySource(body);
  const whole = new Uint8Array(source.length);
  for (let at = 0; at < source.length; ) {
    const part = source.subarray(at, at + length);
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

describe("a long text that is sent", () => {
  test.each([1, 1_000, 16_351, 1_000_000])("is encoded in parts of %d octets, as a whole would be", (length) => {
    const body = encodeOutgoing(ASCII.slice(0, 40_000), CONTENTS);
    expect(sameOctets(parts(body, length), encodeBody(ASCII.slice(0, 40_000), CONTENTS).octets)).toBe(true);
  });

  test("is not encoded before it is written, and knows its length", () => {
    const body = encodeOutgoing(ASCII, CONTENTS);
    expect(body).toBeInstanceOf(LongText);
    expect([body.content, bodyLength(body), decodeBody(body)]).toEqual([Content.text, 160_000, ASCII]);
    expect(sameOctets(body.octets, new TextEncoder().encode(ASCII))).toBe(true);
  });

  test.each([
    ["at its beginning", `é${ASCII}`],
    ["in its middle", `${ASCII}€${ASCII}`],
    ["at its end", `${ASCII}\u{1f600}`],
    ["where two parts meet that are looked at", `${"a".repeat(0x4000 - 1)}\u{1f600}${ASCII}`],
    ["everywhere", "€é\u{1f600}".repeat(20_000)],
    ["where two parts meet that are taken", `${"a".repeat(4_999)}\u{1f600}${ASCII}`],
  ])("is encoded as a whole would be where something %s is not ASCII", (_, text) => {
    const whole = new TextEncoder().encode(text);
    const body = encodeOutgoing(text, CONTENTS);
    expect(body).toBeInstanceOf(LongText);
    expect([bodyLength(body), countUtf8(text)]).toEqual([whole.length, whole.length]);
    for (const length of [4, 1_000, 5_000, 16_384]) expect(sameOctets(parts(body, length), whole)).toBe(true);
  });

  test("is counted by whoever the runtime has for it, and short ones are not", () => {
    const counted: number[] = [];
    const count = (text: string): number => {
      counted.push(text.length);
      return new TextEncoder().encode(text).length;
    };
    const body = encodeOutgoing(`é${ASCII}`, CONTENTS, count);
    encodeOutgoing("é", CONTENTS, count);
    expect([bodyLength(body), parts(body, 1_000).length, counted]).toEqual([160_002, 160_002, [160_001]]);
  });

  test("is cut between characters", () => {
    const source = bodySource(encodeOutgoing(`€\u{1f600}${"é".repeat(40_000)}`, CONTENTS));
    expect([source.subarray(0, 2).length, source.subarray(0, 5).length, source.subarray(3, 8).length]).toEqual([
      0, 3, 4,
    ]);
    expect(source.subarray(7, 100).length).toBe(92);
    // Also out of order.
    expect(source.subarray(3, 7)).toEqual(new TextEncoder().encode("\u{1f600}"));
  });

  test("is refused where it is not well-formed [CONT-001]", () => {
    expect(() => encodeOutgoing(`${ASCII}\ud800`, CONTENTS)).toThrow("not well-formed");
    expect(() => encodeOutgoing(`\udc00${ASCII}`, CONTENTS)).toThrow("not well-formed");
  });

  test("is octets where a journal keeps it, since an instance of a class does not travel", () => {
    const { content, octets, ...rest } = encodeBody(ASCII, CONTENTS);
    expect([content, sameOctets(octets, new TextEncoder().encode(ASCII)), rest]).toEqual([Content.text, true, {}]);
  });
});

test("a text that is not ASCII is cut between characters, where one fits", () => {
  const text = "€".repeat(1_000);
  // Short enough to be encoded at once.
  const source = bodySource(encodeOutgoing(text, CONTENTS));
  const cut = [3, 4, 5, 6, 3_000, 9_000].map((end) => source.subarray(0, end).length);
  expect(cut).toEqual([3, 3, 3, 6, 3_000, 3_000]);
  expect([source.subarray(3, 4).length, source.subarray(3, 5).length]).toEqual([1, 2]);
  expect(source.length).toBe(3_000);
});

test("a body of octets is its own source", () => {
  const octets = new Uint8Array(100_000);
  const body = encodeOutgoing(octets, CONTENTS);
  expect(bodySource(body)).toBe(octets);
  expect(bodyLength(body)).toBe(100_000);
});
