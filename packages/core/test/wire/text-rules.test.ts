import { describe, expect, test } from "vitest";
import { textCarriage, wrappedCarriage } from "../../src/wire/carriage.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { decode, TAG, TAG_HEX, textMessage, utf8 } from "./support/messages.ts";
import { violationOf } from "./support/violation.ts";

const requirementOf = (...rows: readonly unknown[]): string =>
  violationOf(() => decode(textCarriage, textMessage(...rows))).requirement;

const data = (body: Uint8Array): Frame => ({
  type: "data",
  stream: 1,
  more: false,
  final: true,
  head: undefined,
  body,
});

const PING = [34, 0, 0, [1], null];

describe("the example of the specification", () => {
  const open: Frame = {
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
  };
  const text = '{"turnmux":[1,"5f0c9a1e22b7d403",[16,2,1,["cron.list","c_1",null,30000,1,1],"{}"]]}';

  test("is what text carriage writes and reads [CARR-010]", () => {
    expect(textCarriage.encode(TAG, [open])).toBe(text);
    expect(decode(textCarriage, text)).toEqual([open]);
  });

  test("has numbers where the peer knows its names [CALL-016]", () => {
    const known = { ...open, tool: 0, turn: 63 };
    const row = [16, 2, 1, [0, "c_1", null, 30_000, 1, 1, 63], "{}"];
    expect(textCarriage.encode(TAG, [known])).toBe(textMessage(row));
    expect(decode(textCarriage, textMessage(row))).toEqual([known]);
    expect(wrappedCarriage.encode(TAG, [known], 0)).toEqual({ turnmux: [1, TAG_HEX, 0, row] });
  });

  test.each([
    ["a boolean", true],
    ["null", null],
    ["a fraction", 0.5],
    ["a negative number", -1],
    ["an object", {}],
  ])("must not have %s for a name [FRAME-007]", (_, name) => {
    expect(requirementOf([16, 2, 1, [name, "c_1", null, null, null, 1], "{}"])).toBe("FRAME-007");
  });

  test("has a number behind the tag in wrapped carriage [CARR-020]", () => {
    const message = {
      turnmux: [1, "5f0c9a1e22b7d403", 7, [16, 2, 1, ["cron.list", "c_1", null, 30_000, 1, 1], "{}"]],
    };
    expect(wrappedCarriage.encode(TAG, [open], 7)).toEqual(message);
    expect(decode(wrappedCarriage, message)).toEqual([open]);
  });
});

describe("a text message", () => {
  test.each([
    ["that is cut off", `{"turnmux":[1,"${TAG_HEX}",[34,0,0,[1],null]`],
    ["with something behind it", `${textMessage(PING)} 1`],
    ["with a second member", `{"turnmux":[1,"${TAG_HEX}",[34,0,0,[1],null]],"id":1}`],
    ["with a second member of the same name, for another tag", `${textMessage(PING).slice(0, -1)},"turnmux":[1,"00"]}`],
    ["with a second member of the same name, of another kind", `${textMessage(PING).slice(0, -1)},"turnmux":7}`],
  ])("%s breaks CARR-010", (_, message) => {
    expect(violationOf(() => decode(textCarriage, message)).requirement).toBe("CARR-010");
  });

  test("without a frame breaks CARR-001", () => {
    expect(requirementOf()).toBe("CARR-001");
  });

  test.each([
    ["is no array", { 0: 34 }],
    ["has four elements", [34, 0, 0, [1]]],
    ["has six elements", [...PING, null]],
    ["has a type that is a string", ["34", 0, 0, [1], null]],
    ["has a type beyond an octet", [256, 0, 0, [1], null]],
    ["has flags that are negative", [34, -1, 0, [1], null]],
    ["has a stream that is a fraction", [34, 0, 0.5, [1], null]],
  ])("whose frame %s breaks CARR-010", (_, row) => {
    expect(requirementOf(row)).toBe("CARR-010");
    expect(violationOf(() => decode(wrappedCarriage, { turnmux: [1, TAG_HEX, 0, row] })).requirement).toBe("CARR-010");
  });

  test("that nests absurdly deep breaks CARR-010 or FRAME-008, and nothing else happens", () => {
    const deep = `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`;
    for (const message of [
      `{"turnmux":[1,"${TAG_HEX}",${deep}]}`,
      `{"turnmux":[1,"${TAG_HEX}",[34,0,0,[1,${deep}],null]]}`,
      `{"turnmux":[1,"${TAG_HEX}"],"turnmux":[1,${deep}]}`,
    ]) {
      const { requirement } = violationOf(() => decode(textCarriage, message));
      expect(["CARR-010", "FRAME-008"]).toContain(requirement);
    }
  });
});

