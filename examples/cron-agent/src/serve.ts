/**
 * `npm start -- --serve`: the gateway alone, to be called by hand.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { AgentGateway } from "./gateway/agent-gateway.ts";
import { temporaryDatabase } from "./temporary.ts";
import { withUndo } from "./undo.ts";

/** Keeps a gateway up until the signal is aborted, and drains it then. */
export function serve({ port, signal }: { port: number; signal: AbortSignal }): Promise<void> {
  return withUndo(async (undo) => {
    const token = randomBytes(16).toString("hex");
    const gateway = await AgentGateway.start({ token, database: await temporaryDatabase(undo), blockMs: 0, port });
    undo(() => gateway.stop());

    const url = gateway.turnmuxUrl;
    console.log(
      `gateway  ${url}\ntoken    ${token}\n\nCall a tool of it from another shell, in the repository's root:\n`,
    );
    console.log(`node scripts/dev.mjs node examples/cron-agent/src/call.ts ${url} ${token} cron.list`);
    console.log("\nWithout a tool's name it tells what there is. Ctrl-C ends the gateway, and the jobs are gone then.");
    if (!signal.aborted) await once(signal, "abort");
    console.log("draining");
  });
}
