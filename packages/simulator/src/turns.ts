/**
 * Watches who writes when several have something to write: a priority that is known to be ready is not passed over for longer
 * than its share allows (FLOW-011).
 *
 * @module
 */

/** OPEN's `priority`. */
export type Priority = 0 | 1 | 2;

/** The octets that each priority gets of all, while every one of them has something to write. */
const SHARES: readonly [number, number, number] = [16, 4, 1];
const ALL = 21;

/** What a frame counts for beside its body. */
const OVERHEAD = 64;

/** How often in a row the rounding to whole frames may go against a priority: once for each of the others, and for itself. */
const ROUNDING = 3;

/** A body that is half sent, whose sender is known to have what it takes to go on with it. */
export interface Waiting {
  readonly priority: Priority;
  /** True while nothing but its turn is missing, as far as is known. */
  readonly ready: boolean;
}

/** What one side of a session writes. */
export class Turns {
  readonly #frame: number;
  /** Octets that others wrote since it was a priority's turn. */
  readonly #passed: [number, number, number] = [0, 0, 0];

  /** `framePayload` bounds the frames. */
  constructor(framePayload: number) {
    this.#frame = framePayload + 2 * OVERHEAD;
  }

  /** A frame with so many octets of a body is written. Gives what is wrong with that, if anything. */
  wrote(by: Priority, octets: number, waiting: Iterable<Waiting>): string | undefined {
    const ready = [false, false, false];
    for (const one of waiting) if (one.ready) ready[one.priority] = true;
    for (const priority of PRIORITIES) {
      const passed = priority === by || ready[priority] !== true ? 0 : this.#passed[priority] + octets + OVERHEAD;
      this.#passed[priority] = passed;
      const most = ((ALL - SHARES[priority]) / SHARES[priority] + ROUNDING) * this.#frame;
      if (passed > most) return `priority ${priority} waits while ${passed} octets of others pass`;
    }
    return undefined;
  }

  /** An end begins. It may pass by others, and is a turn of its own priority. */
  ended(by: Priority): void {
    this.#passed[by] = 0;
  }

  /** Nothing of a large body may be written for now, whatever its priority. */
  paused(): void {
    this.#passed.fill(0);
  }
}

const PRIORITIES: readonly Priority[] = [0, 1, 2];
