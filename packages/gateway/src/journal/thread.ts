/**
 * The gateway's side of a journal's thread: starts it, asks it, and notices when it is gone.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { UsageError } from "@turnmux/core";
import { publish } from "../observe/diagnostics.ts";
import type { DatabaseSettings, Opening, Operation, Reply, Request, Result, ThreadStart } from "./messages.ts";

/** How long opening may take, in milliseconds: reading a file through, or migrating it, on a slow disk. */
const OPEN_TIMEOUT_MS = 60_000;

interface Pending {
  readonly operation: Operation;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** The thread's own file, as source or as build, whichever this is. */
const WORKER_URL = import.meta.url.endsWith(".ts")
  ? new URL("./worker.ts", import.meta.url)
  : new URL("./worker.js", import.meta.url);

/** A thread with an open journal. */
export class JournalThread {
  readonly #shownPath: string;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  /** Asked for in this turn of the event loop. */
  #queued: Pending[] = [];
  /** Told to the thread, in order. */
  #sent: Pending[] = [];
  #gone: Error | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Starts the thread, and blocks until it has opened the file.
   *
   * @param url another thread for tests
   * @throws {UsageError} when the file cannot serve as it is, or is in use
   * @throws {Error} when the machine is at fault
   */
  constructor(settings: DatabaseSettings, url: URL = WORKER_URL) {
    this.#shownPath = settings.shownPath;
    if (!existsSync(fileURLToPath(url))) {
      throw new UsageError(
        `The journal's thread has its own file, ${fileURLToPath(url)}, and that is missing: leave @turnmux/gateway out of the bundle.`,
      );
    }
    const { port1, port2 } = new MessageChannel();
    const opened = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: ThreadStart = { port: port2, opened, settings };
    // Node 22 calls node:sqlite experimental, once in each process that uses it: nothing that users could act on. The flag
    // holds for this thread alone.
    const execArgv = ["--disable-warning=ExperimentalWarning"];
    this.#port = port1;
    this.#worker = new Worker(url, { name: "turnmux journal", workerData, transferList: [port2], execArgv });
    this.#worker.unref();
    this.#worker.on("error", (error) => this.#die(error));
    this.#worker.on("exit", () => this.#die(undefined));

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
    port1.on("message", (reply: Reply) => this.#take(reply));
    port1.unref();
  }

  /** Resolves with the result of an operation; rejects when it failed, the journal is closed, or the thread is gone. */
  ask(operation: Operation): Promise<Result> {
    if (this.#closed !== undefined) return Promise.reject(new UsageError("The journal is closed. Open a new one."));
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#queued.push({ operation, resolve, reject });
      // The end of the turn: whatever else is asked for until then shares the commit.
      if (this.#queued.length === 1) setImmediate(() => this.#send());
    });
  }

  /** Finishes what was asked for, then closes the file and ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#gone !== undefined) return;
    this.#send();
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

  #send(): void {
    const batch = this.#queued;
    this.#queued = [];
    if (batch.length === 0 || this.#gone !== undefined) return;
    const operations = batch.map(({ operation }) => operation);
    try {
      this.#post({ operations }, operations.flatMap(ownBuffers));
    } catch (cause) {
      // Something that is no plain data, against the types. Nobody waits for this turn's end who could be told otherwise.
      for (const { reject } of batch) reject(new UsageError("What a journal records must be plain data.", { cause }));
      return;
    }
    this.#sent.push(...batch);
    this.#worker.ref();
  }

  #post(request: Request, transfer: ArrayBuffer[]): void {
    this.#port.postMessage(request, transfer);
  }

  #take({ results, commits }: Reply): void {
    const answered = this.#sent.splice(0, results.length);
    if (this.#sent.length === 0 && this.#closed === undefined) this.#worker.unref();
    for (const operations of commits) publish("journal", { event: "committed", fields: { operations } });
    for (const [index, { resolve, reject }] of answered.entries()) {
      const result = results[index];
      if (result === undefined || result.kind === "failed") reject(new Error(result?.message ?? "No result."));
      else resolve(result);
    }
  }

  #die(cause: unknown): void {
    if (this.#gone !== undefined) return;
    const message = `The thread of the journal "${this.#shownPath}" has ended: restart the gateway.`;
    this.#gone = new Error(message, cause === undefined ? undefined : { cause });
    this.#port.close();
    for (const { reject } of [...this.#sent, ...this.#queued]) reject(this.#gone);
    this.#sent = [];
    this.#queued = [];
  }
}

/** Results from this size on, in octets, move to the thread. Smaller ones are copied sooner than their buffers change hands. */
const MOVED_OCTETS = 16 * 1024;

/** Buffers of large results, which are copies of the journal's own and so can move. */
function ownBuffers(operation: Operation): ArrayBuffer[] {
  if (operation.kind !== "settle") return [];
  return operation.settlements
    .map(({ ending }) => ending.body.octets.buffer)
    .filter((each): each is ArrayBuffer => each instanceof ArrayBuffer && each.byteLength >= MOVED_OCTETS);
}
