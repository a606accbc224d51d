/**
 * Starts an I/O thread, and hears of its end.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { UsageError } from "@turnmux/core";
import { fromSource } from "../../from-source.ts";
import type { IoThreadStart, ToMain } from "../messages.ts";

/** The thread's own file, as source or as build, whichever this is. */
const WORKER_URL = import.meta.url.endsWith(".ts")
  ? new URL("../thread/thread.ts", import.meta.url)
  : new URL("../thread/thread.js", import.meta.url);

/** What is to be done with what a thread says. */
export interface WorkerListener {
  messages(messages: readonly ToMain[]): void;
  /** The thread has ended; `cause` is what it threw, or how it ended otherwise. `unread` came before, and nobody has looked at it. */
  died(cause: unknown, unread: readonly ToMain[]): void;
}

/** One I/O thread. */
export class IoWorker {
  readonly port: MessagePort;
  readonly #worker: Worker;
  #cause: unknown;

  /** Throws {@link UsageError} where the thread's file is missing. */
  constructor(start: Omit<IoThreadStart, "port">, listener: WorkerListener) {
    if (!existsSync(fileURLToPath(WORKER_URL))) {
      throw new UsageError(
        `The I/O thread has its own file, ${fileURLToPath(WORKER_URL)}, and that is missing: leave @turnmux/gateway out of the bundle.`,
      );
    }
    const { port1, port2 } = new MessageChannel();
    const workerData: IoThreadStart = { ...start, port: port2 };
    const transferList = [port2];
    if (start.journal?.port !== undefined) transferList.push(start.journal.port);
    // By itself a thread has the flags of the process, some of which cannot be named here.
    const extra = fromSource(WORKER_URL).filter((flag) => !process.execArgv.includes(flag));
    const more = extra.length === 0 ? {} : { execArgv: extra };
    this.port = port1;
    const options = { name: "turnmux I/O", workerData, transferList, ...more };
    // Of those flags, one is about a program that is text, and refuses a file.
    this.#worker = process.execArgv.some((flag) => flag.startsWith("--input-type"))
      ? new Worker(`import(${JSON.stringify(WORKER_URL.href)})`, { ...options, eval: true })
      : new Worker(WORKER_URL, options);
    this.#worker.on("error", (error) => {
      this.#cause = error;
    });
    this.#worker.on("exit", (code) => {
      const unread: ToMain[] = [];
      for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1)) {
        // What the thread posted: messages alone.
        unread.push(...(next.message as ToMain[]));
      }
      port1.close();
      listener.died(this.#cause ?? new Error(`it ended with exit code ${code}`), unread);
    });
    port1.on("message", (messages: readonly ToMain[]) => listener.messages(messages));
    // The thread itself keeps the process up, while it has endpoints.
    port1.unref();
  }

  /** Ends a thread that does not end by itself, for this reason. */
  end(cause: Error): void {
    this.#cause ??= cause;
    void this.#worker.terminate();
  }

  /** Whether the thread by itself keeps the process up. */
  keepUp(keeps: boolean): void {
    if (keeps) this.#worker.ref();
    else this.#worker.unref();
  }
}
