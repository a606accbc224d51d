/**
 * The gateway's process. It does what its parent tells it: it stands still.
 *
 * @module
 */
import { createGateway, memoryJournal, tokenAuth, workerTool } from "@turnmux/gateway";
import { isOrder, SECRET, type Told } from "./messages.ts";
import { tools } from "./tools.ts";

const written = new Map<string, number>();

const gateway = createGateway({ journal: memoryJournal() });
gateway.implement(tools, {
  cron: { list: () => ["tea at four"] },
  note: ({ text }) => {
    const runs = (written.get(text) ?? 0) + 1;
    written.set(text, runs);
    return { runs };
  },
  digest: workerTool(new URL("./tools.ts", import.meta.url), { export: "digest", contract: "tools" }),
});

const endpoint = gateway.listen({
  port: 0,
  // What all of this is about.
  ioThread: process.argv.includes("--io-thread"),
  auth: tokenAuth(SECRET, { principal: "ada", scopes: [] }),
});
await endpoint.ready;

process.on("message", (order) => {
  if (!isOrder(order)) return;
  tell({ standsStillSince: Date.now() });
  // A large synchronous parse, a slow file system or a regular expression gone wrong would do the same: nothing of this thread runs.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.blockMs);
});
process.on("disconnect", () => process.exit(0));
tell({ url: endpoint.url });

function tell(told: Told): void {
  process.send?.(told);
}
