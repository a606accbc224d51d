/**
 * Tools without what cannot cross threads: schemas and handlers.
 *
 * @module
 */

import { jsonSchemaOf, tool, type Elsewhere, type JsonSchema, type RegisteredTool, type Schema } from "@turnmux/core";
import { workerToolFacts, type WorkerPool } from "../worker-tools/pool.ts";
import type { ToolData, ToolNumber } from "./messages.ts";

/** What of a tool the I/O thread is told. `direct`: nothing in the main thread stands around its calls. */
export function toolData(id: ToolNumber, registered: RegisteredTool, direct: boolean): ToolData {
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
  const worker = direct ? workerOf(registered) : undefined;
  return { id, name, definition: data, parts, timeoutMs, maxTimeoutMs, maxConcurrent, offer, worker };
}

/** A worker tool needs nothing of the main thread where its own thread can check its contract, and no `reconcile` is to be asked. */
function workerOf({ handler, reconcile }: RegisteredTool): ToolData["worker"] {
  const facts = workerToolFacts(handler);
  if (facts === undefined || facts.description.contract === undefined || reconcile !== undefined) return undefined;
  return { ...facts, checksThere: true };
}

function plain(schema: JsonSchema): JsonSchema {
  // What went through JSON is what came out of it.
  return JSON.parse(JSON.stringify(schema)) as JsonSchema;
}

/** Lets everything pass: the thread that has the contract checks. */
const PASSES: Schema = { "~standard": { version: 1, vendor: "turnmux", validate: (value: unknown) => ({ value }) } };

/** The tool as the I/O thread has it. */
export function toolOf(data: ToolData, elsewhere: Elsewhere, workers: WorkerPool): RegisteredTool {
  const { name, definition, parts, timeoutMs, maxTimeoutMs, maxConcurrent, offer, worker } = data;
  const schemas = Object.fromEntries(parts.map((part) => [part, PASSES]));
  const { afterCrash, ...rest } = definition;
  const crash = definition.effect === "once" && afterCrash !== undefined ? { afterCrash } : {};
  // Its definition was checked where it was made.
  const contract = tool({ ...rest, ...schemas, ...crash, input: PASSES });
  const registered = { name, contract, timeoutMs, maxTimeoutMs, maxConcurrent, offer };
  if (worker !== undefined) return { ...registered, handler: workers.handler(worker) };
  const handler = (): never => {
    throw new Error("this handler is in the main thread");
  };
  return { ...registered, handler, elsewhere };
}
