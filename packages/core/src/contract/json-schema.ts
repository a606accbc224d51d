/**
 * JSON Schemas of a contract, and its revision.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import type { JsonSchema, Schema } from "./schema.ts";
import type { ToolContract } from "./tool.ts";

/** The parts of a contract that have a schema. */
export type SchemaPart = "input" | "output" | "item" | "progress";

const parts: readonly SchemaPart[] = ["input", "output", "item", "progress"];

type Found = { readonly schema: JsonSchema } | { readonly problem: string } | undefined;

const caches = new WeakMap<ToolContract, Map<SchemaPart, Found>>();

/**
 * The JSON Schema (draft 2020-12) of one part of a contract: the one that the definition gives, or the validator's own.
 * Undefined where there is neither. Made when it is first asked for, then kept.
 *
 * The input is described as callers write it; output, items and progress as they arrive at the caller.
 */
export function jsonSchemaOf(contract: ToolContract, part: SchemaPart): JsonSchema | undefined {
  const found = look(contract, part);
  return found !== undefined && "schema" in found ? found.schema : undefined;
}

/**
 * As {@link jsonSchemaOf}, for those who cannot do without, such as an adapter for models.
 *
 * @throws {UsageError} where the contract has this part but no JSON Schema for it; the message says what to do
 */
export function requireJsonSchema(contract: ToolContract, part: SchemaPart, name: string): JsonSchema {
  const problem = jsonSchemaProblem(contract, part, name);
  if (problem !== undefined) throw new UsageError(problem);
  return jsonSchemaOf(contract, part) ?? {};
}

/** Why one part of a contract has no JSON Schema, and what to do about it. Undefined where nothing is wrong. */
export function jsonSchemaProblem(contract: ToolContract, part: SchemaPart, name: string): string | undefined {
  const found = look(contract, part);
  return found !== undefined && "problem" in found
    ? `${name}: its ${part} has no JSON Schema: ${found.problem}. Pass ${part}JsonSchema to tool(), or use a validator that gives one, such as zod 4 or arktype.`
    : undefined;
}

function look(contract: ToolContract, part: SchemaPart): Found {
  const cache = caches.get(contract) ?? new Map<SchemaPart, Found>();
  caches.set(contract, cache);
  if (!cache.has(part)) cache.set(part, make(contract, part));
  return cache.get(part);
}

function make(contract: ToolContract, part: SchemaPart): Found {
  const given = contract[`${part}JsonSchema`];
  if (given !== undefined) return { schema: given };
  const schema = contract[part];
  return schema === undefined ? undefined : convert(schema, part === "input" ? "input" : "output");
}

function convert(schema: Schema, direction: "input" | "output"): Found {
  const standard: Schema["~standard"] & { readonly jsonSchema?: unknown } = schema["~standard"];
  const converter: unknown = standard.jsonSchema;
  if (typeof converter !== "object" || converter === null) {
    return { problem: `schemas of ${standard.vendor} do not give one` };
  }
  const run: unknown = (converter as Partial<Record<typeof direction, unknown>>)[direction];
  if (typeof run !== "function") return { problem: `schemas of ${standard.vendor} do not give one` };
  try {
    const made: unknown = Reflect.apply(run, converter, [{ target: "draft-2020-12" }]);
    return isJsonSchema(made) ? { schema: made } : { problem: `${standard.vendor} gave none` };
  } catch (error) {
    return { problem: `${standard.vendor} says "${error instanceof Error ? error.message : "no"}"` };
  }
}

function isJsonSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const revisions = new WeakMap<ToolContract, Map<string, string>>();

/**
 * A short string that changes when the contract does: name, effect, description, JSON Schemas, and scopes. 16 hexadecimal digits,
 * the same in every process. It tells versions apart; it is no proof against somebody who wants two to be equal.
 */
export function revisionOf(name: string, contract: ToolContract): string {
  const known = revisions.get(contract) ?? new Map<string, string>();
  revisions.set(contract, known);
  let revision = known.get(name);
  if (revision === undefined) {
    const schemas = parts.map((part) => jsonSchemaOf(contract, part) ?? (contract[part] === undefined ? 0 : 1));
    const needs = contract.scopes === undefined || contract.scopes.length === 0 ? [] : [[...contract.scopes].sort()];
    revision = fnv1a64(JSON.stringify([name, contract.effect, contract.description, schemas, ...needs], sortKeys));
    known.set(name, revision);
  }
  return revision;
}

/** Objects with their keys in order, so that the order in which a validator lists them does not count. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** FNV-1a with 64 bits over UTF-16 code units, as 16 hexadecimal digits. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