describe("a frame in text", () => {
  test("keeps to the rules of section 2", () => {
    expect(requirementOf([34, 0, 2 ** 31, [1], null])).toBe("FRAME-003");
    expect(requirementOf([6, 0, 0, null, null])).toBe("FRAME-004");
    expect(requirementOf([34, 1, 0, [1], null])).toBe("FRAME-005");
    expect(requirementOf([34, 128, 0, [1], null])).toBe("FRAME-005");
    expect(requirementOf([34, 0, 1, [1], null])).toBe("FRAME-006");
    expect(requirementOf([16, 0, 0, ["a", "b", null, null, null, 1], ""])).toBe("FRAME-006");
  });

  test("of an unknown type with the top bit is skipped [FRAME-004]", () => {
    expect(decode(textCarriage, textMessage([200, 255, 9, { any: "thing" }, 7], PING))).toEqual([
      { type: "ping", id: 1 },
    ]);
  });

  test.each<[string, unknown, string]>([
    ["null", null, "PING: the header must be an array"],
    ["an object", { 0: 1 }, "PING: the header must be an array"],
    ["a string for an integer", ["1"], 'PING: "id" must be an unsigned integer'],
    ["a fraction", [1.5], 'PING: "id" must be an unsigned integer'],
    ["a negative integer", [-1], 'PING: "id" must be an unsigned integer'],
    ["a place that is missing", [], 'PING: "id" must be an unsigned integer'],
  ])("with the header %s breaks FRAME-007", (_, header, message) => {
    const broken = violationOf(() => decode(textCarriage, textMessage([34, 0, 0, header, null])));
    expect(broken).toMatchObject({ requirement: "FRAME-007", message });
  });

  test("with a header that is no header breaks FRAME-008 or FRAME-009, even where nobody reads it", () => {
    expect(requirementOf([34, 0, 0, [1, [[[[[[[[1]]]]]]]]], null])).toBe("FRAME-008");
    expect(requirementOf([34, 0, 0, [2 ** 53], null])).toBe("FRAME-008");
    const proto = `{"turnmux":[1,"${TAG_HEX}",[34,0,0,[1,{"__proto__":1}],null]]}`;
    expect(violationOf(() => decode(textCarriage, proto)).requirement).toBe("FRAME-008");
    const meta = `{"turnmux":[1,"${TAG_HEX}",[16,0,1,["a","b",null,null,null,1,null,null,null,{"__proto__":"x"}],""]]}`;
    expect(violationOf(() => decode(textCarriage, meta)).requirement).toBe("FRAME-008");
    expect(requirementOf([34, 0, 0, [1, "\ud800"], null])).toBe("FRAME-009");
    expect(requirementOf([34, 0, 0, [1, { "\ud800": 1 }], null])).toBe("FRAME-009");
    expect(requirementOf([17, 0, 1, [0, "\udc00"], null])).toBe("FRAME-009");
    expect(requirementOf([17, 0, 1, [0, "é".repeat(2049)], null])).toBe("FRAME-009");
    expect(decode(textCarriage, textMessage([34, 0, 0, [1, [[[[[[[1.5]]]]]]], "x", { a: null }, true], null]))).toEqual(
      [{ type: "ping", id: 1 }],
    );
  });

  test("in wrapped carriage with what JSON does not have breaks FRAME-008", () => {
    for (const value of [undefined, () => 1, 1n, Symbol("s")]) {
      const message = { turnmux: [1, TAG_HEX, 0, [34, 0, 0, [1, value], null]] };
      expect(violationOf(() => decode(wrappedCarriage, message)).requirement).toBe("FRAME-008");
    }
  });

  test.each<[string, unknown[]]>([
    ["a body where its type has none", [34, 0, 0, [1], ""]],
    ["a body that is a number", [18, 4, 1, null, 5]],
    ["a body that is half of a surrogate pair", [18, 4, 1, null, "\ud800"]],
    ["a header although it goes on", [18, 4, 1, [], "x"]],
    ["base64 in the URL alphabet", [18, 132, 1, null, "_-8="]],
    ["base64 without its padding", [18, 132, 1, null, "AA"]],
    ["base64 with bits that stand for nothing", [18, 132, 1, null, "AB=="]],
    ["base64 with a space", [18, 132, 1, null, "AAA A"]],
    ["base64 that is null", [18, 132, 1, null, null]],
  ])("with %s breaks CARR-011", (_, row) => {
    expect(requirementOf(row)).toBe("CARR-011");
  });

  test("may have null for a body of no octets [CARR-011]", () => {
    expect(decode(textCarriage, textMessage([18, 4, 1, null, null]))).toMatchObject([{ body: new Uint8Array(0) }]);
  });

  test("of the handshake has no header, and its payload as base64 [CARR-012]", () => {
    expect(requirementOf([3, 128, 0, ["x"], ""])).toBe("CARR-012");
    expect(requirementOf([3, 0, 0, null, ""])).toBe("CARR-012");
    expect(requirementOf([3, 128, 0, null, "!"])).toBe("CARR-011");
    expect(requirementOf([3, 128, 0, null, ""])).toBe("FRAME-007");
    expect(requirementOf([3, 128, 0, null, "kAA="])).toBe("FRAME-007");
  });

  test("counts the octets of its body, not the characters [CARR-013, FRAME-001]", () => {
    const row = (flags: number, body: string): string => textMessage([18, flags, 1, null, body]);
    expect(decode(textCarriage, row(4, "é".repeat(50)), 100)).toMatchObject([{ body: utf8("é".repeat(50)) }]);
    expect(decode(textCarriage, row(132, `${"AAAA".repeat(33)}AA==`), 100)).toMatchObject([
      { body: new Uint8Array(100) },
    ]);
    for (const message of [row(4, "é".repeat(51)), row(4, "a".repeat(101)), row(132, `${"AAAA".repeat(33)}AAA=`)]) {
      const broken = violationOf(() => decode(textCarriage, message, 100));
      expect(broken).toMatchObject({ requirement: "FRAME-001", code: "resource_exhausted" });
    }
  });
});

