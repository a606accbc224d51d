/** A journal's thread that says that its file is open, and ends at the first question. */
import { workerData } from "node:worker_threads";
import type { Opening, ThreadStart } from "../../src/journal/messages.ts";

const { port, opened } = workerData as ThreadStart;
const opening: Opening = { ok: true };
port.postMessage(opening);
Atomics.store(opened, 0, 1);
Atomics.notify(opened, 0);
port.once("message", () => process.exit(1));
