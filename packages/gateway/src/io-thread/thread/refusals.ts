/**
 * Handshakes that came to nothing, as the main thread is told of them: those of the same kind together, since strangers can make as many as
 * they like.
 *
 * @module
 */

import type { ToMain } from "../messages.ts";
import type { Outbox } from "./outbox.ts";

/** Kinds that are told apart. Beyond them a code is one. */
const MOST_KINDS = 64;

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly requirement: string | undefined;
  times: number;
}

/** See the module's comment. */
export class Refusals {
  readonly #box: Outbox<ToMain>;
  readonly #untold = new Map<string, Refusal>();

  constructor(box: Outbox<ToMain>) {
    this.#box = box;
  }

  /** There was one more. */
  add(code: string, message: string, requirement: string | undefined): void {
    const kind = `${code} ${message}`;
    const at = this.#untold.has(kind) || this.#untold.size < MOST_KINDS ? kind : code;
    const known = this.#untold.get(at);
    if (known === undefined) this.#untold.set(at, { code, message, requirement, times: 1 });
    else known.times += 1;
  }

  /** Tells of those that there were, unless the main thread has enough to read. */
  tell(): void {
    for (const [kind, refusal] of this.#untold) {
      if (this.#box.full) return;
      this.#untold.delete(kind);
      this.#box.post({ kind: "refused", ...refusal });
    }
  }
}
