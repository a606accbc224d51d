/**
 * What the I/O thread runs by itself, and what its pool of worker tools does, seen from the main thread at any time.
 *
 * @module
 */

import type { WorkerStats } from "../worker-tools/stats.ts";

const THREADS = 0;
const RUNNING = 1;
const QUEUED = 2;
const HANDLERS = 3;

/** Its memory. */
export function workersMemory(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
}

/** Lets the other thread see it. */
export function publishWorkers(memory: Int32Array<SharedArrayBuffer>, { threads, running, queued }: WorkerStats): void {
  Atomics.store(memory, THREADS, threads);
  Atomics.store(memory, RUNNING, running);
  Atomics.store(memory, QUEUED, queued);
}

/** As it was published last. */
export function readWorkers(memory: Int32Array<SharedArrayBuffer>): WorkerStats {
  return {
    threads: Atomics.load(memory, THREADS),
    running: Atomics.load(memory, RUNNING),
    queued: Atomics.load(memory, QUEUED),
  };
}

/** Lets the other thread see how many handlers run. */
export function publishHandlers(memory: Int32Array<SharedArrayBuffer>, count: number): void {
  Atomics.store(memory, HANDLERS, count);
}

/** As it was published last. */
export function readHandlers(memory: Int32Array<SharedArrayBuffer>): number {
  return Atomics.load(memory, HANDLERS);
}