describe("a body", () => {
  const rowOf = (body: Uint8Array): unknown[] => {
    const message = wrappedCarriage.encode(TAG, [data(body)], 0) as { turnmux: unknown[] };
    return message.turnmux[3] as unknown[];
  };

  test("that is UTF-8 goes as text", () => {
    expect(rowOf(utf8('{"a":"é\n"}'))).toEqual([18, 6, 1, null, '{"a":"é\n"}']);
    expect(rowOf(utf8("\ufeffx"))).toEqual([18, 6, 1, null, "\ufeffx"]);
  });

  test("that is not UTF-8, or only half a character, goes as base64", () => {
    expect(rowOf(new Uint8Array([0xff, 0xfe]))).toEqual([18, 134, 1, null, "//4="]);
    expect(rowOf(utf8("é").subarray(0, 1))).toEqual([18, 134, 1, null, "ww=="]);
  });

  test("of control characters, each of which JSON would write as six, goes as base64", () => {
    expect(rowOf(new Uint8Array(3))).toEqual([18, 134, 1, null, "AAAA"]);
  });

  test("arrives octet for octet, wherever it is cut", () => {
    const whole = utf8("a é — \u{1f600} \0 z");
    for (let cut = 0; cut <= whole.length; cut++) {
      const frames = [data(whole.slice(0, cut)), data(whole.slice(cut))];
      expect(decode(textCarriage, textCarriage.encode(TAG, frames))).toEqual(frames);
    }
  });
});

test("a wrapped message without a proper number breaks CARR-020", () => {
  for (const sequence of [-1, 1.5, "1", null, 2 ** 53]) {
    const message = { turnmux: [1, TAG_HEX, sequence, PING] };
    expect(violationOf(() => decode(wrappedCarriage, message)).requirement).toBe("CARR-020");
  }
});
