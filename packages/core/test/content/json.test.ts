import { describe, expect, test } from "vitest";
import { type BodyLimits, Content, decodeBody } from "../../src/content/body.ts";
import { ProtocolViolation } from "../../src/errors/violation.ts";

const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(json: string | Uint8Array, limits?: BodyLimits): unknown {
  const octets = typeof json === "string" ? octetsOf(json) : json;
  return decodeBody({ content: Content.json, octets }, limits);
}

function violationOf(json: string | Uint8Array, limits?: BodyLimits): ProtocolViolation {
  try {
    decode(json, limits);
  } catch (error) {
    if (error instanceof ProtocolViolation) return error;
    throw error;
  }
  throw new Error("expected a ProtocolViolation, and nothing was thrown");
}

describe("JSON that is not well-formed breaks CONT-003", () => {
  test.each([
    ["no octets", ""],
    ["something behind the value", "{} 1"],
    ["a value that is cut off", '{"a":'],
    ["a comment", "/* */ 1"],
    ["a byte order mark", "\ufeff1"],
    ["NaN", "NaN"],
    ["a number that overflows", "[1e999]"],
    ["a number that overflows downwards", "-1e999"],
    ["a number that overflows by its digits", `1${"0".repeat(400)}`],
    ["half of a surrogate pair", '"\\ud800"'],
    ["half of a surrogate pair in an array", '[1,"a\\udc00b"]'],
    ["half of a surrogate pair in a key", '{"\\ud800":1}'],
    ["half of a surrogate pair, in capitals", '"\\uDFFF"'],
  ])("%s", (_, json) => {
    expect(violationOf(json).requirement).toBe("CONT-003");
  });

  test("octets that are not UTF-8", () => {
    expect(violationOf(new Uint8Array([0x22, 0xff, 0x22])).requirement).toBe("CONT-003");
  });

  test("and the message does not hold it", () => {
    expect(violationOf('{"password":"hunter2"').message).not.toContain("hunter2");
  });
});

describe("JSON beyond a limit breaks CONT-004", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  test("nesting of 65", () => {
    expect(violationOf(nested(65)).requirement).toBe("CONT-004");
    expect(violationOf(`${'{"a":'.repeat(65)}1${"}".repeat(65)}`).requirement).toBe("CONT-004");
    expect(decode(nested(64))).toBeDefined();
  });

  test("nesting of eight million, which nobody begins to parse", () => {
    expect(violationOf(nested(8_000_000)).requirement).toBe("CONT-004");
    expect(violationOf("[".repeat(8_000_000)).requirement).toBe("CONT-004");
  });

  test("nesting in a long text, of which brackets in strings are no part", () => {
    const long = "x".repeat(20_000);
    for (const string of ["[".repeat(100), `\\"${"{".repeat(100)}`, `\\\\`, `[\\\\\\"${"[".repeat(100)}`]) {
      expect(decode(`["${long}","${string}",${nested(63)}]`)).toBeDefined();
      expect(violationOf(`["${long}","${string}",${nested(64)}]`).requirement).toBe("CONT-004");
    }
    expect(decode(`[${`${nested(60)},`.repeat(1000)}"${long}"]`)).toHaveLength(1001);
    expect(violationOf(`["${"\\".repeat(20_001)}`).requirement).toBe("CONT-003");
  });

  test("a map of more than 10,000 entries", () => {
    const map = (entries: number): string => `{${Array.from({ length: entries }, (_, i) => `"${i}":0`).join()}}`;
    expect(violationOf(map(10_001)).requirement).toBe("CONT-004");
    expect(Object.keys(decode(map(10_000)) as object)).toHaveLength(10_000);
  });

  test("an array of more than its limit", () => {
    const limits = { depth: 64, mapEntries: 10, arrayEntries: 3, containers: 10 };
    expect(violationOf("[1,2,3,4]", limits).requirement).toBe("CONT-004");
    expect(decode("[1,2,3]", limits)).toEqual([1, 2, 3]);
    expect(violationOf(`[${"0,".repeat(1_000_000)}0]`).requirement).toBe("CONT-004");
  });

  test("more arrays and objects in one body together than the limit, of which those in strings are no part", () => {
    const limits = { depth: 64, mapEntries: 10, arrayEntries: 10, containers: 4 };
    const long = "[{".repeat(10_000);
    expect(decode(`[{"a":[]},"${long}",{}]`, limits)).toHaveLength(3);
    const violation = violationOf(`[{"a":[]},"${long}",{},[]]`, limits);
    expect(violation.requirement).toBe("CONT-004");
    expect(violation.message).toContain("at most 4");
  });

  test("half a million empty objects and their array, which nobody begins to parse", () => {
    const objects = (count: number): string => `[${"{},".repeat(count - 1)}{}]`;
    expect(decode(objects(499_999))).toHaveLength(499_999);
    expect(violationOf(objects(500_000)).requirement).toBe("CONT-004");
    expect(violationOf(`${objects(500_000)}]`).requirement).toBe("CONT-004");
  });

  test("the key __proto__, however it is written, and however deep", () => {
    for (const json of ['{"__proto__":1}', '{"\\u005f_proto__":{}}', '[{"a":{"__proto__":null}}]']) {
      expect(violationOf(json).requirement).toBe("CONT-004");
    }
  });
});

test("JSON as another implementation may write it is read", () => {
  expect(decode(' { "a" : [ 1.0 , -0.5e2 , "\\u00e9\\ud83d\\ude00" ] , "b" : null } ')).toEqual({
    a: [1, -50, "é\u{1f600}"],
    b: null,
  });
  expect(decode('[-0,{"a":-0.0}]')).toStrictEqual([0, { a: 0 }]);
  expect(decode("-0e1")).toBe(0);
  expect(decode("9007199254740993")).toBe(9_007_199_254_740_992);
  expect(decode('{"constructor":1,"toString":2}')).toEqual({ constructor: 1, toString: 2 });
});
