/** A gateway with a scheduler, whose event loop is blocked at the first add, once its job is there, or when a test says so. */
import { parentPort, workerData } from "node:worker_threads";
import type { Ask } from "../../late-timers/programs/messages.ts";
import { tell } from "../../late-timers/programs/tell.ts";
import { block } from "../../late-timers/support/blocking.ts";
import type { Handed } from "../../late-timers/support/program.ts";
import { openGateway } from "../support/gateway.ts";

// What the test hands over.
const { memory } = workerData as Handed;

async function listen(): Promise<void> {
  const { url, scheduler } = await openGateway();
  scheduler.onAdded = () => {
    scheduler.onAdded = () => {};
    block(memory, 0);
  };
  tell({ name: "listening", url });
}

parentPort?.on("message", (ask: Ask) => {
  if (ask.do === "block") block(memory, ask.milliseconds);
  else if (ask.do === "listen") void listen();
});
