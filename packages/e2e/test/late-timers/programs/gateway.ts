/** A gateway, as its users have it, whose event loop a test can block. */
import { parentPort, workerData } from "node:worker_threads";
import { createGateway } from "@turnmux/gateway";
import { block } from "../support/blocking.ts";
import type { Handed } from "../support/program.ts";
import { tools } from "../support/tools.ts";
import type { Ask } from "./messages.ts";
import { tell } from "./tell.ts";

// What the test hands over.
const { memory } = workerData as Handed;

async function listen(heartbeatMs: number): Promise<void> {
  const gateway = createGateway({ limits: { heartbeatMs } });
  gateway.implement(tools, { answer: (length) => "a".repeat(length), echo: (text) => text });
  const auth = { name: "anybody", verify: () => ({ principal: "raw", scopes: [] }) };
  const endpoint = gateway.listen({ port: 0, auth });
  await endpoint.ready;
  tell({ name: "listening", url: endpoint.url });
}

parentPort?.on("message", (ask: Ask) => {
  if (ask.do === "listen") void listen(ask.heartbeatMs);
  else if (ask.do === "block") block(memory, ask.milliseconds);
});
