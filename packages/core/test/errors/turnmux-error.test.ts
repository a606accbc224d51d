import { describe, expect, it, vi } from "vitest";
import { ToolError } from "../../src/errors/tool-error.ts";
import { TurnmuxError } from "../../src/errors/turnmux-error.ts";

describe("a turnmux error", () => {
  it("says tool, sentence, code and outcome in its message", () => {
    const error = new TurnmuxError("already_exists", "There is a job with this name.", {
      outcome: "failed",
      tool: "cron.add",
    });
    expect(error.message).toBe("cron.add: There is a job with this name. [already_exists, failed]");
    expect(error.sentence).toBe("There is a job with this name.");
  });

  it("says no tool where there is none", () => {
    const error = new TurnmuxError("unavailable", "The gateway restarts.", { outcome: "not_started" });
    expect(error.message).toBe("The gateway restarts. [unavailable, not_started]");
  });

  it("takes the table's sentence where it is given none", () => {
    const error = new TurnmuxError("deadline_exceeded", "", { outcome: "unknown" });
    expect(error.sentence).toBe("The call took longer than its deadline.");
  });

  it("is retryable as the table says, unless it is told otherwise", () => {
    expect(new TurnmuxError("unavailable", "", { outcome: "unknown" }).retryable).toBe(true);
    expect(new TurnmuxError("unavailable", "", { outcome: "unknown", retryable: false }).retryable).toBe(false);
    expect(new TurnmuxError("aborted", "", { outcome: "failed", retryable: true }).retryable).toBe(true);
  });

  it("keeps its cause", () => {
    const cause = new Error("socket closed");
    expect(new TurnmuxError("unavailable", "", { outcome: "unknown", cause }).cause).toBe(cause);
    expect("cause" in new TurnmuxError("unavailable", "", { outcome: "unknown" })).toBe(false);
  });

  it("becomes plain data without stack and cause, and without what is absent", () => {
    const error = new TurnmuxError("resource_exhausted", "Busy.", {
      outcome: "not_started",
      retryAfterMs: 0,
      details: { limit: 4 },
      tool: "cron.add",
      effect: "once",
      verify: "cron.list",
      callId: "c_1",
      key: "k_1",
      requirement: "CALL-013",
      cause: new Error("secret"),
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "TurnmuxError",
      message: "cron.add: Busy. [resource_exhausted, not_started]",
      code: "resource_exhausted",
      outcome: "not_started",
      retryable: true,
      retryAfterMs: 0,
      details: { limit: 4 },
      tool: "cron.add",
      effect: "once",
      verify: "cron.list",
      callId: "c_1",
      key: "k_1",
      requirement: "CALL-013",
    });
    expect(Object.keys(new TurnmuxError("internal", "", { outcome: "unknown" }).toJSON())).toEqual([
      "name",
      "message",
      "code",
      "outcome",
      "retryable",
    ]);
  });

  it("is recognised when another copy of the package made it, and so is a tool error", async () => {
    vi.resetModules();
    const other = await import("../../src/errors/turnmux-error.ts");
    const otherTool = await import("../../src/errors/tool-error.ts");
    const foreign: unknown = new other.TurnmuxError("aborted", "", { outcome: "unknown" });
    const foreignTool: unknown = new otherTool.ToolError("aborted", "");
    expect(foreign).not.toBeInstanceOf(TurnmuxError);
    expect(TurnmuxError.is(foreign)).toBe(true);
    expect(foreignTool).not.toBeInstanceOf(ToolError);
    expect(ToolError.is(foreignTool)).toBe(true);
  });

  it("is told from everything else", () => {
    const others = [new Error("x"), new ToolError("aborted", ""), "TurnmuxError", null, undefined, { code: "aborted" }];
    for (const other of others) expect(TurnmuxError.is(other)).toBe(false);
    expect(ToolError.is(new TurnmuxError("aborted", "", { outcome: "unknown" }))).toBe(false);
    expect(ToolError.is(null)).toBe(false);
  });
});

describe("a tool error", () => {
  it("claims that nothing took effect, unless it says otherwise [ERR-002]", () => {
    expect(new ToolError("aborted", "Stopped.").outcome).toBe("failed");
    expect(new ToolError("aborted", "Stopped.", { outcome: "unknown" }).outcome).toBe("unknown");
  });

  it("is retryable as the table says, unless it says otherwise", () => {
    expect(new ToolError("unavailable", "Later.").retryable).toBe(true);
    expect(new ToolError("unavailable", "Later.", { retryable: false }).retryable).toBe(false);
  });

  it("keeps message, details, retry-after and cause", () => {
    const cause = new Error("ECONNREFUSED");
    const error = new ToolError("unavailable", "Later.", { retryAfterMs: 500, details: { at: [1] }, cause });
    expect(error).toMatchObject({
      message: "Later.",
      retryAfterMs: 500,
      details: { at: [1] },
      cause,
      name: "ToolError",
    });
  });
});
