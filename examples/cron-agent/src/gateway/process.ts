/**
 * The gateway as a process of its own, steered by the process that forked it. It ends when it is told to stop, and
 * when its parent is gone.
 *
 * @module
 */

import { AgentGateway } from "./agent-gateway.ts";
import type { ControlOp, ControlOps, ControlReply, ControlRequest } from "./control.ts";

let gateway: AgentGateway | undefined;
let ending: Promise<void> | undefined;

function running(): AgentGateway {
  if (gateway === undefined) throw new Error("the gateway has not been started");
  return gateway;
}

const answers: { readonly [Op in ControlOp]: (args: ControlOps[Op]["args"]) => Promise<ControlOps[Op]["result"]> } = {
  start: async (options) => {
    gateway = await AgentGateway.start(options);
    return { url: gateway.url, threadUrl: gateway.threadUrl };
  },
  say: ({ session, text }) => running().say(session, text),
  take: ({ session, text, model }) => running().take(session, text, model),
  settle: () => running().settle(),
  stop: async () => {
    await end();
    return null;
  },
};

function end(): Promise<void> {
  ending ??= gateway?.stop() ?? Promise.resolve();
  return ending;
}

function send(reply: ControlReply): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(reply, undefined, undefined, () => resolve());
    else resolve();
  });
}

async function handle(request: ControlRequest): Promise<void> {
  const answer = answers[request.op] as (args: unknown) => Promise<ControlOps[ControlOp]["result"]>;
  try {
    await send({ id: request.id, result: await answer(request.args) });
  } catch (error) {
    await send({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
  if (request.op === "stop" && process.connected) process.disconnect();
}

process.on("message", (request: ControlRequest) => void handle(request));
process.on("disconnect", () => void end());
// Ctrl-C reaches the whole process group; the parent decides what becomes of it, and says so.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => void end().then(() => process.connected && process.disconnect()));
