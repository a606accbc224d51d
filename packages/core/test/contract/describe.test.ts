import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTool } from "../../src/contract/builtin.ts";
import { describeToolName, describeTools } from "../../src/contract/describe.ts";
import { revisionOf } from "../../src/contract/json-schema.ts";
import { isReservedName } from "../../src/contract/names.ts";
import { tool } from "../../src/contract/tool.ts";
import { defineTools, flattenTools } from "../../src/contract/tree.ts";
import { validate } from "../../src/contract/validate.ts";

const tools = defineTools({
  log: {
    tail: tool({
      description: "Follow the log",
      input: z.object({ lines: z.number() }),
      item: z.string(),
      progress: z.number(),
      effect: "read",
    }),
  },
  cron: {
    add: tool({
      description: "Create a job",
      input: v.string(),
      output: z.string(),
      effect: "once",
      verify: "log.tail",
      scopes: ["cron.write"],
    }),
  },
});

describe("turnmux.describe", () => {
  it("says what TOOL-004 asks for", () => {
    const contracts = flattenTools(tools);
    const [tail, add] = describeTools(contracts).tools;
    expect(tail).toEqual({
      name: "log.tail",
      description: "Follow the log",
      effect: "read",
      streams: true,
      scopes: [],
      revision: revisionOf("log.tail", tools.log.tail),
      input: expect.objectContaining({ type: "object", required: ["lines"] }),
      item: expect.objectContaining({ type: "string" }),
      progress: expect.objectContaining({ type: "number" }),
    });
    expect(add).toEqual({
      name: "cron.add",
      description: "Create a job",
      effect: "once",
      verify: "log.tail",
      streams: false,
      scopes: ["cron.write"],
      revision: revisionOf("cron.add", tools.cron.add),
      output: expect.objectContaining({ type: "string" }),
    });
  });

  it("says which schema is missing, and what to do", () => {
    const problems: string[] = [];
    describeTools(flattenTools(tools), (problem) => problems.push(problem));
    expect(problems).toEqual([expect.stringMatching(/^cron\.add: its input has no JSON Schema.*Pass inputJsonSchema/)]);
  });

  it("has a contract of its own, under a reserved name", () => {
    expect(isReservedName(describeToolName)).toBe(true);
    expect(describeTool).toMatchObject({ effect: "read", scopes: [] });
    expect(describeTools(new Map([[describeToolName, describeTool]])).tools[0]).toHaveProperty("input.type", "object");
  });

  it.each([{}, { tools: [] }, { tools: ["cron.add"] }, { tools: undefined }, { later: 1 }])("takes %j", (input) => {
    expect(validate(describeTool.input, input)).toEqual({ ok: true, value: input });
  });

  it.each([undefined, null, [], "cron.add", { tools: "cron.add" }, { tools: [1] }])("does not take %j", (input) => {
    expect(validate(describeTool.input, input)).toEqual({
      ok: false,
      issues: [{ path: [], message: "must be { tools?: string[] }" }],
    });
  });

  it("has an answer that its contract takes", () => {
    expect(validate(describeTool.output, describeTools(flattenTools(tools)))).toHaveProperty("ok", true);
    expect(validate(describeTool.output, {})).toHaveProperty("ok", false);
  });
});
