/**
 * Calls that the I/O thread runs without the main thread, for those who trace calls here.
 *
 * @module
 */

import type { CallEnd } from "@turnmux/core";
import { traceCall } from "../../observe/diagnostics.ts";
import type { TraceMessage } from "../messages.ts";

/** How a call ended whose thread is gone. */
const LOST: CallEnd = { ok: false, code: "unavailable", outcome: "unknown" };

/** See the module's comment. */
export class TracesOfThread {
  readonly #open = new Map<number, (end: CallEnd) => void>();

  take(message: TraceMessage): void {
    const { id } = message;
    if (message.kind === "traceEnded") {
      this.#open.get(id)?.(message.end);
      this.#open.delete(id);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<CallEnd>();
    this.#open.set(id, resolve);
    void traceCall(message.trace, () => promise);
  }

  /** The thread is gone. */
  abandon(): void {
    for (const end of this.#open.values()) end(LOST);
    this.#open.clear();
  }
}
