import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { binaryCarriage } from "../../src/wire/carriage.ts";
import { hex, toHex } from "./support/hex.ts";
import { decode, TAG } from "./support/messages.ts";

const PAGE = readFileSync(new URL("../../../../docs/spec.md", import.meta.url), "utf8");

const EXAMPLES = [...PAGE.matchAll(/^```hex\n([\s\S]*?)^```/gm)].map((match) => ({
  at: PAGE.slice(0, match.index).split("\n").length,
  octets: hex(match[1] ?? ""),
}));

const PREFIX = new Uint8Array([0xc1, 0x01, ...TAG]);

describe.each(EXAMPLES)("the example at line $at of docs/spec.md", ({ octets }) => {
  it("is what this implementation reads and writes", () => {
    const message = octets[0] === 0xc1 ? octets : new Uint8Array([...PREFIX, ...octets]);
    const frames = decode(binaryCarriage, message);
    const again = binaryCarriage.encode(message.subarray(2, PREFIX.length), frames);
    expect(toHex(again as Uint8Array)).toBe(toHex(message));
  });
});
