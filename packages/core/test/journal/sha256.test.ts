import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/journal/sha256.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("SHA-256", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("gives the digests of FIPS 180-4 and NIST's examples", (text, digest) => {
    expect(sha256Hex(ascii(text))).toBe(digest);
  });

  it("agrees with the runtime's own for every length around the block's", () => {
    for (let length = 0; length <= 200; length += 1) {
      const octets = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      expect(sha256Hex(octets), `${length} octets`).toBe(createHash("sha256").update(octets).digest("hex"));
    }
  });

  it("agrees with the runtime's own for any octets, also for a part of a larger buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), fc.nat(20), (octets, start) => {
        const part = octets.subarray(start);
        expect(sha256Hex(part)).toBe(createHash("sha256").update(part).digest("hex"));
      }),
    );
  });
});
