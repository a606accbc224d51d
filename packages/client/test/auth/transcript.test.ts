import { describe, expect, it } from "vitest";
import { proofOctets } from "../../../core/src/auth/transcript.ts";

const hello = Uint8Array.of(0x91, 0x01);
const challenge = Uint8Array.of(0x92, 0xc4, 0x01);

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

describe("The octets that a proof is over", () => {
  it("are label, method, key id, HELLO and CHALLENGE, each behind its length", () => {
    const expected = [
      "00000016", // length of the label: 22
      "7475726e6d75782f3120636c69656e742070726f6f66", // "turnmux/1 client proof"
      "00000005", // length of the method
      "746f6b656e", // "token"
      "00000003", // length of the key id, in octets of UTF-8
      "e282ac", // "€"
      "00000002", // length of HELLO's payload
      "9101",
      "00000003", // length of CHALLENGE's payload
      "92c401",
    ];
    expect(hex(proofOctets("token", "€", hello, challenge))).toBe(expected.join(""));
  });

  it("keep empty fields apart from absent ones", () => {
    const none = new Uint8Array(0);
    expect(hex(proofOctets("", "", none, none))).toBe(
      `00000016${Buffer.from("turnmux/1 client proof").toString("hex")}${"00000000".repeat(4)}`,
    );
  });

  it("differ wherever any field differs, also by what has moved from one field to the next", () => {
    const all = [
      proofOctets("token", "ab", hello, challenge),
      proofOctets("tokena", "b", hello, challenge),
      proofOctets("toke", "nab", hello, challenge),
      proofOctets("token", "abc", hello, challenge),
      proofOctets("token", "ab", Uint8Array.of(0x91), Uint8Array.of(0x01, 0x92, 0xc4, 0x01)),
      proofOctets("token", "ab", Uint8Array.of(0x91, 0x02), challenge),
      proofOctets("token", "ab", hello, Uint8Array.of(0x92, 0xc4, 0x02)),
    ].map(hex);
    expect(new Set(all).size).toBe(all.length);
  });

  it("are new memory, and take parts of a larger buffer as they are", () => {
    const larger = Uint8Array.of(0xff, 0x91, 0x01, 0xff);
    const octets = proofOctets("token", "", larger.subarray(1, 3), challenge);
    expect(hex(octets)).toBe(hex(proofOctets("token", "", hello, challenge)));
    expect(octets.buffer.byteLength).toBe(octets.length);
  });
});
