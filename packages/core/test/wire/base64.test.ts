import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/wire/base64.ts";

describe("base64", () => {
  test("is what RFC 4648 says in section 10", () => {
    const vectors = {
      "": "",
      f: "Zg==",
      fo: "Zm8=",
      foo: "Zm9v",
      foob: "Zm9vYg==",
      fooba: "Zm9vYmE=",
      foobar: "Zm9vYmFy",
    };
    for (const [text, base64] of Object.entries(vectors)) {
      expect(encodeBase64(new TextEncoder().encode(text))).toBe(base64);
      expect(new TextDecoder().decode(decodeBase64(base64))).toBe(text);
    }
  });

  test("is what Node writes and reads", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const text = encodeBase64(octets);
        expect(text).toBe(Buffer.from(octets).toString("base64"));
        expect(decodeBase64(text)).toEqual(octets);
      }),
    );
  });

  test("is refused unless it is exactly what would have been written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.string({ unit: fc.constantFrom("A", "/", "=", "é", "-", "\n", "B") }),
        ),
        (text) => {
          const octets = decodeBase64(text);
          if (octets === undefined) expect(Buffer.from(text, "base64").toString("base64")).not.toBe(text);
          else expect(encodeBase64(octets)).toBe(text);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
