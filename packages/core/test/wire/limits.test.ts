import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clip, fits, StringLimit } from "../../src/wire/limits.ts";

const octetsOf = (text: string): number => new TextEncoder().encode(text).length;
const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

describe("fits", () => {
  test("counts octets, and asks for well-formed strings", () => {
    fc.assert(
      fc.property(anyString, fc.nat(40), (text, limit) => {
        expect(fits(text, limit)).toBe(text.isWellFormed() && octetsOf(text) <= limit);
      }),
    );
  });
});

describe("clip", () => {
  test("leaves what fits alone", () => {
    expect(clip("all is well")).toBe("all is well");
    expect(clip("é".repeat(2048))).toBe("é".repeat(2048));
  });

  test("makes a sentence that fits, whatever it is given", () => {
    fc.assert(
      fc.property(anyString, fc.integer({ min: 3, max: 40 }), (text, limit) => {
        const clipped = clip(text, limit);
        expect(fits(clipped, limit)).toBe(true);
        if (fits(text.toWellFormed(), limit)) expect(clipped).toBe(text.toWellFormed());
        else expect(clipped.endsWith("…")).toBe(true);
      }),
    );
  });

  test("cuts between characters", () => {
    expect(clip("aaéééé", 8)).toBe("aaé…");
    expect(clip("\u{1f600}\u{1f600}\u{1f600}", 11)).toBe("\u{1f600}\u{1f600}…");
    expect(octetsOf(clip("\u{1f600}".repeat(5000)))).toBeLessThanOrEqual(StringLimit.sentence);
  });
});
