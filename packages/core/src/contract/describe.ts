/**
 * The built-in tool `turnmux.describe` (TOOL-004).
 *
 * @module
 */

import type { Effect } from "../errors/effect.ts";
import { jsonSchemaOf, jsonSchemaProblem, revisionOf, type SchemaPart } from "./json-schema.ts";
import type { JsonSchema } from "./schema.ts";
import type { ToolContract } from "./tool.ts";

/** The name of the built-in tool. */
export const describeToolName = "turnmux.describe";

/** What `turnmux.describe` takes: the names of the tools to describe. Default: every tool that the caller may call. */
export interface DescribeRequest {
  readonly tools?: readonly string[] | undefined;
}

/** One tool in the answer of `turnmux.describe`. The schemas are there where the contract has them. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly effect: Effect;
  /** The tool that tells whether a call of this one took effect. */
  readonly verify?: string;
  /** Whether the tool sends items. */
  readonly streams: boolean;
  /** The scopes that a caller must be granted, all of them. Absent where the peer does not tell. */
  readonly scopes?: readonly string[];
  readonly revision: string;
  readonly input?: JsonSchema;
  readonly output?: JsonSchema;
  readonly item?: JsonSchema;
  readonly progress?: JsonSchema;
}

/** What `turnmux.describe` returns. */
export interface DescribeResult {
  readonly tools: readonly ToolDescription[];
}

/** Whether a value is what `turnmux.describe` takes. */
export function isDescribeRequest(value: unknown): value is DescribeRequest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const tools: unknown = (value as Partial<Record<"tools", unknown>>).tools;
  return tools === undefined || (Array.isArray(tools) && tools.every((name) => typeof name === "string"));
}

/** Whether a value is what `turnmux.describe` returns, as far as that must be known. */
export function isDescribeResult(value: unknown): value is DescribeResult {
  return (
    typeof value === "object" && value !== null && Array.isArray((value as Partial<Record<"tools", unknown>>).tools)
  );
}

/**
 * The answer of `turnmux.describe`: the tools that the caller may call, as the one who asks has filtered them.
 *
 * A part whose validator gives no JSON Schema is left out; `onProblem` hears of it, with a sentence that says what to do.
 */
export function describeTools(
  contracts: ReadonlyMap<string, ToolContract>,
  onProblem: (problem: string) => void = () => {},
): DescribeResult {
  return { tools: [...contracts].map(([name, contract]) => describe(name, contract, onProblem)) };
}

function describe(name: string, contract: ToolContract, onProblem: (problem: string) => void): ToolDescription {
  const schemas: Partial<Record<SchemaPart, JsonSchema>> = {};
  for (const part of ["input", "output", "item", "progress"] as const) {
    const schema = jsonSchemaOf(contract, part);
    if (schema !== undefined) schemas[part] = schema;
    const problem = jsonSchemaProblem(contract, part, name);
    if (problem !== undefined) onProblem(problem);
  }
  return {
    name,
    description: contract.description,
    effect: contract.effect,
    ...(contract.verify === undefined ? {} : { verify: contract.verify }),
    streams: contract.item !== undefined,
    scopes: contract.scopes ?? [],
    revision: revisionOf(name, contract),
    ...schemas,
  };
}
