/** A journal's thread that records nothing, and commits once for each message. */
import { workerData } from "node:worker_threads";
import type { Opening, Reply, Request, ThreadStart } from "../../src/journal/messages.ts";

const { port, opened } = workerData as ThreadStart;
const opening: Opening = { ok: true };
port.postMessage(opening);
Atomics.store(opened, 0, 1);
Atomics.notify(opened, 0);
port.on("message", (request: Request) => {
  if ("close" in request) return port.close();
  if (!("operations" in request)) return;
  const results = request.operations.map(() => ({ kind: "settle" }) as const);
  const reply: Reply = { results, commits: [results.length] };
  port.postMessage(reply);
});
