/**
 * Things that are begun again and again: how many wait, and how long those took that ended lately.
 *
 * @module
 */

/** What became of all of them. */
export interface Totals {
  readonly begun: number;
  readonly failed: number;
  /** Those that ended while the gateway's main thread stood still. */
  readonly whileBlocked: number;
  readonly longestMs: number;
}

/** See the module's comment. */
export class Tally {
  /** What the gateway does meanwhile. */
  readonly #isBlocked: () => boolean;
  #begun = 0;
  #ended = 0;
  #failed = 0;
  #whileBlocked = 0;
  #longestMs = 0;
  #lately: number[] = [];

  constructor(isBlocked: () => boolean) {
    this.#isBlocked = isBlocked;
  }

  /** Something begins; gives back what tells that it is done. Only the first time counts. */
  begin(): () => void {
    this.#begun += 1;
    const at = performance.now();
    const wasBlocked = this.#isBlocked();
    let done = false;
    return () => {
      if (done) return;
      done = true;
      const took = performance.now() - at;
      this.#ended += 1;
      this.#longestMs = Math.max(this.#longestMs, took);
      this.#lately.push(took);
      if (wasBlocked && this.#isBlocked()) this.#whileBlocked += 1;
    };
  }

  /** Something that was begun came to nothing. */
  fail(): void {
    this.#ended += 1;
    this.#failed += 1;
  }

  /** What to show of the time since this was asked before. */
  lately(): string {
    const took = this.#lately.toSorted((a, b) => a - b);
    this.#lately = [];
    const waiting = this.#begun - this.#ended;
    const wait = waiting === 0 ? "" : `${waiting} ${waiting === 1 ? "waits" : "wait"}`;
    const middle = took[Math.floor(took.length / 2)];
    const done = middle === undefined ? "" : `${took.length} in ${middle.toFixed(0)} ms`;
    return [done, wait].filter((part) => part !== "").join(", ") || "-";
  }

  get totals(): Totals {
    return {
      begun: this.#begun,
      failed: this.#failed,
      whileBlocked: this.#whileBlocked,
      longestMs: Math.round(this.#longestMs),
    };
  }
}
