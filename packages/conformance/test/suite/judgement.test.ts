import { describe, expect, test } from "vitest";
import type { Session } from "../../src/harness/session.ts";
import type { Context } from "../../src/suite/context.ts";
import { broken } from "../../src/suite/judgement.ts";
import { Code, type CodeName } from "../../src/wire/constants.ts";

/** A gateway that ends a session for a requirement with this code, and its own socket with that one. */
function judged(requirement: string, code: CodeName, close: number, clause = requirement): Promise<void> {
  const session = {
    goaway: () => Promise.resolve({ requirement, code: Code[code], lastStream: 0, message: "no" }),
    channel: { closed: () => Promise.resolve({ code: close, reason: "" }) },
  };
  const t = { role: "gateway", ownEndpoint: true };
  return broken(t as unknown as Context, session as unknown as Session, clause);
}

describe("the end of a session that broke a rule", () => {
  test("has the code that the table has for the rule", async () => {
    await judged("FRAME-003", "invalid_argument", 1002);
    await judged("STREAM-004", "failed_precondition", 1002);
    await judged("FLOW-003", "resource_exhausted", 1009, "FLOW-003.1");
  });

  test("breaks CHAN-009 with another one, whatever the case is about", async () => {
    await expect(judged("STREAM-004", "aborted", 1002)).rejects.toMatchObject({
      message: "GOAWAY for STREAM-004 has the code aborted, and should have failed_precondition.",
      requirement: "CHAN-009",
    });
    await expect(judged("RATE-001", "invalid_argument", 1002)).rejects.toMatchObject({ requirement: "CHAN-009" });
  });

  test("names the rule, and closes the socket with the code's close code", async () => {
    await expect(judged("FRAME-004", "invalid_argument", 1002, "FRAME-003")).rejects.toThrow(
      "and FRAME-003 was broken",
    );
    await expect(judged("FLOW-003", "resource_exhausted", 1002)).rejects.toMatchObject({ requirement: "CARR-008.3" });
  });
});
