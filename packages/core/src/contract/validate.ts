/**
 * Checks values against a contract's schemas (CALL-011, CALL-012).
 *
 * @module
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Schema, SchemaOutput } from "./schema.ts";
import { scrubMessages } from "./scrub.ts";

/** One thing that is wrong with a value. It names the place, and never shows the value. */
export interface Issue {
  /** The way from the whole value to the part that is wrong. Empty: the whole. */
  readonly path: readonly (string | number)[];
  /** At most 200 characters. */
  readonly message: string;
}

/** What {@link validate} found: the parsed value, or at most 20 issues. */
export type Checked<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const maxIssues = 20;
const maxSteps = 64;
const maxStepLength = 100;

/**
 * Checks a value and returns what the schema made of it. It answers at once where the validator does, and with a promise
 * where the validator does.
 *
 * Issues never show values: what validators are known to add about the value received is cut off, and what a message
 * repeats of the value is replaced by three dots.
 *
 * @throws whatever the validator throws (or rejects with): a mistake in the contract, not in the value
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Checked<SchemaOutput<S>> | Promise<Checked<SchemaOutput<S>>> {
  const result = schema["~standard"].validate(value);
  return isThenable(result)
    ? Promise.resolve(result).then((late) => checked<S>(late, value))
    : checked<S>(result, value);
}

/** The details of an `invalid_argument` error: plain data that can travel. */
export function issueDetails(issues: readonly Issue[]): { issues: { path: (string | number)[]; message: string }[] } {
  return { issues: issues.map(({ path, message }) => ({ path: [...path], message })) };
}

type Result = StandardSchemaV1.Result<unknown>;

function isThenable(result: Result | PromiseLike<Result>): result is PromiseLike<Result> {
  return "then" in result;
}

function checked<S extends Schema>(result: Result, value: unknown): Checked<SchemaOutput<S>> {
  // What a schema lets pass has its output type: that is its promise.
  if (result.issues === undefined) return { ok: true, value: result.value as SchemaOutput<S> };
  const found = result.issues.slice(0, maxIssues).map(({ path, message }) => ({ path: readPath(path), message }));
  const messages = scrubMessages(found, value);
  return { ok: false, issues: found.map(({ path }, index) => ({ path, message: messages[index] ?? "is not valid" })) };
}

/** A plain copy: arktype's paths are a subclass of arrays whose own `map` and `slice` add elements. */
function readPath(path: StandardSchemaV1.Issue["path"]): (string | number)[] {
  const steps: (string | number)[] = [];
  for (const step of path ?? []) {
    if (steps.length === maxSteps) break;
    const key = typeof step === "object" ? step.key : step;
    steps.push(typeof key === "number" ? key : String(key).slice(0, maxStepLength).toWellFormed());
  }
  return steps;
}
