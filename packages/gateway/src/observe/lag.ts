/**
 * How late this process's event loop is.
 *
 * @module
 */

/** How late an event loop is. */
export type Lag = Pick<LagMeter, "lagMs" | "takeWorst" | "close">;

/** How often the meter's timer is due, in milliseconds. */
const INTERVAL_MS = 100;

/**
 * Tells how late the event loop is now, rather than on average: after eleven blocked seconds the first answer says eleven
 * seconds, also where it is given before any timer has run.
 *
 * `monitorEventLoopDelay` of `node:perf_hooks` gives the distribution since it was reset, which statistics have; but it knows nothing of a
 * delay that goes on.
 */
export class LagMeter {
  #timer: NodeJS.Timeout | undefined;
  #due: number;
  #late = 0;
  #worst = 0;

  constructor() {
    this.#due = performance.now() + INTERVAL_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#late = now - this.#due;
      this.#worst = Math.max(this.#worst, this.#late);
      this.#due = now + INTERVAL_MS;
    }, INTERVAL_MS);
    // A meter alone keeps no process up.
    this.#timer.unref();
  }

  /** Milliseconds, a whole number: of the last timer, or of the one that is due now. Zero after {@link close}. */
  get lagMs(): number {
    if (this.#timer === undefined) return 0;
    return Math.max(0, Math.round(Math.max(this.#late, performance.now() - this.#due)));
  }

  /** The most that it was since this was asked before, that of now included. */
  takeWorst(): number {
    const worst = Math.max(this.#worst, this.lagMs);
    this.#worst = 0;
    return Math.max(0, Math.round(worst));
  }

  /** Stops measuring. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
