/**
 * Sees to it that a thread which is to end something does not keep everybody waiting for ever: one that loops hears nothing.
 *
 * @module
 */

import type { CancelTimer, Environment } from "@turnmux/core";

/** How long a thread may say nothing, though it was asked, in milliseconds. */
export const SILENT_MS = 10_000;

/** What a {@link SilenceWatch} works with. */
export interface SilenceWatchOptions {
  readonly environment: Pick<Environment, "now" | "setTimer">;
  /** Asks the thread to say something. */
  readonly ask: () => void;
  /** Whether anything is still waited for. */
  readonly waits: () => boolean;
  /** It has said nothing. */
  readonly silent: () => void;
}

/** See the module's comment. A thread that has much to do answers all the same, and has as long as it takes. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #heard = false;
  #cancel: CancelTimer | undefined;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** Something is waited for from now on. */
  begin(): void {
    if (this.#cancel === undefined) this.#askAgain();
  }

  /** The thread has said something. */
  heard(): void {
    this.#heard = true;
  }

  /** There is no thread any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #askAgain(): void {
    const { environment, ask } = this.#options;
    this.#heard = false;
    // What is waited for keeps the process up.
    this.#cancel = environment.setTimer(environment.now() + SILENT_MS, () => this.#look(), true);
    ask();
  }

  #look(): void {
    this.#cancel = undefined;
    const { waits, silent } = this.#options;
    if (!waits()) return;
    if (this.#heard) this.#askAgain();
    else silent();
  }
}
