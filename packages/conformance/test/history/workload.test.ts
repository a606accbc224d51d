import { describe, expect, it } from "vitest";
import { countedOf, numberOf } from "../../src/history/workload.ts";
import { Failure } from "../../src/suite/verdict.ts";

describe("what a history is told of counters", () => {
  it("is what test.counted says", () => {
    const told = { ok: true, value: { value: 5, runs: 2, more: true } };
    expect(countedOf("a", told)).toEqual({ type: "counted", counter: "a", value: 5, runs: 2 });
  });

  it("is a failure of the peer where it refuses the call, or says something else", () => {
    const refused = { ok: false, code: "permission_denied", outcome: "not_started" };
    expect(() => countedOf("a", refused)).toThrow(Failure);
    expect(() => countedOf("a", refused)).toThrow(
      "test.counted ended with the error permission_denied, outcome not_started, and not with a value and runs.",
    );
    expect(() => countedOf("a", { ok: true, value: null })).toThrow(Failure);
  });
});

describe("the number of an item", () => {
  it("is what it says, and a failure of the peer where there is none", () => {
    expect(numberOf("test.stream", { n: 3, pad: "" })).toBe(3);
    expect(() => numberOf("test.stream", "3")).toThrow(Failure);
  });
});
