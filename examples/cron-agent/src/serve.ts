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

    console.log(`gateway  ${gateway.url}\ntoken    ${token}\n\nCall a tool of it from another shell:\n`);
    console.log(exampleCall(gateway.url, token));
    console.log("\nCtrl-C ends it. The jobs are gone then.");
    if (!signal.aborted) await once(signal, "abort");
    console.log("draining");
  });
}

function exampleCall(url: string, token: string): string {
  return `curl -s ${url}/tools/cron.list -d '{}' -H 'authorization: Bearer ${token}'`;
}
