/**
 * Which calls of a principal are in flight, whatever the session.
 *
 * @module
 */
import type { CallInFlight } from "../contract/outcome.ts";

/** A call that is not over. */
export interface BookedCall {
  readonly principal: string;
  readonly callId: string;
  readonly tool: { readonly name: string };
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly state: CallInFlight["state"];
  /** When it came, on the clock of the side that runs it. */
  readonly since: number;
  /** When its deadline is over, likewise. */
  readonly deadline: { readonly at: number } | undefined;
}

/** One for each gateway, or client session. */
export class CallBook {
  readonly #calls = new Map<string, Set<BookedCall>>();

  add(call: BookedCall): void {
    const calls = this.#calls.get(call.principal) ?? new Set();
    this.#calls.set(call.principal, calls);
    calls.add(call);
  }

  delete(call: BookedCall): void {
    const calls = this.#calls.get(call.principal);
    if (calls?.delete(call) === true && calls.size === 0) this.#calls.delete(call.principal);
  }

  /** The calls of a principal, the oldest first. */
  of(principal: string): Iterable<BookedCall> {
    return this.#calls.get(principal) ?? [];
  }
}
