/**
 * Makes the gateway busy in the second way: its event loop stands still.
 *
 * @module
 */

/**
 * Blocks the event loop once, when the first `cron.add` arrives: a large synchronous parse, a slow file system, a
 * regular expression gone wrong would do the same. Nothing in the process runs meanwhile, no timer and no socket, and
 * yet the processor is idle, as in the original report.
 */
export class Busy {
  #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** To be told of each call that arrives, whichever way it came. */
  arrived(tool: string): void {
    if (tool !== "cron.add" || this.#ms === 0) return;
    const ms = this.#ms;
    this.#ms = 0;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
}
