/**
 * What several cases about tools need.
 *
 * @module
 */
import { z } from "zod";
import type { Session } from "../../harness/session.ts";
import type { Context } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import type { Value } from "../../wire/body.ts";

/** A JSON Schema, as an object. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** Reads a {@link SchemaObject}. */
export const Schema: z.ZodType<SchemaObject> = z.record(z.string(), z.unknown());

/** What `turnmux.describe` tells of one tool. */
export interface Described {
  readonly name: string;
  readonly description: string;
  readonly effect: "read" | "idempotent" | "once";
  readonly streams: boolean;
  readonly revision: string;
  readonly verify?: string | undefined;
  readonly input?: SchemaObject | undefined;
  readonly output?: SchemaObject | undefined;
  readonly item?: SchemaObject | undefined;
  readonly progress?: SchemaObject | undefined;
}

const Description: z.ZodType<Described> = z.looseObject({
  name: z.string(),
  description: z.string(),
  effect: z.enum(["read", "idempotent", "once"]),
  streams: z.boolean(),
  revision: z.string(),
  verify: z.string().optional(),
  input: Schema.optional(),
  output: Schema.optional(),
  item: Schema.optional(),
  progress: Schema.optional(),
});

const Descriptions = z.object({ tools: z.array(Description) });

/** What `turnmux.describe` tells of tools, by name. */
export async function describe(t: Context, session: Session, input: Value): Promise<Map<string, Described>> {
  const ending = await (await t.open(session, { tool: "turnmux.describe", input })).ended();
  const parsed = Descriptions.safeParse(ending.value);
  if (!parsed.success)
    throw new Failure(`turnmux.describe returned what it should not: ${z.prettifyError(parsed.error)}`, "TOOL-004");
  return new Map(parsed.data.tools.map((tool) => [tool.name, tool]));
}
