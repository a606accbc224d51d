/**
 * Tools without what cannot cross threads: schemas and handlers.
 *
 * @module
 */

import { jsonSchemaOf, tool, type Elsewhere, type JsonSchema, type RegisteredTool, type Schema } from "@turnmux/core";
import type { ToolData, ToolNumber } from "./messages.ts";

/** What of a tool the I/O thread is told. */
export function toolData(id: ToolNumber, registered: RegisteredTool): ToolData {
  const { name, contract, timeoutMs, maxTimeoutMs, maxConcurrent, offer } = registered;
  const { input: _, output, item, progress, ...definition } = contract;
  const schemas = { output, item, progress };
  const parts = (["output", "item", "progress"] as const).filter((part) => schemas[part] !== undefined);
  for (const part of ["input", ...parts] as const) {
    const schema = jsonSchemaOf(contract, part);
    // Validators may leave functions on what they give.
    if (schema !== undefined) Object.assign(definition, { [`${part}JsonSchema`]: plain(schema) });
  }
  // What is left of the mark that says that it is a contract does not cross.
  const data = Object.fromEntries(Object.entries(definition)) as ToolData["definition"];
  return { id, name, definition: data, parts, timeoutMs, maxTimeoutMs, maxConcurrent, offer };
}

function plain(schema: JsonSchema): JsonSchema {
  // What went through JSON is what came out of it.
  return JSON.parse(JSON.stringify(schema)) as JsonSchema;
}

/** Lets everything pass: the thread that has the contract checks. */
const PASSES: Schema = { "~standard": { version: 1, vendor: "turnmux", validate: (value: unknown) => ({ value }) } };

/** The tool as the I/O thread has it. */
export function toolOf(data: ToolData, elsewhere: Elsewhere): RegisteredTool {
  const { name, definition, parts, timeoutMs, maxTimeoutMs, maxConcurrent, offer } = data;
  const schemas = Object.fromEntries(parts.map((part) => [part, PASSES]));
  const { afterCrash, ...rest } = definition;
  const crash = definition.effect === "once" && afterCrash !== undefined ? { afterCrash } : {};
  // Its definition was checked where it was made.
  const contract = tool({ ...rest, ...schemas, ...crash, input: PASSES } as Parameters<typeof tool>[0]);
  const handler = (): never => {
    throw new Error("this handler is in the main thread");
  };
  return { name, contract, handler, elsewhere, timeoutMs, maxTimeoutMs, maxConcurrent, offer };
}
