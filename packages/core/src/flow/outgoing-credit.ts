/**
 * What this side may still send: of one stream, or of the whole channel.
 *
 * @module
 */
import type { Window } from "./window.ts";

/** Counts octets from the beginning of the stream, or of the session. The limit is absolute, so that nothing is added up twice. */
export class OutgoingCredit {
  readonly #window: Window;
  #limit: number;
  #used = 0;

  constructor(window: Window) {
    this.#window = window;
    this.#limit = window.size;
  }

  /** The credit at hand, in octets. Less than nothing behind an item that was longer than it (FLOW-002). */
  get left(): number {
    return this.#limit - this.#used;
  }

  /** True where a body of so many octets may begin: all of it is covered, or so much of the window is at hand (FLOW-008). */
  covers(octets: number): boolean {
    const { left } = this;
    return octets <= left || left >= this.#window.begin || octets === 0;
  }

  /** Octets are written. */
  use(octets: number): void {
    this.#used += octets;
  }

  /** The peer grants more: so much. Less than nothing, and without effect, where the limit goes back. */
  raise(limit: number): number {
    const more = limit - this.#limit;
    if (more > 0) this.#limit = limit;
    return more;
  }
}
