import { describe, expect, test } from "vitest";
import { encodeBody, decodeBody } from "../../src/content/body.ts";

const CONTENTS = [1, 2, 3, 4];

/** Halves of surrogate pairs, in what only looks at strings once they are JSON. */
describe("a string that is not well-formed is refused [CONT-001]", () => {
  test.each<[string, unknown, readonly (string | number)[]]>([
    ["as the value", "\ud800", []],
    ["in an object", { a: [1, "x\udc00"] }, ["a", 1]],
    ["as a key", { "\udfff": 1 }, ["\udfff"]],
    ["beside octets", { a: new Uint8Array(1), b: "\ud83d" }, ["b"]],
    ["behind one that looks like its escape", ["\\ud800", "\ud800"], [1]],
    ["as the wrong half first", { a: "\udc00\ud800" }, ["a"]],
  ])("%s", (_, value, path) => {
    expect(() => encodeBody(value, CONTENTS)).toThrow(expect.objectContaining({ name: "ValueError", path }));
  });

  test.each<[string, unknown]>([
    ["a pair", { "\u{1f600}": ["\u{1f600}", "\ud83d\ude00"] }],
    ["what looks like an escape", ["\\ud800", { "\\udc00": "\\\\ud800" }]],
    ["what looks like an escape of something else", ["\\u0000", "\u0000", "\\ud"]],
    ["an object in what is looked at twice", { a: "\\ud800", b: { prototype: "\\ud" } }],
  ])("and %s is not", (_, value) => {
    expect(decodeBody(encodeBody(value, CONTENTS))).toEqual(value);
  });
});
