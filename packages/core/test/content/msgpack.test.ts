import { decode as libraryDecode, encode as libraryEncode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BodyLimits, Content, decodeBody, encodeBody } from "../../src/content/body.ts";
import { ProtocolViolation } from "../../src/errors/violation.ts";
import { hex } from "../wire/support/hex.ts";

const ALL = [Content.json, Content.msgpack, Content.text, Content.bytes];

const decode = (octets: Uint8Array, limits?: BodyLimits): unknown =>
  decodeBody({ content: Content.msgpack, octets }, limits);

function violationOf(octets: Uint8Array, limits?: BodyLimits): ProtocolViolation {
  try {
    decode(octets, limits);
  } catch (error) {
    if (error instanceof ProtocolViolation) return error;
    throw error;
  }
  throw new Error("expected a ProtocolViolation, and nothing was thrown");
}

describe("MessagePack that is not well-formed breaks CONT-003", () => {
  test.each([
    ["no octets", ""],
    ["octets behind the value", "01 02"],
    ["the octet that is not used", "c1"],
    ["an extension", "c7 01 05 00"],
    ["a fixed extension", "d4 05 00"],
    ["a timestamp", "d6 ff 00000000"],
    ["an integer beyond 2^53-1", "cf 0020000000000000"],
    ["an integer below -(2^53-1)", "d3 ffe0000000000000"],
    ["a NaN", "cb 7ff8000000000000"],
    ["an infinity", "cb fff0000000000000"],
    ["a NaN of 32 bits", "ca 7fc00000"],
    ["a key that is an integer", "81 01 01"],
    ["a key that is nil", "81 c0 01"],
    ["a key that is octets", "81 c4 01 61 01"],
    ["a string that is not UTF-8", "a1 ff"],
    ["a string whose last character goes on behind it", "92 a1 e2 a2 82 ac"],
    ["a key that is not UTF-8", "81 a1 ff 01"],
    ["a string that is cut off", "a5 61"],
    ["a string that claims 4 GB", "db ffffffff 61"],
    ["octets that claim 4 GB", "c6 ffffffff 00"],
    ["an array that claims more than is there", "dc ffff 00"],
    ["a map that claims more than is there", "de 2000 a161 00"],
    ["a number that is cut off", "cb 00"],
  ])("%s", (_, table) => {
    expect(violationOf(hex(table)).requirement).toBe("CONT-003");
  });

  test("any cut through a value", () => {
    const { octets } = encodeBody({ a: [1, 300, 2 ** 40, 1.5, "text", null], octets: new Uint8Array(300) }, ALL);
    for (let end = 0; end < octets.length; end++) {
      expect(violationOf(octets.subarray(0, end)).requirement).toBe("CONT-003");
    }
  });
});

describe("MessagePack beyond a limit breaks CONT-004", () => {
  test("nesting of 65", () => {
    expect(violationOf(new Uint8Array(65).fill(0x91)).requirement).toBe("CONT-004");
    expect(violationOf(hex(`${"81a161".repeat(65)} 01`)).requirement).toBe("CONT-004");
    expect(decode(new Uint8Array([...new Uint8Array(64).fill(0x91), 1]))).toBeDefined();
  });

  test("nesting of a million, without harm", () => {
    expect(violationOf(new Uint8Array(1_000_000).fill(0x91)).requirement).toBe("CONT-004");
  });

  test("maps and arrays of more than their limits, whether their entries are there or not", () => {
    const limits = { depth: 64, mapEntries: 1, arrayEntries: 2, containers: 3 };
    expect(violationOf(hex("82 a161 01 a162 02"), limits).requirement).toBe("CONT-004");
    expect(violationOf(hex("93 01 02 03"), limits).requirement).toBe("CONT-004");
    expect(violationOf(hex("dd 000f4241")).requirement).toBe("CONT-004");
    expect(violationOf(hex("de 2711")).requirement).toBe("CONT-004");
    expect(decode(hex("81 a161 92 01 02"), limits)).toEqual({ a: [1, 2] });
  });

  test("more arrays, maps and octets in one body together than the limit", () => {
    const limits = { depth: 64, mapEntries: 4, arrayEntries: 4, containers: 4 };
    expect(decode(hex("93 80 90 c4 00"), limits)).toEqual([{}, [], new Uint8Array(0)]);
    expect(decode(hex("92 81 a161 90 90"), limits)).toEqual([{ a: [] }, []]);
    expect(violationOf(hex("94 80 90 c4 00 80"), limits).requirement).toBe("CONT-004");
    expect(violationOf(hex("94 80 90 c4 00 90"), limits).requirement).toBe("CONT-004");
    expect(violationOf(hex("94 80 90 c4 00 c4 00"), limits).requirement).toBe("CONT-004");
    expect(violationOf(hex("92 92 80 80 91 80"), limits).message).toContain("at most 4");
  });

  test("half a million empty maps and their array, which are one too many", () => {
    const maps = (count: number): Uint8Array => {
      const octets = new Uint8Array(5 + count).fill(0x80);
      octets.set([0xdd, 0, count >> 16, (count >> 8) & 0xff, count & 0xff]);
      return octets;
    };
    expect(decode(maps(499_999))).toHaveLength(499_999);
    expect(violationOf(maps(500_000)).requirement).toBe("CONT-004");
  });

  test("the key __proto__", () => {
    expect(violationOf(hex(`81 a9 "__proto__" 01`)).requirement).toBe("CONT-004");
    expect(violationOf(hex(`91 81 d9 09 "__proto__" 80`)).requirement).toBe("CONT-004");
  });
});

test("arrays within arrays that claim a million entries allocate nothing before they are refused", () => {
  // As deep as it may be, each level claiming what the whole body could hold if it were all of it.
  const octets = new Uint8Array(1_000_005);
  for (let i = 0; i < 64; i++) octets.set([0xdd, 0x00, 0x0f, 0x40, 0x00], i * 5);
  const before = process.memoryUsage().heapUsed;
  expect(violationOf(octets).requirement).toBe("CONT-003");
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64_000_000);
});

describe("another implementation", () => {
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, depthSize: "medium" },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      fc.string({ unit: "binary" }),
      fc.uint8Array(),
      fc.array(tie("value")),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        tie("value"),
      ),
    ),
  })).value;

  test("reads what is written", () => {
    fc.assert(
      fc.property(value, (value) => {
        const marked = { value, octets: new Uint8Array(1) };
        expect(libraryDecode(encodeBody(marked, ALL).octets)).toEqual(decode(encodeBody(marked, ALL).octets));
      }),
    );
  });

  test("writes what is read", () => {
    fc.assert(
      fc.property(value, (value) => {
        const octets = libraryEncode(value);
        expect(decode(octets)).toEqual(libraryDecode(octets));
      }),
    );
  });
});

test("octets of any kind are a value or a violation", () => {
  const runs = { numRuns: 5000 };
  const attempt = (octets: Uint8Array): void => {
    try {
      decode(octets);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), attempt), runs);
  const likely = fc.constantFrom(
    0x81,
    0x82,
    0x91,
    0x93,
    0xa1,
    0xc4,
    0xcb,
    0xcf,
    0xd3,
    0xd9,
    0xdc,
    0xde,
    0xdf,
    0,
    1,
    0x61,
  );
  fc.assert(
    fc.property(fc.array(likely, { maxLength: 60 }), (octets) => attempt(new Uint8Array(octets))),
    runs,
  );
});
