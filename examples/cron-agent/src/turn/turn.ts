/**
 * A turn: ask the model, run the tools that it calls, tell it the results, until it answers.
 *
 * @module
 */

import { modelName, TurnmuxError } from "@turnmux/client";
import { OpenAI } from "openai";
import type { ChatCompletionFunctionTool, ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { DoorTool, ToolDoor } from "../doors/door.ts";
import { MAX_ROUNDS } from "../settings.ts";
import type { ModelSettings } from "./model.ts";
import type { CallRecord, TurnRecord } from "./record.ts";

/** What a turn needs. */
export interface TurnInput {
  /** Names the turn, so that its calls can say where they belong. */
  readonly turn: string;
  /** Proves of its calls that they are on its behalf. */
  readonly lineage: string;
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

/** Runs one turn to its reply. Rejects when the model cannot be reached, talks in circles, or the signal is aborted. */
export async function runTurn(input: TurnInput): Promise<TurnRecord> {
  const openai = new OpenAI({ baseURL: input.model.baseURL, apiKey: input.model.apiKey });
  const tools = new Map((await input.door.tools()).map((tool) => [modelName(tool.name), tool]));
  const calls: CallRecord[] = [];
  const messages: ChatCompletionMessageParam[] = [
    { role: "system", content: INSTRUCTIONS },
    { role: "user", content: input.text },
  ];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const stream = openai.chat.completions.stream(
      { model: input.model.model, messages, tools: [...tools.values()].map(asFunction) },
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
      const tool = tools.get(call.function.name);
      const content =
        tool === undefined
          ? `Error: there is no tool ${call.function.name}`
          : await runCall(input, tool.name, call.id, call.function.arguments, calls);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  throw new Error(`the model was not done after ${MAX_ROUNDS} rounds`);
}

/** A tool as the model takes it: no dots in its name. */
function asFunction({ name, description, input }: DoorTool): ChatCompletionFunctionTool {
  return { type: "function", function: { name: modelName(name), description, parameters: { ...input } } };
}

/** Runs one call, records it, and gives the text that the model reads. */
async function runCall(
  { turn, lineage, door, signal }: TurnInput,
  tool: string,
  key: string,
  args: string,
  calls: CallRecord[],
): Promise<string> {
  const started = performance.now();
  try {
    const result = await door.call(tool, JSON.parse(args || "{}"), { turn, lineage, key, signal });
    calls.push({ tool, ms: performance.now() - started });
    return JSON.stringify(result);
  } catch (error) {
    signal.throwIfAborted();
    const text = errorText(error);
    calls.push({ tool, ms: performance.now() - started, error: text });
    return text;
  }
}

/** What the model reads when a call failed: it decides whether the model repeats the call. */
function errorText(error: unknown): string {
  // Only turnmux knows what became of the call, and says it in the model's words.
  if (TurnmuxError.is(error)) return error.forModel();
  return `Error: ${error instanceof Error ? error.message : String(error)}`;
}
