import { describe, expect, it } from "vitest";
import { codeFromWire, codeNames, Codes, codeToWire, isCode } from "../../src/errors/codes.ts";
import {
  acceptStateFromWire,
  AcceptStates,
  acceptStateToWire,
  effectFromWire,
  Effects,
  effectToWire,
  isEffect,
  Priorities,
  priorityFromWire,
  priorityToWire,
} from "../../src/errors/effect.ts";
import { isOutcome, outcomeFromWire, Outcomes, outcomeToWire } from "../../src/errors/outcome.ts";

describe("the table of codes", () => {
  it("has gRPC's sixteen names under gRPC's values [ERR-004]", () => {
    expect(codeNames).toEqual([
      "cancelled",
      "unknown",
      "invalid_argument",
      "deadline_exceeded",
      "not_found",
      "already_exists",
      "permission_denied",
      "resource_exhausted",
      "failed_precondition",
      "aborted",
      "out_of_range",
      "unimplemented",
      "internal",
      "unavailable",
      "data_loss",
      "unauthenticated",
    ]);
    expect(codeNames.map(codeToWire)).toEqual(codeNames.map((_, index) => index + 1));
  });

  it("calls only resource_exhausted and unavailable retryable", () => {
    expect(codeNames.filter((code) => Codes[code].retryable)).toEqual(["resource_exhausted", "unavailable"]);
  });

  it("says of every code what it means, in a sentence", () => {
    for (const code of codeNames) expect(Codes[code].sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("gives every code back from its wire value", () => {
    for (const code of codeNames) expect(codeFromWire(codeToWire(code))).toBe(code);
  });

  it.each([0, -1, 17, 255, 1.5, NaN, Infinity, 2 ** 53])("reads %d as unknown [ERR-004]", (value) => {
    expect(codeFromWire(value)).toBe("unknown");
  });

  it("knows the names, and no others", () => {
    expect(isCode("internal")).toBe(true);
    for (const other of ["ok", "toString", "__proto__", "", 13, undefined]) expect(isCode(other)).toBe(false);
  });
});

describe("the small vocabularies", () => {
  it("have the wire values of the specification", () => {
    expect(Outcomes).toEqual({ not_started: 0, failed: 1, completed: 2, unknown: 3 });
    expect(Effects).toEqual({ read: 0, idempotent: 1, once: 2 });
    expect(Priorities).toEqual({ interactive: 0, normal: 1, bulk: 2 });
    expect(AcceptStates).toEqual({ running: 0, queued: 1, joined: 2, replayed: 3, waiting: 4 });
  });

  it("give every name back from its wire value", () => {
    for (const name of ["not_started", "failed", "completed", "unknown"] as const) {
      expect(outcomeFromWire(outcomeToWire(name))).toBe(name);
    }
    for (const name of ["read", "idempotent", "once"] as const) expect(effectFromWire(effectToWire(name))).toBe(name);
    for (const name of ["interactive", "normal", "bulk"] as const) {
      expect(priorityFromWire(priorityToWire(name))).toBe(name);
    }
    for (const name of ["running", "queued", "joined", "replayed", "waiting"] as const) {
      expect(acceptStateFromWire(acceptStateToWire(name))).toBe(name);
    }
  });

  it.each([-1, 5, 0.5, NaN])("have no name for %d", (value) => {
    expect(outcomeFromWire(value)).toBeUndefined();
    expect(effectFromWire(value)).toBeUndefined();
    expect(priorityFromWire(value)).toBeUndefined();
    expect(acceptStateFromWire(value)).toBeUndefined();
  });

  it("know their names, and no others", () => {
    expect(isOutcome("completed")).toBe(true);
    expect(isEffect("once")).toBe(true);
    for (const other of ["done", "toString", 1, null]) {
      expect(isOutcome(other)).toBe(false);
      expect(isEffect(other)).toBe(false);
    }
  });
});
