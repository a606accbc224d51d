/** A client, as its users have it, whose event loop a test can block. */
import { parentPort, workerData } from "node:worker_threads";
import { connect, TurnmuxError, type ClientSession } from "@turnmux/client";
import { WebSocket } from "ws";
import { block } from "../support/blocking.ts";
import type { Handed } from "../support/program.ts";
import { tools } from "../support/tools.ts";
import type { Ask, AskCall } from "./messages.ts";
import { tell } from "./tell.ts";

/** What may differ between clients. */
export interface ClientOptions {
  readonly deadlineVerdictMs?: number;
  readonly framePayload?: number;
  /** Its socket gives one message in each turn of the event loop. */
  readonly oneAtATime?: boolean;
}

// What the test hands over.
const { memory } = workerData as Handed;
let session: ClientSession | undefined;

async function open(url: string, { oneAtATime = false, ...limits }: ClientOptions): Promise<void> {
  session = await connect(url, {
    reconnect: false,
    limits,
    webSocket: (where) => new WebSocket(where, { allowSynchronousEvents: !oneAtATime, perMessageDeflate: false }),
  });
  session.addEventListener("state", ({ detail }) => {
    if (detail.state === "closed") tell({ name: "closed" });
  });
  tell({ name: "ready" });
}

async function call({ id, tool, input, timeoutMs, acceptTimeoutMs }: AskCall): Promise<void> {
  if (session === undefined) throw new Error("there is no session");
  const api = session.client(tools);
  const options = { timeoutMs, acceptTimeoutMs };
  const result = tool === "answer" ? api.answer(Number(input), options) : api.echo(String(input), options);
  try {
    tell({ name: "ended", id, length: (await result).length });
  } catch (error) {
    if (!TurnmuxError.is(error)) throw error;
    tell({ name: "ended", id, code: error.code, outcome: error.outcome });
  }
}

parentPort?.on("message", (ask: Ask) => {
  if (ask.do === "connect") void open(ask.url, ask.options);
  else if (ask.do === "call") void call(ask);
  else if (ask.do === "block") block(memory, ask.milliseconds);
});
