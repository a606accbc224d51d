/**
 * Whether anybody in the main thread has subscribed to what the I/O thread could tell: what nobody wants is not sent.
 *
 * @module
 */

import { subscribed, tracesCalls } from "../observe/diagnostics.ts";

const CALLS = 1;
const JOURNAL = 2;

/** The memory of {@link Watched}. */
export function watchedMemory(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Notes in the main thread, from time to time, what is watched now: Node tells nobody of a new subscriber. */
export function noteWatched(memory: Int32Array<SharedArrayBuffer>): void {
  Atomics.store(memory, 0, (tracesCalls() ? CALLS : 0) | (subscribed("journal") ? JOURNAL : 0));
}

/** What is watched, as the I/O thread sees it. */
export class Watched {
  readonly #memory: Int32Array<SharedArrayBuffer>;

  constructor(memory: Int32Array<SharedArrayBuffer>) {
    this.#memory = memory;
  }

  /** Calls are traced. */
  get calls(): boolean {
    return (Atomics.load(this.#memory, 0) & CALLS) !== 0;
  }

  /** Somebody hears of what journals do. */
  get journal(): boolean {
    return (Atomics.load(this.#memory, 0) & JOURNAL) !== 0;
  }
}
