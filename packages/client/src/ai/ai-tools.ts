/**
 * The tools of a turn as a tool set of the Vercel AI SDK.
 *
 * @module
 */
import type { CallOptions, Turn } from "@turnmux/core";
import { dynamicTool, jsonSchema, type JSONValue, type ModelMessage, type Tool, type ToolSet } from "ai";
import { toolCallKey } from "../models/key.ts";
import { viewable } from "../models/octets.ts";
import { runReporting } from "../models/reporting.ts";
import { failureForModel, jsonForModel, NO_RESULT, octetsOf, runTool, textForModel } from "../models/run.ts";
import { inputSchemaOf, modelTools, type ModelTool } from "../models/tool-table.ts";

/** What {@link aiTools} may be told. */
export interface AiToolsOptions {
  /** Names of the tools that the model is to have, as the gateway has them. Default: all that the session may call. */
  readonly only?: readonly string[] | undefined;
  /** The deadline of each call, in milliseconds. Default: the tool's own; a tool with items has none. */
  readonly timeoutMs?: number | undefined;
}

type Execution = Parameters<NonNullable<Tool["execute"]>>[1];

/**
 * The tools of the turn's session, for `generateText`, `streamText` and agents. A model knows `cron.add` as `cron_add`.
 *
 * - The key of a call comes from the turn's id and the SDK's tool-call id: a call that is made again, also by another process, joins the first one or gets
 *   its result.
 * - The SDK's `abortSignal` cancels the call.
 * - What comes before the result are preliminary results: `{ progress }`, `{ item }`. The result of a tool with items is
 *   `{ items, omitted?, result? }`, with up to 1 MiB of items.
 * - Results are JSON; octets in them are `{ octets, base64 }`. A result that is an image or a PDF is shown to the model as a file.
 * - A failure is an `Error`, which the SDK makes a `tool-error` of: its message is for the model, and says whether the call took effect; its `cause` is the
 *   `TurnmuxError`.
 *
 * @throws {UsageError} where a tool of `only` is not offered
 * @throws {TurnmuxError} where the gateway cannot be asked for its tools
 */
export async function aiTools(turn: Turn, options: AiToolsOptions = {}): Promise<ToolSet> {
  const tools = await modelTools(turn, options.only);
  return Object.fromEntries([...tools].map(([name, tool]) => [name, toolOf(turn, tool, tools, options)]));
}

function toolOf(
  turn: Turn,
  tool: ModelTool,
  known: ReadonlyMap<string, ModelTool>,
  { timeoutMs }: AiToolsOptions,
): Tool {
  const optionsOf = (input: unknown, { toolCallId, abortSignal, messages }: Execution): CallOptions => ({
    key: toolCallKey(turn.id, toolCallId, { tool: tool.name, input, step: answers(toolCallId, messages) }),
    signal: abortSignal,
    timeoutMs,
  });
  const fail = (error: unknown): never => {
    throw new Error(failureForModel(error, known), { cause: error });
  };

  async function* reporting(input: unknown, execution: Execution): AsyncGenerator<unknown, void, undefined> {
    try {
      const call = runReporting(turn, tool, input, optionsOf(input, execution));
      try {
        for (let step = await call.next(); ; step = await call.next()) {
          yield jsonForModel(step.value);
          if (step.done === true) return;
        }
      } finally {
        await call.return(undefined);
      }
    } catch (error) {
      fail(error);
    }
  }

  return dynamicTool({
    description: tool.description,
    inputSchema: jsonSchema(inputSchemaOf(tool)),
    metadata: { turnmux: { tool: tool.name, effect: tool.effect } },
    execute:
      tool.streams || tool.progress !== undefined
        ? reporting
        : (input, execution) => runTool(turn, tool, input, optionsOf(input, execution)).then(jsonForModel, fail),
    toModelOutput: ({ output }) => modelOutputOf(output, tool),
  });
}

/** How often a tool-call id has been answered before: models that count their calls give it again. */
function answers(toolCallId: string, messages: readonly ModelMessage[] = []): number {
  const results = messages.flatMap((message) => (message.role === "tool" ? message.content : []));
  return results.filter((part) => part.type === "tool-result" && part.toolCallId === toolCallId).length;
}

type ModelOutput = Awaited<ReturnType<NonNullable<Tool["toModelOutput"]>>>;

/** A result as the model gets it: from what `execute` gave, and again from what an application has stored of it. */
function modelOutputOf(output: unknown, tool: ModelTool): ModelOutput {
  if (typeof output === "string") return { type: "text", value: output };
  if (output === null && tool.output === undefined) return { type: "text", value: NO_RESULT };
  const file = viewable(octetsOf(output));
  if (file === undefined) return { type: "json", value: jsonOf(output) };
  const { mediaType, octets } = file;
  return {
    type: "content",
    value: [
      { type: "text", text: `${mediaType}, ${octets.length} octets` },
      { type: "file", mediaType, data: { type: "data", data: octets } },
    ],
  };
}

/** Outputs are JSON, as `jsonForModel` has made them, or as an application has stored them. */
function jsonOf(output: unknown): JSONValue {
  return isJson(output) ? output : textForModel(output);
}

function isJson(value: unknown): value is JSONValue {
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isJson);
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
