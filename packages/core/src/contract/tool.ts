/**
 * A tool's contract: what both sides of a call agree on.
 *
 * @module
 */

import { type Effect, isEffect } from "../errors/effect.ts";
import { UsageError } from "../errors/usage.ts";
import { isToolName } from "./names.ts";
import type { JsonSchema, Schema } from "./schema.ts";

const brand: unique symbol = Symbol.for("turnmux.tool");

/**
 * What every {@link ToolContract} has. Trees ask for no more than this, since asking for a contract would have TypeScript
 * infer the schemas that a definition leaves out.
 */
export interface ToolMark {
  readonly [brand]: true;
}

/** What a running handler meets when the session ends: an aborted signal, or nothing. */
export type WhenSessionEnds = "abort" | "keep";

/** The lane that calls of a tool take. */
export type ToolLane = "session";

/**
 * What becomes of a `once` call that ran when its side died, where the tool has no `reconcile`, and the call comes again:
 * it runs again, or ends with outcome `unknown` (KEY-007).
 */
export type AfterCrash = "run" | "unknown";

/** What {@link tool} takes. The schemas are any [Standard Schema](https://standardschema.dev) validators. */
export interface ToolDefinition<
  In extends Schema = Schema,
  Out extends Schema | undefined = Schema | undefined,
  Item extends Schema | undefined = Schema | undefined,
  Progress extends Schema | undefined = Schema | undefined,
  E extends Effect = Effect,
> {
  /** What the tool does, for people and models. At most 1,024 octets of it are offered. */
  readonly description: string;
  /** The arguments. The receiver parses them; the handler gets what comes out (CALL-011). */
  readonly input: In;
  /**
   * The result. The side that runs the handler parses what it returned and sends what comes out (CALL-012), so that
   * nothing leaves that the schema does not name. Without it the tool has no result: what the handler returns is dropped.
   */
  readonly output?: Out;
  /** One of the items that the tool sends while it runs. Checked as `output` is. Not for `once` tools (CALL-009). */
  readonly item?: Item;
  /** A progress report. Checked as `output` is. */
  readonly progress?: Progress;
  /** What the tool does to the world: `"read"`, `"idempotent"` or `"once"`. */
  readonly effect: E;
  /** The name of the tool that tells whether a call of this one took effect; a model is told to check with it. */
  readonly verify?: string;
  /** What a caller must be allowed: all of these. Default: nothing. */
  readonly scopes?: readonly string[];
  /** The deadline of a call whose caller gives none, in milliseconds (CALL-006). Default: none. */
  readonly timeoutMs?: number;
  /** The longest deadline that a caller may ask for, in milliseconds (CALL-006). Default: none. */
  readonly maxTimeoutMs?: number;
  /** How many calls of one session may run at once (CALL-013). Default: no limit. */
  readonly maxConcurrent?: number;
  /** Whether a running handler is aborted when the session ends. Default: `"keep"` for `once`, otherwise `"abort"`. */
  readonly whenSessionEnds?: WhenSessionEnds;
  /**
   * `"session"`: a call takes the lane of its session as a turn of its own, and waits while another turn has it, unless it is on
   * behalf of that turn (LANE-007). For tools of gateways. Default: none; calls run at once.
   */
  readonly lane?: ToolLane;
  /**
   * Of a `once` tool: `"run"` says that a call which was cut off by a crash of its side may run again under its key, as
   * where the handler passes the key on to a system that knows it. Default: `"unknown"`. See `reconcile` in `implement()`.
   */
  readonly afterCrash?: AfterCrash;
  /** The JSON Schema of the arguments, where the validator gives none or a poor one. */
  readonly inputJsonSchema?: JsonSchema;
  /** The JSON Schema of the result. */
  readonly outputJsonSchema?: JsonSchema;
  /** The JSON Schema of an item. */
  readonly itemJsonSchema?: JsonSchema;
  /** The JSON Schema of a progress report. */
  readonly progressJsonSchema?: JsonSchema;
}

/** A checked tool definition with its defaults, as {@link tool} returns it. Frozen. It has no name: its tree gives it one. */
export interface ToolContract<
  In extends Schema = Schema,
  Out extends Schema | undefined = Schema | undefined,
  Item extends Schema | undefined = Schema | undefined,
  Progress extends Schema | undefined = Schema | undefined,
  E extends Effect = Effect,
> extends ToolDefinition<In, Out, Item, Progress, E>,
    ToolMark {
  readonly output: Out;
  readonly item: Item;
  readonly progress: Progress;
  readonly scopes: readonly string[];
  readonly whenSessionEnds: WhenSessionEnds;
  /** Of tools that are not `once`: always `"run"`. */
  readonly afterCrash: AfterCrash;
}

/**
 * Defines one tool. `defineTools` gives it its name.
 *
 * ```ts
 * tool({ description: "Create a job", input: JobSpec, output: z.object({ id: z.string() }), effect: "once" })
 * ```
 *
 * @throws {UsageError} when the definition breaks a rule; the message says what to do instead
 */
