/**
 * The tools of a turn as function tools of the OpenAI Agents SDK.
 *
 * @module
 */
import type { Turn } from "@turnmux/core";
import { tool as functionTool, type RunContext, type Tool } from "@openai/agents";
import { toolCallKey } from "../models/key.ts";
import { viewable } from "../models/octets.ts";
import { base64Of, failureForModel, NO_RESULT, runTool, textForModel } from "../models/run.ts";
import { inputSchemaOf, modelTools, type ModelTool } from "../models/tool-table.ts";
import { strictSchema } from "./strict-schema.ts";

/** What a call tells before its result. */
export interface AgentToolReport {
  /** The tool, as the gateway has it: `cron.add`. */
  readonly tool: string;
  /** The SDK's tool-call id, where it has told one. */
  readonly toolCallId: string | undefined;
  /** A progress report. Absent where this is an item. */
  readonly progress?: unknown;
  /** An item. Absent where this is a progress report. */
  readonly item?: unknown;
}

/** What {@link agentTools} may be told. */
export interface AgentToolsOptions {
  /** Names of the tools that the model is to have, as the gateway has them. Default: all that the session may call. */
  readonly only?: readonly string[] | undefined;
  /** The deadline of each call, in milliseconds. Default: the tool's own; a tool with items has none. */
  readonly timeoutMs?: number | undefined;
  /** Hears of progress and items: the SDK has no place for what comes before a result. What it throws is ignored. */
  readonly onReport?: ((report: AgentToolReport) => void) | undefined;
}

/** A function tool of the SDK, whatever its parameters are. */
export type AgentTool = Extract<Tool, { type: "function" }>;

type Details = Parameters<AgentTool["invoke"]>[2];

/**
 * The tools of the turn's session, for `new Agent({ tools })`. A model knows `cron.add` as `cron_add`.
 *
 * - The key of a call comes from the turn's id and the model's call id: a call that is made again, also by another process, joins the first one or gets its
 *   result.
 * - The `signal` of the run cancels the call, and the run ends.
 * - A text is given to the model as it is, and all else as JSON; octets in it are `{ octets, base64 }`. A result that is an image or a PDF is an image or a file.
 *   The result of a tool with items is `{ items, omitted?, result? }`, with up to 1 MiB of items.
 * - A failure is a text for the model, which says whether the call took effect; the run goes on.
 *
 * @throws {UsageError} where a tool of `only` is not offered
 * @throws {TurnmuxError} where the gateway cannot be asked for its tools
 */
export async function agentTools(turn: Turn, options: AgentToolsOptions = {}): Promise<AgentTool[]> {
  const tools = await modelTools(turn, options.only);
  return [...tools.values()].map((tool) => toolOf(turn, tool, tools, options));
}

function toolOf(
  turn: Turn,
  tool: ModelTool,
  known: ReadonlyMap<string, ModelTool>,
  { timeoutMs, onReport }: AgentToolsOptions,
): AgentTool {
  const execute = async (input: unknown, context?: RunContext, details?: Details): Promise<unknown> => {
    const toolCallId = details?.toolCall?.callId;
    const step = context?.usage.requests ?? 0;
    const report = (part: { progress: unknown } | { item: unknown }): void => {
      try {
        onReport?.({ tool: tool.name, toolCallId, ...part });
      } catch {
        // Whoever looks on does not decide what becomes of the call.
      }
    };
    const calling = {
      key: toolCallKey(turn.id, toolCallId, { tool: tool.name, input, step }),
      signal: details?.signal,
      timeoutMs,
      onProgress: (progress: unknown) => report({ progress }),
    };
    try {
      return outputOf(await runTool(turn, tool, input, calling, (item) => report({ item })), tool);
    } catch (error) {
      // The SDK knows the end of its own run by the reason of its signal.
      if (details?.signal?.aborted === true) throw details.signal.reason;
      return failureForModel(error, known);
    }
  };
  const schema = inputSchemaOf(tool);
  const strict = strictSchema(schema);
  const described = {
    name: tool.modelName,
    description: tool.description,
    execute,
    // Arguments that are no JSON come here.
    errorFunction: (_context: RunContext, error: unknown) => failureForModel(error, known),
  };
  return strict === undefined
    ? functionTool({ ...described, strict: false, parameters: { ...LOOSE, ...schema } })
    : functionTool({ ...described, strict: true, parameters: { ...STRICT, ...strict } });
}

/** What the SDK's types ask a schema to say. What the gateway has said counts. */
const LOOSE = { type: "object", properties: {}, required: [] as string[], additionalProperties: true } as const;
const STRICT = { type: "object", properties: {}, required: [] as string[], additionalProperties: false } as const;

/** A result in the forms that the SDK passes on to a model. */
function outputOf(value: unknown, tool: ModelTool): unknown {
  if (value === undefined && tool.output === undefined) return NO_RESULT;
  const file = viewable(value);
  if (file === undefined) return textForModel(value);
  const { mediaType, octets } = file;
  const data = base64Of(octets);
  return [
    { type: "text", text: `${mediaType}, ${octets.length} octets` },
    mediaType.startsWith("image/")
      ? { type: "image", image: { data, mediaType } }
      : { type: "file", file: { data, mediaType, filename: `${tool.modelName}.pdf` } },
  ];
}
