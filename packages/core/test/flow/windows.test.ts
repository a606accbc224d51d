import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { channelWindow, streamWindow } from "../../src/flow/window.ts";
import { IncomingCredit } from "../../src/flow/incoming-credit.ts";
import { LIMIT_RANGES } from "../../src/limits.ts";

const [least, most] = LIMIT_RANGES.streamCredit;
const sizes = fc.oneof(fc.integer({ min: least, max: 8_192 }), fc.integer({ min: least, max: most }));

describe("the numbers of a window", () => {
  it("let a body begin once all is consumed, though the receiver has not told of all of it", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        for (const { step, begin } of [streamWindow(size), channelWindow(size)]) {
          // So much may have come free without a CREDIT.
          expect(size - (step - 1)).toBeGreaterThanOrEqual(begin);
          expect(step).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("have the receiver grant more to a body that has begun, before its sender is stuck", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { step, begin, fragment } = streamWindow(size);
        // It began with `begin` at hand, so that no more than the rest is unread, and has less left than a fragment takes.
        const unread = size - begin;
        expect(size - unread - (fragment - 1)).toBeGreaterThanOrEqual(step);
      }),
    );
  });

  it("let what begins an item be covered, and are no silly ones", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        for (const { begin, fragment } of [streamWindow(size), channelWindow(size)]) {
          expect(begin).toBeGreaterThanOrEqual(fragment + 64);
          expect(fragment).toBe(Math.min(1_024, Math.floor(size / 2) - 64));
        }
      }),
    );
  });
});

describe("a grant", () => {
  it("never goes back, and is not said twice", () => {
    const incoming = new IncomingCredit(streamWindow(8_192));
    expect(incoming.take(6_000)).toBe(true);
    expect(incoming.worthwhile).toBe(true);
    expect(incoming.grant()).toBe(8_192 + 6_000);
    incoming.hold(6_000);
    expect(incoming.worthwhile).toBe(false);
    expect(incoming.grant()).toBeUndefined();
    incoming.due = "again";
    expect(incoming.grant()).toBe(8_192 + 6_000);
  });
});
