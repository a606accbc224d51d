import { describe, expect, it } from "vitest";
import { connectError, mayTryAgain } from "../src/connection/ending.ts";
import type { SessionEnd } from "../src/index.ts";

function end(cause: SessionEnd["cause"], code: SessionEnd["code"], more: Partial<SessionEnd> = {}): SessionEnd {
  return { cause, code, message: "so it was", byPeer: cause === "goaway" || cause === "refused", ...more };
}

describe("Another connection is worth a try", () => {
  it.each([
    end("lost", "unavailable"),
    end("silent", "unavailable"),
    end("timeout", "unavailable", { requirement: "HAND-007" }),
    end("refused", "unavailable"),
    end("refused", "resource_exhausted"),
    end("refused", "deadline_exceeded"),
    end("goaway", "unavailable"),
    // A wrapped message was lost: either side may find that.
    end("goaway", "data_loss", { requirement: "CARR-021" }),
    end("violation", "data_loss", { requirement: "CARR-021" }),
    // The stream identifiers are used up (STREAM-009).
    end("closed", "unavailable"),
  ])("after $cause, $code", (ended) => {
    expect(mayTryAgain(ended)).toBe(true);
  });

  it.each([
    end("refused", "unauthenticated"),
    end("refused", "permission_denied"),
    end("refused", "failed_precondition"),
    end("goaway", "unauthenticated"),
    end("goaway", "permission_denied"),
    end("goaway", "cancelled"),
    end("goaway", "aborted"),
    end("goaway", "resource_exhausted", { requirement: "LIMIT-002" }),
    end("violation", "resource_exhausted", { requirement: "LIMIT-002" }),
    end("violation", "failed_precondition", { requirement: "CARR-003" }),
    end("closed", "cancelled"),
    end("closed", "unauthenticated"),
    end("closed", "internal"),
    end("lost", "unauthenticated"),
    end("lost", "permission_denied"),
  ])("but not after $cause, $code, $requirement", (ended) => {
    expect(mayTryAgain(ended)).toBe(false);
  });
});

describe("What connect rejects with", () => {
  it("keeps code, requirement, retry-after and cause, and started nothing", () => {
    const cause = new Error("below");
    const ended = end("violation", "invalid_argument", { requirement: "FRAME-001", retryAfterMs: 5 });
    expect(connectError(ended, "ws://x/", cause)).toMatchObject({
      code: "invalid_argument",
      outcome: "not_started",
      requirement: "FRAME-001",
      retryAfterMs: 5,
      cause,
    });
  });

  it("is one sentence after the other, whatever full stops the reason brought along", () => {
    const ended = end("timeout", "unavailable", { message: "Nothing came. " });
    expect(connectError(ended, "ws://x/").sentence).toBe(
      "no session with ws://x/: Nothing came. Check that this is where a turnmux gateway listens",
    );
  });
});
