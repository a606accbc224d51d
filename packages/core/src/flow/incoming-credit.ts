/**
 * What the peer may still send: of one stream, or of the whole channel.
 *
 * @module
 */
import type { Window } from "./window.ts";

/** Counts octets from the beginning of the stream, or of the session. */
export class IncomingCredit {
  readonly #window: Window;
  #received = 0;
  /** Octets that have arrived, and that the application has not taken. */
  #held = 0;
  /** The limit that the peer was told last. */
  #granted: number;
  #keeps = true;
  /**
   * Whether a CREDIT waits to be written: `more`, where it has something to grant, or `again`, where it says again what may not
   * have arrived. {@link Grants} sets it.
   */
  due: "no" | "more" | "again" = "no";

  constructor(window: Window) {
    this.#window = window;
    this.#granted = window.size;
  }

  /** True until {@link release}. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** True where the peer was granted more than it had at first. */
  get raised(): boolean {
    return this.#granted > this.#window.size;
  }

  /** What the peer may still send. Less than nothing behind an item that was longer than it (FLOW-002). */
  get left(): number {
    return this.#granted - this.#received;
  }

  /** True where enough came free for the peer to be told (FLOW-006). */
  get worthwhile(): boolean {
    return this.#received - this.#held + this.#window.size - this.#granted >= this.#window.step;
  }

  /** Octets have arrived. False where they are beyond what was granted (FLOW-003). */
  take(octets: number): boolean {
    this.#received += octets;
    return this.#received <= this.#granted;
  }

  /** Octets that have arrived are kept for the application, until it has taken them. False where it takes nothing more. */
  hold(octets: number): boolean {
    if (this.#keeps) this.#held += octets;
    return this.#keeps;
  }

  /** The application has taken them. False where they were let go before. */
  letGo(octets: number): boolean {
    if (!this.#keeps) return false;
    this.#held -= octets;
    return true;
  }

  /** The application takes nothing more: all that is held is let go, and nothing is held from now on. Gives how much it was. */
  release(): number {
    const held = this.#held;
    this.#held = 0;
    this.#keeps = false;
    return held;
  }

  /** The limit that the peer is told now: it never goes back. Undefined where it was told already, and need not be again. */
  grant(): number | undefined {
    const limit = this.#received - this.#held + this.#window.size;
    const { due } = this;
    this.due = "no";
    if (limit <= this.#granted && due !== "again") return undefined;
    this.#granted = Math.max(this.#granted, limit);
    return this.#granted;
  }
}
