/**
 * Runs that wait in the I/O thread until the main thread has looked at others. Those of a session that stands have a bound by what its calls
 * may be; those that go on without their session have one here, or a client that comes, calls and goes in a loop would have none.
 *
 * @module
 */

/** Runs whose sessions are over. */
const MOST_LEFT = 1_024;

/** Octets of their arguments. */
const MOST_LEFT_OCTETS = 64 * 1024 * 1024;

/** What is to be known of a run. */
export interface QueuedRun {
  readonly sessionId: string;
  /** Of its arguments. */
  octets(): number;
}

/** See the module's comment. */
export class RunQueue<R extends QueuedRun> {
  readonly #runs = new Set<R>();
  /** Those whose sessions are over, and the octets of each. */
  readonly #left = new Map<R, number>();
  #leftOctets = 0;

  add(run: R): void {
    this.#runs.add(run);
  }

  /** False where it does not wait. */
  delete(run: R): boolean {
    const octets = this.#left.get(run);
    if (octets !== undefined) {
      this.#left.delete(run);
      this.#leftOctets -= octets;
    }
    return this.#runs.delete(run);
  }

  /** In their order. One may be deleted meanwhile. */
  [Symbol.iterator](): Iterator<R> {
    return this.#runs.values();
  }

  /** A session is over, and what waits here goes on without it. Gives back what is to be given up for that: the oldest ones, which wait no more. */
  leave(sessionId: string): R[] {
    for (const run of this.#runs) {
      if (run.sessionId !== sessionId || this.#left.has(run)) continue;
      const octets = run.octets();
      this.#left.set(run, octets);
      this.#leftOctets += octets;
    }
    const over: R[] = [];
    for (const run of this.#left.keys()) {
      if (this.#left.size <= MOST_LEFT && this.#leftOctets <= MOST_LEFT_OCTETS) break;
      this.delete(run);
      over.push(run);
    }
    return over;
  }
}
