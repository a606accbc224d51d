/**
 * A tool of an MCP server as a turnmux tool.
 *
 * @module
 */
import { tool, type Effect, type Schema, type ToolContract } from "@turnmux/core";
import type { Tool } from "@modelcontextprotocol/client";
import { mcpResultSchema } from "./results.ts";

/** Characters of a tool's name on the wire, and of one part of it. */
const LONGEST_NAME = 64;

/** What is told of a tool: a plain object, as its server describes it. */
const object: Schema = {
  "~standard": {
    version: 1,
    vendor: "turnmux-mcp",
    validate: (value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? { value }
        : { issues: [{ message: "must be an object" }] },
  },
};

const anything: Schema = {
  "~standard": { version: 1, vendor: "turnmux-mcp", validate: (value: unknown) => ({ value }) },
};

/**
 * What a tool does to the world, as its hints say. Without a hint it counts as `once`: what nobody has said may be repeated is not.
 */
export function effectOf({ annotations }: Pick<Tool, "annotations">): Effect {
  if (annotations?.readOnlyHint === true) return "read";
  return annotations?.idempotentHint === true ? "idempotent" : "once";
}

/** The contract of a tool. Its server checks arguments by the schema, which goes on to callers as it is. */
export function contractOf(described: Tool, timeoutMs: number | undefined): ToolContract {
  const { name, title, description, inputSchema, outputSchema } = described;
  return tool({
    description: description ?? title ?? name,
    input: object,
    inputJsonSchema: { ...inputSchema },
    output: object,
    outputJsonSchema: mcpResultSchema(outputSchema),
    progress: anything,
    progressJsonSchema: { type: "object" },
    effect: effectOf(described),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

/**
 * Names for tools as turnmux takes them: what is no letter, digit, `_` or `-` is `_`; names that become equal get a number, in the order in which the
 * server lists them. The same list gives the same names.
 */
export function namesFor(
  tools: readonly Pick<Tool, "name">[],
  prefix: string | undefined,
): ReadonlyMap<string, string> {
  const room = LONGEST_NAME - (prefix === undefined ? 0 : prefix.length + 1);
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const { name } of tools) {
    if (names.has(name)) continue;
    const plain = name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, room) || "_";
    let free = plain;
    for (let count = 2; taken.has(free); count += 1) {
      const suffix = `_${count}`;
      free = plain.slice(0, room - suffix.length) + suffix;
    }
    taken.add(free);
    names.set(name, free);
  }
  return names;
}
