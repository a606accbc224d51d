/**
 * Asks a journal's thread over a port: what is asked for in one turn of the event loop goes in one message.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { UsageError } from "@turnmux/core";
import type { Operation, Reply, Result } from "./messages.ts";

interface Pending {
  readonly operation: Operation;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** Questions over one port, and what is still to be answered. */
export class Questions {
  readonly #port: MessagePort;
  /** Told whether something is under way. */
  readonly #busy: (busy: boolean) => void;
  readonly #committed: (operations: number) => void;
  /** Asked for in this turn of the event loop. */
  #queued: Pending[] = [];
  /** Told to the thread, in order. */
  #sent: Pending[] = [];
  #gone: Error | undefined;

  /** `committed` hears how many operations shared each commit. */
  constructor(port: MessagePort, busy: (busy: boolean) => void, committed: (operations: number) => void) {
    this.#port = port;
    this.#busy = busy;
    this.#committed = committed;
  }

  /** Resolves with the result of an operation; rejects when it failed, or the thread is gone. */
  ask(operation: Operation): Promise<Result> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#queued.push({ operation, resolve, reject });
      // The end of the turn: whatever else is asked for until then shares the commit.
      if (this.#queued.length === 1) setImmediate(() => this.send());
    });
  }

  /** Sends what was asked for, now. */
  send(): void {
    const batch = this.#queued;
    this.#queued = [];
    if (batch.length === 0 || this.#gone !== undefined) return;
    const operations = batch.map(({ operation }) => operation);
    try {
      this.#port.postMessage({ operations }, operations.flatMap(ownBuffers));
    } catch (cause) {
      // Something that is no plain data, against the types. Nobody waits for this turn's end who could be told otherwise.
      for (const { reject } of batch) reject(new UsageError("What a journal records must be plain data.", { cause }));
      return;
    }
    this.#sent.push(...batch);
    this.#busy(true);
  }

  /** The thread has answered. */
  take({ results, commits }: Reply): void {
    const answered = this.#sent.splice(0, results.length);
    if (this.#sent.length === 0) this.#busy(false);
    for (const operations of commits) this.#committed(operations);
    for (const [index, { resolve, reject }] of answered.entries()) {
      const result = results[index];
      if (result === undefined || result.kind === "failed") reject(new Error(result?.message ?? "No result."));
      else resolve(result);
    }
  }

  /** The thread is gone: nothing is answered any more. */
  fail(error: Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = error;
    for (const { reject } of [...this.#sent, ...this.#queued]) reject(error);
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
