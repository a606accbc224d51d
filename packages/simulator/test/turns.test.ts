import { describe, expect, it } from "vitest";
import { Turns, type Priority } from "../src/turns.ts";

const FRAME = 1_024;

/** Frames of priority `by` that are written while one of priority `waits` is ready, until that is found to be wrong. */
function passing(by: Priority, waits: Priority, ready = true): number | undefined {
  const turns = new Turns(FRAME);
  for (let frames = 1; frames <= 1_000; frames += 1) {
    if (turns.wrote(by, FRAME, [{ priority: waits, ready }]) !== undefined) return frames;
  }
  return undefined;
}

describe("a priority that is ready and waits", () => {
  it("is passed over in vain for ever, which is found the sooner the greater its share is", () => {
    expect(passing(0, 2)).toBeGreaterThan(20);
    expect(passing(0, 2)).toBeLessThan(30);
    expect(passing(0, 1)).toBeLessThan(10);
    expect(passing(2, 0)).toBeLessThan(5);
  });

  it("may be passed over while it lacks something, and by its own", () => {
    expect(passing(0, 2, false)).toBeUndefined();
    expect(passing(2, 2)).toBeUndefined();
  });
});
