/**
 * The tools of a turn under the names that models take.
 *
 * @module
 */
import { modelName, UsageError, type Session, type ToolDescription, type Turn } from "@turnmux/core";

/** A tool, and the name under which a model gets it. */
export interface ModelTool extends ToolDescription {
  readonly modelName: string;
}

/** What a model's tools are made of: a turn, or a session outside of any. */
export type ToolSource = Pick<Session | Turn, "catalog" | "call" | "callItems"> & { readonly id: string };

/**
 * What a source's gateway offers, by the names that models take: `^[a-zA-Z0-9_-]{1,64}$`, each `.` is `_`. A gateway offers no two tools whose
 * names become equal (TOOL-001).
 *
 * @param only names of the tools that the model is to have. Default: all
 * @throws {UsageError} where one of them is not offered
 */
export async function modelTools(
  source: Pick<ToolSource, "catalog">,
  only?: readonly string[],
): Promise<ReadonlyMap<string, ModelTool>> {
  const offered = await source.catalog();
  const missing = only?.find((name) => !offered.some((tool) => tool.name === name));
  if (missing !== undefined) throw new UsageError(`there is no tool ${missing} for this session`);
  const tools = offered.filter(({ name }) => only === undefined || only.includes(name));
  return new Map(tools.map((tool) => [modelName(tool.name), { ...tool, modelName: modelName(tool.name) }]));
}

/** The property that holds the arguments of a tool that takes no object, since models give objects alone. */
const WRAPPED = "input";

/**
 * The JSON Schema of a tool's arguments as models take it, which is an object's. A tool that tells none takes any object; one that takes something else, such
 * as a text or one of several objects, takes it as the property `input`.
 */
export function inputSchemaOf({ input }: Pick<ToolDescription, "input">): Readonly<Record<string, unknown>> {
  if (input === undefined) return { type: "object", additionalProperties: true };
  const { $schema: _dialect, ...schema } = input;
  if (!isWrapped({ input })) return schema;
  return {
    type: "object",
    properties: { [WRAPPED]: movedTo(`#/properties/${WRAPPED}`, schema) },
    required: [WRAPPED],
    additionalProperties: false,
  };
}

/** What a tool gets of the arguments that a model has given. */
export function argumentsFor(tool: Pick<ToolDescription, "input">, given: unknown): unknown {
  if (!isWrapped(tool) || typeof given !== "object" || given === null) return given;
  return Object.hasOwn(given, WRAPPED) ? Object.entries(given).find(([name]) => name === WRAPPED)?.[1] : given;
}

function isWrapped({ input }: Pick<ToolDescription, "input">): boolean {
  return input !== undefined && input["type"] !== "object";
}

/** A schema whose references to its own root lead to where it stands now. */
function movedTo(place: string, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((part) => movedTo(place, part));
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, part]) => [
      name,
      name === "$ref" && typeof part === "string" && part.startsWith("#")
        ? place + part.slice(1)
        : movedTo(place, part),
    ]),
  );
}
