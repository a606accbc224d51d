import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { isToolContract, tool } from "../../src/contract/tool.ts";
import { UsageError } from "../../src/errors/usage.ts";

const base = { description: "Create a job", input: z.object({ at: z.string() }), effect: "read" } as const;

/** What `tool()` says to a definition that TypeScript would refuse. */
function refusal(change: Record<string, unknown>): string {
  try {
    tool({ ...base, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : "";
  }
  return "taken";
}

describe("a tool's definition", () => {
  it("becomes a frozen contract with its defaults", () => {
    const contract = tool(base);
    expect(contract).toMatchObject({ ...base, scopes: [], whenSessionEnds: "abort" });
    expect(Object.isFrozen(contract)).toBe(true);
    expect(isToolContract(contract)).toBe(true);
    expect(isToolContract({ ...base })).toBe(false);
    expect(isToolContract(null)).toBe(false);
  });

  it("keeps a once handler running when the session ends, unless it says otherwise", () => {
    expect(tool({ ...base, effect: "once" }).whenSessionEnds).toBe("keep");
    expect(tool({ ...base, effect: "once", whenSessionEnds: "abort" }).whenSessionEnds).toBe("abort");
    expect(tool({ ...base, effect: "idempotent" }).whenSessionEnds).toBe("abort");
    expect(tool({ ...base, whenSessionEnds: "keep" }).whenSessionEnds).toBe("keep");
  });

  it("does not change with the array of scopes that it was given", () => {
    const scopes = ["cron.read"];
    const contract = tool({ ...base, scopes });
    scopes.push("cron.write");
    expect(contract.scopes).toEqual(["cron.read"]);
  });

  it("takes the validators of zod, zod/mini, arktype and valibot", () => {
    for (const input of [z.string(), mini.string(), type("string"), v.string()]) {
      expect(tool({ ...base, input }).input).toBe(input);
    }
  });

  it("refuses items of a once tool, and says what to do [CALL-009]", () => {
    expect(refusal({ effect: "once", item: z.string() })).toBe(
      'tool("Create a job"): a tool with effect "once" cannot send items (CALL-009). Return them in output, or split the tool in two.',
    );
  });

  it.each([
    ["description", undefined, "description must say what the tool does"],
    ["description", " ", "description must say what the tool does"],
    ["effect", "write", 'effect must be "read", "idempotent" or "once"'],
    ["effect", undefined, 'effect must be "read", "idempotent" or "once"'],
    ["effect", "toString", 'effect must be "read", "idempotent" or "once"'],
    ["input", undefined, "input must be a Standard Schema validator"],
    ["input", { type: "object" }, "input must be a Standard Schema validator"],
    ["input", { "~standard": {} }, "input must be a Standard Schema validator"],
    ["output", null, "output must be a Standard Schema validator"],
    ["item", "string", "item must be a Standard Schema validator"],
    ["progress", {}, "progress must be a Standard Schema validator"],
    ["timeoutMs", 0, "timeoutMs must be a positive whole number of milliseconds"],
    ["timeoutMs", 1.5, "timeoutMs must be a positive whole number of milliseconds"],
    ["timeoutMs", "5", "timeoutMs must be a positive whole number of milliseconds"],
    ["maxTimeoutMs", -1, "maxTimeoutMs must be a positive whole number of milliseconds"],
    ["maxTimeoutMs", Infinity, "maxTimeoutMs must be a positive whole number of milliseconds"],
    ["maxConcurrent", NaN, "maxConcurrent must be a positive whole number"],
    ["verify", "cron list", "verify must be the full name of a tool"],
    ["verify", 5, "verify must be the full name of a tool"],
    ["verify", "", "verify must be the full name of a tool"],
    ["scopes", "cron.write", "scopes must be an array of strings"],
    ["scopes", [""], "scopes must be an array of strings"],
    ["scopes", [1], "scopes must be an array of strings"],
    ["whenSessionEnds", "stop", 'whenSessionEnds must be "abort" or "keep"'],
    ["inputJsonSchema", [], "inputJsonSchema must be a JSON Schema object"],
    ["outputJsonSchema", "{}", "outputJsonSchema must be a JSON Schema object"],
    ["itemJsonSchema", null, "itemJsonSchema must be a JSON Schema object"],
    ["progressJsonSchema", true, "progressJsonSchema must be a JSON Schema object"],
  ])("is refused with %s %j", (field, value, message) => {
    expect(refusal({ [field]: value })).toContain(message);
  });

  it("is refused when its deadline is above its maximum", () => {
    expect(refusal({ timeoutMs: 2, maxTimeoutMs: 1 })).toContain("timeoutMs must not be above maxTimeoutMs");
    expect(refusal({ timeoutMs: 2, maxTimeoutMs: 2 })).toBe("taken");
  });

  it("is named by its description in errors, cut where it is long", () => {
    expect(refusal({ description: "x".repeat(100), timeoutMs: 0 })).toContain(`tool("${"x".repeat(40)}..."): `);
  });
});
