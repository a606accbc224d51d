import { describe, expect, test } from "vitest";
import { binaryCarriage, textCarriage, wrappedCarriage } from "../../src/wire/carriage.ts";
import { hex } from "./support/hex.ts";
import { CARRIAGES, TAG, TAG_HEX } from "./support/messages.ts";
import type { CarrierMessage } from "../../src/carrier/carrier.ts";

const ping = { type: "ping", id: 1 } as const;

describe("host traffic is told from turnmux's [CARR-004]", () => {
  test.each([
    ["no octets", ""],
    ["one octet", "c1"],
    ["another first octet", "c0 01 5f0c9a1e22b7d403 000002 22 00 00000000 91 01"],
    ["another carriage version", "c1 02 5f0c9a1e22b7d403 000002 22 00 00000000 91 01"],
    ["a tag that is cut off", "c1 01 5f0c9a1e22b7d4"],
  ])("binary: %s", (_, table) => {
    expect(binaryCarriage.recognise(hex(table))).toBeUndefined();
  });

  test.each([
    ["no characters", ""],
    ["something else", '{"type":"event"}'],
    ["a space behind the brace", `{ "turnmux":[1,"${TAG_HEX}",[34,0,0,[1],null]]}`],
    ["another member in front", `{"id":1,"turnmux":[1,"${TAG_HEX}"]}`],
    ["another version", `{"turnmux":[2,"${TAG_HEX}",[34,0,0,[1],null]]}`],
    ["a tag that is too short", '{"turnmux":[1,"5f0c9a1e22b7d4"]}'],
    ["a tag that is too long", `{"turnmux":[1,"${TAG_HEX}00"]}`],
    ["a tag in capitals", '{"turnmux":[1,"5F0C9A1E22B7D403"]}'],
    ["a tag that is not hexadecimal", '{"turnmux":[1,"5f0c9a1e22b7d40g"]}'],
    ["a message that ends in the tag", '{"turnmux":[1,"5f0c'],
  ])("text: %s", (_, message) => {
    expect(textCarriage.recognise(message)).toBeUndefined();
  });

  test.each([
    ["no array", { turnmux: "x" as unknown as unknown[] }],
    ["an empty array", { turnmux: [] }],
    ["another version", { turnmux: [2, TAG_HEX, 0] }],
    ["a tag that is no string", { turnmux: [1, 7, 0] }],
    ["a tag that is too long", { turnmux: [1, `${TAG_HEX}0`, 0] }],
    ["a tag that is not hexadecimal", { turnmux: [1, "5f0c9a1e22b7d40g", 0] }],
  ])("wrapped: %s", (_, message) => {
    expect(wrappedCarriage.recognise(message)).toBeUndefined();
  });

  test("a message of one carriage is host traffic to the others [CARR-014]", () => {
    for (const sender of CARRIAGES) {
      const message: CarrierMessage = sender.encode(TAG, [ping], 0);
      for (const receiver of CARRIAGES) {
        const envelope = receiver.recognise(message);
        if (sender === receiver) expect(envelope?.tag).toEqual(TAG);
        else expect(envelope).toBeUndefined();
      }
    }
  });

  test("a message with the prefix and a tag is turnmux's, whatever follows [CARR-005]", () => {
    expect(binaryCarriage.recognise(hex("c1 01 5f0c9a1e22b7d403"))?.tag).toEqual(TAG);
    expect(binaryCarriage.recognise(hex("c1 01 5f0c9a1e22b7d403 ff"))?.tag).toEqual(TAG);
    expect(textCarriage.recognise(`{"turnmux":[1,"${TAG_HEX}" and nothing that parses`)?.tag).toEqual(TAG);
    expect(wrappedCarriage.recognise({ turnmux: [1, TAG_HEX] })?.tag).toEqual(TAG);
  });

  test("the envelope of a wrapped message tells its number [CARR-020]", () => {
    expect(wrappedCarriage.recognise(wrappedCarriage.encode(TAG, [ping], 41))?.sequence).toBe(41);
    for (const sequence of [-1, 1.5, "1", null, undefined, 2 ** 53]) {
      expect(wrappedCarriage.recognise({ turnmux: [1, TAG_HEX, sequence] })).toHaveProperty("sequence", undefined);
    }
  });
});
