/**
 * A model that follows a script, over HTTP, as both SDKs would talk to a real one: OpenAI's chat completions.
 */
import { createServer } from "node:http";

/** A turn of the script: what the model answers, given what the tools have said last. */
export type Step = (
  lastToolResult: string,
) => { readonly call: string; readonly args: object } | { readonly say: string };

export interface ScriptedModel {
  readonly baseURL: string;
  /** What the model has read of its tools, in order. */
  readonly read: readonly string[];
  close(): Promise<void>;
}

interface Message {
  readonly role: string;
  readonly content: unknown;
}

/** Serves the script: the next step for each request. */
export async function scriptedModel(script: readonly Step[]): Promise<ScriptedModel> {
  let at = 0;
  const read: string[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    request.on("end", () => {
      const { messages } = JSON.parse(text) as { readonly messages: readonly Message[] };
      const last = messages.at(-1);
      const result = last?.role === "tool" ? textOf(last.content) : "";
      if (last?.role === "tool") read.push(result);
      const step = script[at]?.(result) ?? { say: "The script is over." };
      at += 1;
      const message =
        "say" in step
          ? { role: "assistant", content: step.say }
          : {
              role: "assistant",
              content: null,
              tool_calls: [
                {
                  id: `call_${crypto.randomUUID()}`,
                  type: "function",
                  function: { name: step.call, arguments: JSON.stringify(step.args) },
                },
              ],
            };
      const finish = "say" in step ? "stop" : "tool_calls";
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          id: `chatcmpl-${at}`,
          object: "chat.completion",
          created: 0,
          model: "scripted",
          choices: [{ index: 0, message, finish_reason: finish }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    read,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content.map((part: unknown) => (hasText(part) ? part.text : "")).join("");
}

function hasText(part: unknown): part is { readonly text: string } {
  return typeof part === "object" && part !== null && "text" in part && typeof part.text === "string";
}
