import { describe, expect, it } from "vitest";
import type { Value } from "../../src/content/value.ts";
import { type Code, codeNames } from "../../src/errors/codes.ts";
import type { Effect } from "../../src/errors/effect.ts";
import type { Outcome } from "../../src/errors/outcome.ts";
import { TurnmuxError, type TurnmuxErrorOptions } from "../../src/errors/turnmux-error.ts";

function read(code: Code, sentence: string, options: TurnmuxErrorOptions): string {
  return new TurnmuxError(code, sentence, { tool: "cron.add", ...options }).forModel();
}

describe("what a model reads", () => {
  it("says that a call which did not run may be repeated", () => {
    expect(read("unavailable", "The gateway restarts.", { outcome: "not_started" })).toBe(
      "cron.add: The gateway restarts. It did not run; you may call it again.",
    );
  });

  it.each([
    [1, "1 second"],
    [1000, "1 second"],
    [1001, "2 seconds"],
    [90_000, "90 seconds"],
  ])("says how long to wait, %d ms as %s", (retryAfterMs, wait) => {
    expect(read("resource_exhausted", "Busy.", { outcome: "not_started", retryAfterMs })).toBe(
      `cron.add: Busy. It did not run; you may call it again after ${wait}.`,
    );
  });

  it("says nothing of a wait of no time", () => {
    expect(read("unavailable", "Busy.", { outcome: "not_started", retryAfterMs: 0 })).toMatch(/call it again\.$/);
  });

  it("says which arguments to mend", () => {
    const details = {
      issues: [
        { path: ["jobs", 0, "at"], message: "expected string, received number" },
        { path: [], message: "Unrecognized key." },
      ],
    };
    expect(read("invalid_argument", "The arguments are not valid.", { outcome: "not_started", details })).toBe(
      "cron.add: The arguments are not valid. jobs[0].at: expected string, received number; Unrecognized key. " +
        "It did not run; mend the arguments before you call it again.",
    );
  });

  it.each([
    null,
    "issues",
    [1],
    { issues: "x" },
    { issues: [null, 1, { path: "a", message: "b" }, { path: ["a"] }, { message: "m" }] },
  ] satisfies Value[])("ignores details of another shape: %j", (details) => {
    expect(read("invalid_argument", "Bad.", { outcome: "not_started", details })).toBe(
      "cron.add: Bad. It did not run; mend the arguments before you call it again.",
    );
  });

  it("is of bounded length, whatever the details are", () => {
    const issue = { path: Array.from({ length: 100 }, () => "x".repeat(100)), message: "y".repeat(10_000) };
    const details = { issues: Array.from({ length: 100 }, () => issue) };
    expect(read("invalid_argument", "Bad.", { outcome: "not_started", details }).length).toBeLessThan(60_000);
  });

  it.each(["permission_denied", "unimplemented", "unauthenticated"] as const)("says not to repeat after %s", (code) => {
    expect(read(code, "No.", { outcome: "not_started" })).toBe("cron.add: No. It did not run; do not call it again.");
  });

  it("says that a call which is too large fails again", () => {
    expect(read("resource_exhausted", "Too large.", { outcome: "not_started", retryable: false })).toBe(
      "cron.add: Too large. It did not run; the same call will fail again.",
    );
  });

  it("says that a failed call changed nothing", () => {
    expect(read("aborted", "The disk is busy.", { outcome: "failed", effect: "once" })).toBe(
      "cron.add: The disk is busy. It ran and changed nothing; you may call it again.",
    );
    expect(read("already_exists", "There is a job with this name.", { outcome: "failed" })).toBe(
      "cron.add: There is a job with this name. It ran and changed nothing; the same call will fail again.",
    );
  });

  it("says not to repeat what took effect, and where to look", () => {
    expect(read("internal", "The result is lost.", { outcome: "completed", effect: "once" })).toBe(
      "cron.add: The result is lost. It took effect; do not repeat it.",
    );
    expect(read("internal", "The result is lost.", { outcome: "completed", effect: "once", verify: "cron.list" })).toBe(
      "cron.add: The result is lost. It took effect; do not repeat it. See with cron.list what it did.",
    );
  });

  it("says of a call whose outcome is unknown to check first", () => {
    expect(read("deadline_exceeded", "No answer.", { outcome: "unknown", effect: "once", verify: "cron.list" })).toBe(
      "cron.add: No answer. It may have run. Do not repeat it; check with cron.list first.",
    );
  });

  it("says to tell the user where nothing can be checked", () => {
    expect(read("deadline_exceeded", "No answer.", { outcome: "unknown", effect: "once" })).toBe(
      "cron.add: No answer. It may have run. Do not repeat it; tell the user that it may or may not have taken effect.",
    );
  });

  it.each(["read", "idempotent"] as const)("says that a %s tool is safe to repeat", (effect) => {
    expect(read("unavailable", "No answer.", { outcome: "unknown", effect, retryAfterMs: 2000 })).toBe(
      "cron.add: No answer. Nobody knows whether it ran; it is safe to call it again after 2 seconds.",
    );
    expect(read("internal", "Too large.", { outcome: "completed", effect })).toMatch(/calling it again is safe/);
  });

  it("never tells a model to repeat a once call that took effect or may have", () => {
    for (const code of codeNames) {
      for (const outcome of ["completed", "unknown"] satisfies Outcome[]) {
        for (const effect of ["once", undefined] satisfies (Effect | undefined)[]) {
          for (const verify of ["cron.list", undefined]) {
            const text = read(code, "", { outcome, effect, verify, retryable: true, retryAfterMs: 1000 });
            expect(text).toMatch(/[Dd]o not repeat it/);
            expect(text).not.toMatch(/call it again|safe/);
          }
        }
      }
    }
  });

  it("ends a sentence that has no end, and begins without a tool where there is none", () => {
    const error = new TurnmuxError("aborted", "the lane is closed", { outcome: "not_started" });
    expect(error.forModel()).toBe("the lane is closed. It did not run; you may call it again.");
  });

  it("holds neither call id, key, requirement nor cause", () => {
    const options = { callId: "call-77", key: "key-88", requirement: "KEY-003", cause: new Error("cause-99") };
    expect(read("aborted", "Stopped.", { outcome: "unknown", ...options })).not.toMatch(/77|88|KEY|99/);
  });
});
