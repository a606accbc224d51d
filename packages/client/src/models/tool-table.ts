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

/** The JSON Schema of a tool's arguments; a tool that tells none takes any object. */
export function inputSchemaOf({ input }: Pick<ToolDescription, "input">): Readonly<Record<string, unknown>> {
  return input !== undefined && input["type"] === "object" ? input : { type: "object", additionalProperties: true };
}
