/**
 * The gateway's side of a journal's thread: starts it, asks it, and notices when it is gone.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { UsageError } from "@turnmux/core";
import { fromSource } from "../from-source.ts";
import { publish } from "../observe/diagnostics.ts";
import type {
  DatabaseSettings,
  MemorySettings,
  Opening,
  Operation,
  Reply,
  Request,
  Result,
  ThreadStart,
} from "./messages.ts";
import { Questions } from "./questions.ts";

/** How long opening may take, in milliseconds: reading a file through, or migrating it, on a slow disk. */
const OPEN_TIMEOUT_MS = 60_000;

/** The thread's own file, as source or as build, whichever this is. */
const WORKER_URL = import.meta.url.endsWith(".ts")
  ? new URL("./worker.ts", import.meta.url)
  : new URL("./worker.js", import.meta.url);

/** A thread with an open journal. */
export class JournalThread {
  readonly #shownPath: string;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #questions: Questions;
  #gone: Error | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Starts the thread, and blocks until it has opened the file.
   *
   * @param url another thread for tests
   * @throws {UsageError} when the file cannot serve as it is, or is in use
   * @throws {Error} when the machine is at fault
   */
  constructor(settings: DatabaseSettings | MemorySettings, url: URL = WORKER_URL) {
    this.#shownPath = settings.shownPath;
    if (!existsSync(fileURLToPath(url))) {
      throw new UsageError(
        `The journal's thread has its own file, ${fileURLToPath(url)}, and that is missing: leave @turnmux/gateway out of the bundle.`,
      );
    }
    const { port1, port2 } = new MessageChannel();
    const opened = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: ThreadStart<typeof settings> = { port: port2, opened, settings };
    // Node 22 calls node:sqlite experimental, once in each process that uses it: nothing that users could act on. The flag
    // holds for this thread alone.
    const execArgv = ["--disable-warning=ExperimentalWarning", ...fromSource(url)];
    this.#port = port1;
    this.#worker = new Worker(url, { name: "turnmux journal", workerData, transferList: [port2], execArgv });
    this.#worker.unref();
    this.#worker.on("error", (error) => this.#die(error));
    this.#worker.on("exit", () => this.#die(undefined));

    this.#questions = new Questions(
      port1,
      (busy) => {
        if (busy) this.#worker.ref();
        else if (this.#closed === undefined) this.#worker.unref();
      },
      (operations) => publish("journal", { event: "committed", fields: { operations } }),
    );

    Atomics.wait(opened, 0, 0, OPEN_TIMEOUT_MS);
    // What the thread posts first.
    const opening = receiveMessageOnPort(port1)?.message as Opening | undefined;
    if (opening?.ok !== true) {
      this.#closed = this.#terminate();
      if (opening?.usage === true) throw new UsageError(opening.message);
      throw new Error(
        opening?.message ??
          `The journal "${this.#shownPath}" could not be opened within ${OPEN_TIMEOUT_MS / 1000} s: look whether its disk answers.`,
      );
    }
    port1.on("message", (reply: Reply) => this.#questions.take(reply));
    port1.unref();
  }

  /** Resolves with the result of an operation; rejects when it failed, the journal is closed, or the thread is gone. */
  ask(operation: Operation): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(new UsageError("The journal is closed. Open a new one."));
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return this.#questions.ask(operation);
  }

  /** A port over which another thread may ask. It is to be transferred. Undefined once the journal is closed, or its thread gone. */
  connect(): MessagePort | undefined {
    if (this.#closed !== undefined || this.#gone !== undefined) return undefined;
    const { port1, port2 } = new MessageChannel();
    this.#post({ connect: port2 }, [port2]);
    return port1;
  }

  /** Finishes what was asked for, then closes the file and ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#gone !== undefined) return;
    this.#questions.send();
    const exit = new Promise<void>((resolve) => {
      this.#worker.once("exit", () => resolve());
    });
    this.#worker.ref();
    this.#post({ close: true }, []);
    await exit;
  }

  async #terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #post(request: Request, transfer: MessagePort[]): void {
    this.#port.postMessage(request, transfer);
  }

  #die(cause: unknown): void {
    if (this.#gone !== undefined) return;
    const message = `The thread of the journal "${this.#shownPath}" has ended: restart the gateway.`;
    this.#gone = new Error(message, cause === undefined ? undefined : { cause });
    this.#port.close();
    this.#questions.fail(this.#gone);
  }
}
