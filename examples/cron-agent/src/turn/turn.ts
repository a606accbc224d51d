/**
 * A turn: ask the model, run the tools that it calls, tell it the results, until it answers.
 *
 * @module
 */

import { OpenAI } from "openai";
import type { ChatCompletionFunctionTool, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { z } from "zod";
import type { ToolDoor } from "../doors/door.ts";
import { MAX_ROUNDS } from "../settings.ts";
import { isToolName, TOOLS, type ToolName } from "../tools.ts";
import type { ModelSettings } from "./model.ts";
import type { CallRecord, TurnRecord } from "./record.ts";

/** What a turn needs. */
export interface TurnInput {
  readonly model: ModelSettings;
  /** What the user said. */
  readonly text: string;
  /** The way to the gateway. */
  readonly door: ToolDoor;
  /** Ends the turn. */
  readonly signal: AbortSignal;
  /** Gets the reply piece by piece. */
  onDelta(text: string): void;
}

const INSTRUCTIONS =
  "You plan cron jobs with the tools that you have. When a tool call fails, read the error: unless it says otherwise, " +
  "try once more with the same arguments.";

/** A model takes no dots in names; both directions go through this table. */
const BY_MODEL_NAME = new Map((Object.keys(TOOLS) as ToolName[]).map((name) => [name.replaceAll(".", "_"), name]));

const MODEL_TOOLS: ChatCompletionFunctionTool[] = [...BY_MODEL_NAME].map(([modelName, name]) => ({
  type: "function",
  function: {
    name: modelName,
    description: TOOLS[name].description,
    parameters: z.toJSONSchema(TOOLS[name].input, { target: "draft-2020-12" }),
  },
}));

/** Runs one turn to its reply. Rejects when the model cannot be reached, talks in circles, or the signal is aborted. */
export async function runTurn(input: TurnInput): Promise<TurnRecord> {
  const openai = new OpenAI({ baseURL: input.model.baseURL, apiKey: input.model.apiKey });
  const calls: CallRecord[] = [];
  const messages: ChatCompletionMessageParam[] = [
    { role: "system", content: INSTRUCTIONS },
    { role: "user", content: input.text },
  ];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const stream = openai.chat.completions.stream(
      { model: input.model.model, messages, tools: MODEL_TOOLS },
      { signal: input.signal },
    );
    stream.on("content", (delta) => input.onDelta(delta));
    const { message } = (await stream.finalChatCompletion()).choices[0] ?? {};
    if (message === undefined) throw new Error("the model answered without a choice");
    if (message.tool_calls === undefined || message.tool_calls.length === 0) {
      return { reply: message.content ?? "", calls };
    }
    messages.push({ role: "assistant", content: message.content, tool_calls: message.tool_calls });
    for (const call of message.tool_calls) {
      if (call.type !== "function") throw new Error(`the model called a tool of type ${call.type}`);
      const content = await runCall(input, call.id, call.function, calls);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  throw new Error(`the model was not done after ${MAX_ROUNDS} rounds`);
}

/** Runs one call, records it, and gives the text that the model reads. */
async function runCall(
  { door, signal }: TurnInput,
  key: string,
  wanted: { name: string; arguments: string },
  calls: CallRecord[],
): Promise<string> {
  const tool = BY_MODEL_NAME.get(wanted.name);
  if (tool === undefined || !isToolName(tool)) return `Error: there is no tool ${wanted.name}`;
  const started = performance.now();
  try {
    const result = await door.call(tool, JSON.parse(wanted.arguments || "{}"), { key, signal });
    calls.push({ tool, ms: performance.now() - started });
    return JSON.stringify(result);
  } catch (error) {
    signal.throwIfAborted();
    const text = errorText(error);
    calls.push({ tool, ms: performance.now() - started, error: text });
    return text;
  }
}

/** What the model reads when a call failed. */
function errorText(error: unknown): string {
  return `Error: ${error instanceof Error ? error.message : String(error)}`;
}
