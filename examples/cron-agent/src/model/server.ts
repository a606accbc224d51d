/**
 * The scripted model behind the chat-completions API: `POST /v1/chat/completions` on loopback, streamed as server-sent
 * events.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { JobSpec } from "../cron/job.ts";
import type { ModelSettings } from "../turn/model.ts";
import { chunksOf } from "./chunks.ts";
import { nextMove } from "./script.ts";

/** As much of a request as the script reads. */
const CompletionRequest = z.object({
  model: z.string(),
  stream: z.literal(true),
  messages: z.array(
    z.union([
      z.object({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
      z.object({ role: z.enum(["system", "developer", "user", "assistant"]) }),
    ]),
  ),
});

/** A scripted model that listens. Whoever starts it calls `stop`. */
export interface ScriptedModel {
  readonly settings: ModelSettings;
  stop(): Promise<void>;
}

/** Starts a model that plans these jobs, whatever it is asked. */
export async function startScriptedModel(jobs: readonly JobSpec[]): Promise<ScriptedModel> {
  const server = createServer((request, response) => {
    complete(jobs, request, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    settings: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "scripted", model: "scripted-1" },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function complete(jobs: readonly JobSpec[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") throw new Error("no such method here");
  const wanted = CompletionRequest.parse(JSON.parse(await text(request)));
  const results = wanted.messages.flatMap((message) => (message.role === "tool" ? [message.content] : []));
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const chunk of chunksOf(nextMove(jobs, results), wanted.model)) {
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end("data: [DONE]\n\n");
}

function refuse(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  response.writeHead(400, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code: null } }));
}
