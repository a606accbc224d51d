/**
 * A move of the scripted model as the chunks of a streamed chat completion.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { Move } from "./script.ts";

/** Arguments arrive in pieces of so many characters, as they do from a real model. */
const PIECE = 24;

/** The chunks of one completion, in order; the last one says why it ended. */
export function* chunksOf(move: Move, model: string): Generator<ChatCompletionChunk> {
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model,
  } as const;
  const chunk = (
    delta: ChatCompletionChunk.Choice.Delta,
    finish: ChatCompletionChunk.Choice["finish_reason"] = null,
  ): ChatCompletionChunk => ({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] });

  if (move.kind === "reply") {
    yield chunk({ role: "assistant", content: "" });
    for (const word of move.text.match(/\S+\s*/g) ?? []) yield chunk({ content: word });
    yield chunk({}, "stop");
    return;
  }
  const call = { id: `call_${randomUUID().replaceAll("-", "")}`, type: "function" } as const;
  const named = { ...call, index: 0, function: { name: move.name, arguments: "" } };
  yield chunk({ role: "assistant", content: null, tool_calls: [named] });
  const args = JSON.stringify(move.args);
  for (let at = 0; at < args.length; at += PIECE) {
    yield chunk({ tool_calls: [{ index: 0, function: { arguments: args.slice(at, at + PIECE) } }] });
  }
  yield chunk({}, "tool_calls");
}
