import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { jsonSchemaOf, jsonSchemaProblem, requireJsonSchema, revisionOf } from "../../src/contract/json-schema.ts";
import type { Schema } from "../../src/contract/schema.ts";
import { tool } from "../../src/contract/tool.ts";
import { UsageError } from "../../src/errors/usage.ts";

function reading(input: Schema) {
  return tool({ description: "Read", input, effect: "read" });
}

/** A schema whose validator makes its JSON Schema like this. */
function convertible(input: () => unknown): Schema {
  const standard = {
    version: 1,
    vendor: "test",
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input },
  } as const;
  return { "~standard": standard };
}

describe("the JSON Schema of a contract", () => {
  it("comes from zod and from arktype, as draft 2020-12", () => {
    expect(jsonSchemaOf(reading(z.object({ at: z.string().optional() })), "input")).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { at: { type: "string" } },
    });
    expect(jsonSchemaOf(reading(type({ at: "string" })), "input")).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { at: { type: "string" } },
      required: ["at"],
    });
  });

  it("describes the input as callers write it, and the rest as it arrives", () => {
    const schema = z.object({ at: z.string().default("noon") });
    const contract = tool({
      description: "Read",
      input: schema,
      output: schema,
      item: schema,
      progress: schema,
      effect: "read",
    });
    expect(jsonSchemaOf(contract, "input")).not.toHaveProperty("required");
    for (const part of ["output", "item", "progress"] as const) {
      expect(jsonSchemaOf(contract, part)).toHaveProperty("required", ["at"]);
    }
  });

  it("is the definition's own where it gives one", () => {
    const inputJsonSchema = { type: "object" };
    const contract = tool({ description: "Read", input: z.string(), inputJsonSchema, effect: "read" });
    expect(jsonSchemaOf(contract, "input")).toBe(inputJsonSchema);
  });

  it("is absent where the contract has no such part", () => {
    const contract = reading(z.string());
    expect(jsonSchemaOf(contract, "output")).toBeUndefined();
    expect(jsonSchemaProblem(contract, "output", "a")).toBeUndefined();
  });

  it("is made when it is first asked for, and once", () => {
    let made = 0;
    const schema = convertible(() => ({ type: "string", made: ++made }));
    const contract = reading(schema);
    expect(made).toBe(0);
    expect(jsonSchemaOf(contract, "input")).toEqual({ type: "string", made: 1 });
    expect(jsonSchemaOf(contract, "input")).toBe(jsonSchemaOf(contract, "input"));
    expect(made).toBe(1);
  });

  it.each([
    ["zod/mini", mini.object({ at: mini.string() }), "zod"],
    ["valibot", v.object({ at: v.string() }), "valibot"],
  ])("is absent for %s, and whoever needs it learns what to do", (_name, schema, vendor) => {
    const contract = reading(schema);
    expect(jsonSchemaOf(contract, "input")).toBeUndefined();
    const problem =
      `cron.add: its input has no JSON Schema: schemas of ${vendor} do not give one. ` +
      "Pass inputJsonSchema to tool(), or use a validator that gives one, such as zod 4 or arktype.";
    expect(jsonSchemaProblem(contract, "input", "cron.add")).toBe(problem);
    expect(() => requireJsonSchema(contract, "input", "cron.add")).toThrow(new UsageError(problem));
  });

  it("is absent where the validator cannot make it, and the reason is told", () => {
    const contract = reading(z.object({ at: z.date() }));
    expect(jsonSchemaOf(contract, "input")).toBeUndefined();
    expect(jsonSchemaProblem(contract, "input", "a")).toContain("Date cannot be represented in JSON Schema");
    expect(() => requireJsonSchema(contract, "input", "a")).toThrow("Pass inputJsonSchema");
  });

  it.each([
    ["nothing", undefined],
    ["a list", []],
    ["text", "{}"],
  ])("is absent where the validator gives %s", (_what, made) => {
    const contract = reading(convertible(() => made));
    expect(jsonSchemaProblem(contract, "input", "a")).toContain("test gave none");
  });

  it("is given to those who need it", () => {
    expect(requireJsonSchema(reading(z.string()), "input", "a")).toMatchObject({ type: "string" });
  });
});

describe("a contract's revision", () => {
  const base = { description: "Create", input: z.object({ a: z.string(), b: z.number() }), effect: "read" } as const;
  const revision = revisionOf("cron.add", tool(base));

  it("is the same for equal contracts, in every process", () => {
    expect(revisionOf("cron.add", tool({ ...base, input: z.object({ a: z.string(), b: z.number() }) }))).toBe(revision);
    const fixed = tool({
      description: "Create",
      input: v.string(),
      inputJsonSchema: { type: "string" },
      effect: "once",
    });
    expect(revisionOf("cron.add", fixed)).toBe("5a5d0fce13834594");
  });

  it("does not depend on the order of a schema's keys", () => {
    const one = tool({ ...base, inputJsonSchema: { type: "object", properties: { a: {}, b: {} } } });
    const two = tool({ ...base, inputJsonSchema: { properties: { b: {}, a: {} }, type: "object" } });
    expect(revisionOf("cron.add", one)).toBe(revisionOf("cron.add", two));
  });

  it("changes with name, effect, description, and each schema", () => {
    const others = [
      revisionOf("cron.put", tool(base)),
      revisionOf("cron.add", tool({ ...base, effect: "idempotent" })),
      revisionOf("cron.add", tool({ ...base, description: "Make" })),
      revisionOf("cron.add", tool({ ...base, input: z.object({ a: z.string() }) })),
      revisionOf("cron.add", tool({ ...base, output: z.string() })),
      revisionOf("cron.add", tool({ ...base, item: z.string() })),
      revisionOf("cron.add", tool({ ...base, progress: z.string() })),
      revisionOf("cron.add", tool({ ...base, output: v.string() })),
    ];
    expect(new Set([revision, ...others]).size).toBe(others.length + 1);
  });

  it("changes with the scopes, whatever their order", () => {
    const two = revisionOf("cron.add", tool({ ...base, scopes: ["cron.write", "cron.read"] }));
    expect(two).not.toBe(revision);
    expect(revisionOf("cron.add", tool({ ...base, scopes: ["cron.read", "cron.write"] }))).toBe(two);
    expect(revisionOf("cron.add", tool({ ...base, scopes: [] }))).toBe(revision);
  });

  it("does not change with what only this side needs to know", () => {
    expect(revisionOf("cron.add", tool({ ...base, timeoutMs: 5, verify: "y" }))).toBe(revision);
  });
});
