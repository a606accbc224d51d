/**
 * Tool calls over plain HTTP: `POST /tools/cron.add`, the arguments as JSON.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { HostError, sameSecret } from "../host/message.ts";
import { asHostError } from "../host/peer.ts";
import type { Calls } from "./calls.ts";

/** The most octets of arguments. */
const MAX_BODY = 1_048_576;

const STATUS: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  unimplemented: 404,
  invalid_argument: 400,
  already_exists: 409,
  resource_exhausted: 413,
};

/** The handler of the gateway's HTTP server. */
export function httpCalls(calls: Calls, token: string): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(calls, token, request).then(
      (result) => reply(response, 200, { result }),
      (error: unknown) => {
        const { code, message } = asHostError(error);
        reply(response, STATUS[code] ?? 500, { error: { code, message } });
      },
    );
  };
}

async function answer(calls: Calls, token: string, request: IncomingMessage): Promise<unknown> {
  const tool = /^\/tools\/([\w.-]{1,64})$/.exec(request.url ?? "")?.[1];
  if (tool === undefined || request.method !== "POST") throw new HostError("unimplemented", "POST /tools/<name>");
  if (!sameSecret(request.headers.authorization ?? "", `Bearer ${token}`)) {
    throw new HostError("unauthenticated", "not authenticated");
  }
  const args = await body(request);
  return await calls.call(tool, args, {
    session: header(request, "x-session") ?? "http",
    lineage: header(request, "x-lineage"),
    key: header(request, "idempotency-key"),
  });
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > MAX_BODY) throw new HostError("resource_exhausted", "the arguments are too long");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new HostError("invalid_argument", "the arguments are not JSON");
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