export function tool<
  In extends Schema,
  E extends Effect,
  Out extends Schema | undefined = undefined,
  Item extends Schema | undefined = undefined,
  Progress extends Schema | undefined = undefined,
>(
  definition: ToolDefinition<In, Out, Item, Progress, E> &
    (E extends "once" ? { readonly item?: never } : { readonly afterCrash?: never }),
): ToolContract<In, Out, Item, Progress, E> {
  checkDefinition(definition);
  // Where one of these was left out its type is undefined, too.
  const { output, item, progress } = definition as { output: Out; item: Item; progress: Progress };
  const contract: ToolContract<In, Out, Item, Progress, E> = {
    ...definition,
    output,
    item,
    progress,
    [brand]: true,
    scopes: Object.freeze([...(definition.scopes ?? [])]),
    whenSessionEnds: definition.whenSessionEnds ?? (definition.effect === "once" ? "keep" : "abort"),
    afterCrash: definition.effect === "once" ? (definition.afterCrash ?? "unknown") : "run",
  };
  return Object.freeze(contract);
}

/** Whether a value was made by {@link tool}, by whichever copy of this package. */
export function isToolContract(value: unknown): value is ToolContract {
  return typeof value === "object" && value !== null && Object.hasOwn(value, brand);
}

function checkDefinition(definition: ToolDefinition): void {
  const { description } = definition;
  if (typeof description !== "string" || description.trim() === "") {
    throw new UsageError("tool(): description must say what the tool does: models choose by it.");
  }
  const title = `tool("${description.length > 40 ? `${description.slice(0, 40)}...` : description}")`;
  if (!isEffect(definition.effect)) {
    throw new UsageError(`${title}: effect must be "read", "idempotent" or "once".`);
  }
  checkSchema(title, "input", definition.input, true);
  for (const part of ["output", "item", "progress"] as const) checkSchema(title, part, definition[part], false);
  if (definition.effect === "once" && definition.item !== undefined) {
    throw new UsageError(
      `${title}: a tool with effect "once" cannot send items (CALL-009). Return them in output, or split the tool in two.`,
    );
  }
  for (const field of ["timeoutMs", "maxTimeoutMs"] as const) {
    checkPositive(title, field, definition[field], "a positive whole number of milliseconds");
  }
  checkPositive(title, "maxConcurrent", definition.maxConcurrent, "a positive whole number");
  if (
    definition.timeoutMs !== undefined &&
    definition.maxTimeoutMs !== undefined &&
    definition.timeoutMs > definition.maxTimeoutMs
  ) {
    throw new UsageError(`${title}: timeoutMs must not be above maxTimeoutMs.`);
  }
  if (definition.verify !== undefined && !(typeof definition.verify === "string" && isToolName(definition.verify))) {
    throw new UsageError(`${title}: verify must be the full name of a tool, for example "cron.list".`);
  }
  const { scopes } = definition;
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((s) => typeof s === "string" && s !== ""))) {
    throw new UsageError(`${title}: scopes must be an array of strings that are not empty.`);
  }
  const ends: unknown = definition.whenSessionEnds;
  if (ends !== undefined && ends !== "abort" && ends !== "keep") {
    throw new UsageError(`${title}: whenSessionEnds must be "abort" or "keep".`);
  }
  const lane: unknown = definition.lane;
  if (lane !== undefined && lane !== "session") throw new UsageError(`${title}: lane must be "session".`);
  const crash: unknown = definition.afterCrash;
  if (crash !== undefined && crash !== "run" && crash !== "unknown") {
    throw new UsageError(`${title}: afterCrash must be "run" or "unknown".`);
  }
  if (crash !== undefined && definition.effect !== "once") {
    throw new UsageError(
      `${title}: afterCrash is for tools with effect "once"; a ${definition.effect} tool simply runs again. Leave it out.`,
    );
  }
  for (const part of ["inputJsonSchema", "outputJsonSchema", "itemJsonSchema", "progressJsonSchema"] as const) {
    const schema: unknown = definition[part];
    if (schema !== undefined && (typeof schema !== "object" || schema === null || Array.isArray(schema))) {
      throw new UsageError(`${title}: ${part} must be a JSON Schema object.`);
    }
  }
}

function checkSchema(title: string, field: string, schema: unknown, required: boolean): void {
  if (schema === undefined && !required) return;
  if (!isSchema(schema)) {
    throw new UsageError(
      `${title}: ${field} must be a Standard Schema validator, such as z.object({ ... }); for plain JSON Schema wrap it in one.`,
    );
  }
}

function isSchema(value: unknown): value is Schema {
  // arktype's types are functions.
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard: unknown = (value as Partial<Record<"~standard", unknown>>)["~standard"];
  return (
    typeof standard === "object" &&
    standard !== null &&
    typeof (standard as Partial<Record<"validate", unknown>>).validate === "function"
  );
}

function checkPositive(title: string, field: string, value: unknown, what: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) > 0)) return;
  throw new UsageError(`${title}: ${field} must be ${what}.`);
}
