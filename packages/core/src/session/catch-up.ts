/**
 * Lets the event loop turn before an overdue timer is acted on, so that what has already arrived is read first (CALL-015).
 *
 * A process whose event loop was blocked wakes to overdue timers before it has read its sockets: a deadline would end a call
 * whose answer lies in the socket, a heartbeat would find a peer silent that has spoken. One pass through the loop does
 * not read everything: a socket is read in pieces, a connection is first taken and then read, and messages may come one at a
 * time. So passes go on for as long as they bring something, and then for a few more; within limits, for a peer
 * that floods must not put off deadlines for ever.
 *
 * @module
 */

/** A timer that is later than this, in milliseconds, found its event loop blocked. One that is not waits for one pass. */
export const LATE_MS = 10;

/** Passes in a row that bring nothing before all is taken to be read: a connection is taken in one and read in the next. */
export const QUIET_PASSES = 3;

/** Milliseconds without anything before all is taken to be read: the peer, too, writes what its socket did not take. */
export const QUIET_MS = 5;

/** Milliseconds for which passes that bring something go on: as many as the timer was late, between these two. */
export const CATCH_UP_MS: readonly [least: number, most: number] = [250, 2_000];

/** Passes that are made in any case while they bring something: the loop may be blocked again between two of them. */
export const LEAST_PASSES = 3;

/** A timer that is due. */
interface Overdue {
  readonly run: () => void;
  readonly late: boolean;
  /** When it was found due, on the owner's clock. */
  readonly since: number;
  readonly limitMs: number;
  passes: number;
  quietPasses: number;
  quietSince: number;
}

/** What a {@link CatchUp} works with. */
export interface CatchUpOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Runs `run` after the event loop has looked at its sockets once. It is not called again before `run` is. */
  readonly pass: (run: () => void) => void;
}

/** One for each environment: all its overdue timers share the passes. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #overdue = new Set<Overdue>();
  #passing = false;
  #arrivals = 0;
  #seen = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Something came in: a message, a connection. */
  readonly arrived = (): void => {
    this.#arrivals += 1;
  };

  /**
   * Runs `run` once what has arrived is read. `lateMs` is how late its timer is. Gives back what cancels it. To be called out of a
   * timer of the runtime, since sockets are looked at behind those.
   */
  before(lateMs: number, run: () => void): () => void {
    const since = this.#options.now();
    const [least, most] = CATCH_UP_MS;
    const overdue: Overdue = {
      run,
      late: lateMs > LATE_MS,
      since,
      limitMs: Math.min(most, Math.max(least, lateMs)),
      passes: 0,
      quietPasses: 0,
      quietSince: since,
    };
    this.#overdue.add(overdue);
    this.#next();
    return () => {
      this.#overdue.delete(overdue);
    };
  }

  #next(): void {
    if (this.#passing || this.#overdue.size === 0) return;
    this.#passing = true;
    this.#seen = this.#arrivals;
    this.#options.pass(() => {
      this.#passing = false;
      this.#passed();
    });
  }

  #passed(): void {
    const brought = this.#arrivals !== this.#seen;
    const now = this.#options.now();
    const ready = [...this.#overdue].filter((overdue) => isReady(overdue, brought, now));
    try {
      for (const overdue of ready) {
        // One that has run may have cancelled another.
        if (this.#overdue.delete(overdue)) overdue.run();
      }
    } finally {
      // One that throws keeps none of the others from running: they are still there, and a pass later is theirs.
      this.#next();
    }
  }
}

function isReady(overdue: Overdue, brought: boolean, now: number): boolean {
  overdue.passes += 1;
  if (!overdue.late) return true;
  if (brought) {
    overdue.quietPasses = 0;
    overdue.quietSince = now;
  } else {
    overdue.quietPasses += 1;
  }
  if (overdue.quietPasses >= QUIET_PASSES && now - overdue.quietSince >= QUIET_MS) return true;
  return overdue.passes >= LEAST_PASSES && now - overdue.since >= overdue.limitMs;
}
