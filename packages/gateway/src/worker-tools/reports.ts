/**
 * What a handler in a worker's thread says before its result, at a pace that the other thread keeps up with: a loop that never stops
 * must not fill another thread's memory.
 *
 * @module
 */

import type { Logger } from "@turnmux/core";
import type { MessagePort } from "node:worker_threads";
import { describeThrown } from "./thrown.ts";
import { type FromWorker, LINES_UNDER_WAY, post, REPORTS_UNDER_WAY, Shared } from "./messages.ts";

type Report = Extract<FromWorker, { kind: "progress" | "waiting" }>;

/** See the module's comment. */
export class Reports {
  readonly #port: MessagePort;
  readonly #shared: Int32Array;
  #reportsSent = 0;
  /** The latest of each kind that has to wait. */
  readonly #latest = new Map<Report["kind"], Report>();
  #linesSent = 0;
  #linesDropped = 0;

  constructor(port: MessagePort, shared: Int32Array) {
    this.#port = port;
    this.#shared = shared;
  }

  /** For `call.log`. */
  readonly log: Logger = {
    debug: (message, fields) => this.#line("debug", message, fields),
    info: (message, fields) => this.#line("info", message, fields),
    warn: (message, fields) => this.#line("warn", message, fields),
    error: (message, fields) => this.#line("error", message, fields),
  };

  /** Throws where the report cannot be cloned. */
  report(report: Report): void {
    if (this.#hasRoom && this.#latest.size === 0) {
      this.#post(report);
      return;
    }
    // A copy: the handler may go on with its own.
    this.#latest.delete(report.kind);
    this.#latest.set(report.kind, structuredClone(report));
    this.flush();
  }

  /** The other thread has taken some, or the handler is done: what has to wait goes. */
  flush(isEnd = false): void {
    for (const [kind, report] of this.#latest) {
      if (!isEnd && !this.#hasRoom) return;
      this.#latest.delete(kind);
      this.#post(report);
    }
    if (isEnd) this.#tellDropped();
  }

  get #hasRoom(): boolean {
    return this.#reportsSent - Atomics.load(this.#shared, Shared.reportsTaken) < REPORTS_UNDER_WAY;
  }

  #post(report: Report): void {
    post(this.#port, report);
    this.#reportsSent += 1;
  }

  #line(level: keyof Logger, message: string, fields: Record<string, unknown> | undefined): void {
    if (this.#linesSent - Atomics.load(this.#shared, Shared.linesTaken) >= LINES_UNDER_WAY) {
      this.#linesDropped += 1;
      return;
    }
    this.#tellDropped();
    this.#postLine(level, message, fields);
  }

  #tellDropped(): void {
    const lines = this.#linesDropped;
    if (lines === 0) return;
    this.#linesDropped = 0;
    this.#postLine("warn", "lines of the log were dropped: there were more than were taken", { lines });
  }

  #postLine(level: keyof Logger, message: string, fields: Record<string, unknown> | undefined): void {
    this.#linesSent += 1;
    const line = { kind: "log", level, message } as const;
    try {
      post(this.#port, { ...line, fields });
    } catch {
      // Functions and the like cannot be cloned. A log line is worth its words.
      const words: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(fields ?? {})) words[name] = wordsOf(value);
      post(this.#port, { ...line, fields: words });
    }
  }
}

function wordsOf(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  return describeThrown(value).message;
}
