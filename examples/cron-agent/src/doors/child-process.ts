/**
 * turnmux from a child process of the turn: it has a session over the turn's own, and opens no connection to the gateway.
 *
 * @module
 */

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { DoorContext, ToolDoor } from "./door.ts";
import type { ChildCall, ChildReply } from "./child/messages.ts";
import { sharedTurn } from "./shared-turn.ts";

/** Starts the child with the first call. */
export function childProcess(context: DoorContext): ToolDoor {
  let child: ChildProcess | undefined;
  let lastId = 0;
  const start = (env: Readonly<Record<string, string>>): ChildProcess =>
    fork(fileURLToPath(new URL("child/main.ts", import.meta.url)), [], {
      execArgv: ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning"],
      env: { ...process.env, ...env },
    });
  return sharedTurn(
    context,
    async (share, tool, args, { turn, key, signal }) => {
      child ??= start(share.env);
      const id = ++lastId;
      const call: ChildCall = { id, tool, args, key: `${turn}/${key}` };
      const reply = replyTo(child, id, signal);
      child.send(call);
      const answer = await reply;
      if ("error" in answer) throw new Error(answer.error);
      return answer.result;
    },
    async () => {
      if (child === undefined || child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  );
}

async function replyTo(child: ChildProcess, id: number, signal: AbortSignal): Promise<ChildReply> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildReply>();
  const reply = (message: ChildReply): void => {
    if (message.id === id) resolve(message);
  };
  const exit = (): void => reject(new Error("the child process ended before it answered"));
  const abort = (): void => {
    child.kill();
    reject(signal.reason);
  };
  child.on("message", reply);
  child.on("exit", exit);
  signal.addEventListener("abort", abort);
  try {
    return await promise;
  } finally {
    child.off("message", reply);
    child.off("exit", exit);
    signal.removeEventListener("abort", abort);
  }
}
