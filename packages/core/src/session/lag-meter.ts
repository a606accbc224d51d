/**
 * How late an event loop is.
 *
 * @module
 */
import type { CancelTimer, Environment } from "./environment.ts";

/** How late an event loop is, as whoever asks for it sees it. */
export type Lag = Pick<LagMeter, "lagMs" | "takeWorst" | "close">;

/** How often the meter's timer is due, in milliseconds. */
const INTERVAL_MS = 100;

/**
 * Tells how late the event loop is now, rather than on average: after eleven blocked seconds the first answer says eleven
 * seconds, also where it is given before any timer has run.
 */
export class LagMeter {
  readonly #clock: Pick<Environment, "now" | "setTimer">;
  #cancel: CancelTimer | undefined;
  #due = 0;
  #late = 0;
  #worst = 0;

  /** Measures by the timers of this clock, from now on. */
  constructor(clock: Pick<Environment, "now" | "setTimer">) {
    this.#clock = clock;
    this.#arm();
  }

  /** Milliseconds, a whole number: of the last timer, or of the one that is due now. Zero after {@link close}. */
  get lagMs(): number {
    if (this.#cancel === undefined) return 0;
    return Math.max(0, Math.round(Math.max(this.#late, this.#clock.now() - this.#due)));
  }

  /** The most that it was since this was asked before, that of now included. */
  takeWorst(): number {
    const worst = Math.max(this.#worst, this.lagMs);
    this.#worst = 0;
    return Math.max(0, Math.round(worst));
  }

  /** Stops measuring. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#due = this.#clock.now() + INTERVAL_MS;
    // Not a judgement on anybody, so it waits for nothing; and a meter alone keeps no process up.
    this.#cancel = this.#clock.setTimer(this.#due, this.#timeIsUp, true, true);
  }

  readonly #timeIsUp = (): void => {
    this.#late = this.#clock.now() - this.#due;
    this.#worst = Math.max(this.#worst, this.#late);
    this.#arm();
  };
}
