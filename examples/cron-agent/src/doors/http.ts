/**
 * HTTP with keep-alive: what one would do without turnmux.
 *
 * @module
 */

import { Agent, request } from "node:http";
import { z } from "zod";
import { HostError } from "../host/message.ts";
import { KNOWN_TOOLS } from "./known-tools.ts";
import { withTimeout } from "./timeout.ts";
import type { CallOptions, DoorContext, ToolDoor } from "./door.ts";

/** How the HTTP door behaves. */
export interface HttpDoorOptions {
  /** The limit of each call, or nothing for none at all. */
  readonly timeoutMs?: number;
  /** Sends the key of the call, so that the gateway runs it once. */
  readonly idempotencyKey: boolean;
}

const Answer = z.union([
  z.object({ result: z.unknown() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

/**
 * Opens a door of HTTP requests over one agent that keeps its connections. It passes on the lineage of its turn in a
 * header of its own, as whoever does this well would: without that its calls would wait behind the lane, as the old way's do.
 */
export function httpKeepAlive(door: HttpDoorOptions): (context: DoorContext) => ToolDoor {
  return (context) => {
    const agent = new Agent({ keepAlive: true });
    return {
      tools: () => Promise.resolve(KNOWN_TOOLS),
      call: (tool, args, options) => {
        const headers: Record<string, string> = {
          authorization: `Bearer ${context.token}`,
          "content-type": "application/json",
          "x-session": context.session,
          "x-lineage": options.lineage,
          ...(door.idempotencyKey ? { "idempotency-key": `${options.turn}/${options.key}` } : {}),
        };
        const send = (signal: AbortSignal) => post(`${context.url}/tools/${tool}`, { agent, headers, signal }, args);
        return door.timeoutMs === undefined ? send(options.signal) : withTimeout(door.timeoutMs, options.signal, send);
      },
      close: () => {
        agent.destroy();
        return Promise.resolve();
      },
    };
  };
}

async function post(
  url: string,
  options: { agent: Agent; headers: Record<string, string>; signal: CallOptions["signal"] },
  args: unknown,
): Promise<unknown> {
  const text = await new Promise<string>((resolve, reject) => {
    const outgoing = request(url, { ...options, method: "POST" }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.once("error", reject);
    });
    outgoing.once("error", reject);
    outgoing.end(JSON.stringify(args));
  });
  const answer = Answer.parse(JSON.parse(text));
  if ("error" in answer) throw new HostError(answer.error.code, answer.error.message);
  return answer.result;
}
