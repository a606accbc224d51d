/** How a program speaks to its test. */
import { parentPort } from "node:worker_threads";
import type { Tell } from "./messages.ts";

export function tell(what: Tell): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(what);
}
