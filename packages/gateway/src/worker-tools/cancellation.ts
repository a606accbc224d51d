/**
 * A call's cancellation as its handler sees it in a worker's thread: in shared memory, so that a loop that never returns to its event
 * loop sees it too.
 *
 * @module
 */

import { CANCELLED, type CancelCode, Shared } from "./messages.ts";

const SENTENCES: Readonly<Record<CancelCode, string>> = {
  cancelled: "the call was cancelled",
  deadline_exceeded: "the deadline of the call is over",
  unavailable: "nobody waits for the call any more",
};

/** What the signal is aborted with. */
class CancelledError extends Error {
  override readonly name = "AbortError";
  readonly code: CancelCode;

  constructor(code: CancelCode) {
    super(SENTENCES[code]);
    this.code = code;
  }
}

/** See the module's comment. */
export class Cancellation {
  readonly #shared: Int32Array;
  readonly #controller = new AbortController();
  /** Aborted by {@link look}. Whoever asks it looks. */
  readonly signal: AbortSignal;

  constructor(shared: Int32Array) {
    this.#shared = shared;
    const { signal } = this.#controller;
    const look = (): boolean => this.look();
    const native = (name: "aborted" | "reason"): unknown => Reflect.get(AbortSignal.prototype, name, signal);
    const looked = (name: "aborted" | "reason"): PropertyDescriptor => ({
      get: () => {
        look();
        return native(name);
      },
    });
    // The signal's own, before those of its class: who has the signal alone sees what shared memory says.
    Object.defineProperties(signal, {
      aborted: looked("aborted"),
      reason: looked("reason"),
      throwIfAborted: {
        value: () => {
          if (look()) throw native("reason");
        },
      },
    });
    this.signal = signal;
  }

  /** Whether the call is cancelled by now. */
  look(): boolean {
    const why = Atomics.load(this.#shared, Shared.cancelled);
    if (why === 0) return false;
    // Once more has no effect.
    this.#controller.abort(new CancelledError(CANCELLED[why - 1] ?? "cancelled"));
    return true;
  }

  /** What the signal is aborted with. */
  get reason(): Error {
    const reason: unknown = this.signal.reason;
    return reason instanceof Error ? reason : new CancelledError("cancelled");
  }

  /** What `run` gives, or a rejection as soon as the call is cancelled. */
  async unlessCancelled<T>(run: () => Promise<T>): Promise<T> {
    if (this.look()) throw this.reason;
    let stop = (): void => {};
    const cancelled = new Promise<never>((_resolve, reject) => {
      stop = () => reject(this.reason);
      this.signal.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([run(), cancelled]);
    } finally {
      this.signal.removeEventListener("abort", stop);
    }
  }
}
