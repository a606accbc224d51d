/**
 * What a caller may say about one call, and what it hears before the result. `docs/spec.md` section 6.
 *
 * @module
 */

import type { AcceptState, Priority } from "../errors/effect.ts";

/** What the receiver said when it took the call (ACCEPT). It may come again when the state changes (CALL-003). */
export interface Acceptance {
  readonly state: AcceptState;
  /** Behind what the call is queued, or what it waits for. */
  readonly reason?: string | undefined;
  /** The place in the queue; 0 is next. */
  readonly place?: number | undefined;
  /** How late the receiver's event loop is, in milliseconds. */
  readonly lagMs?: number | undefined;
  /** The deadline that counts, in milliseconds, where the tool's maximum is below the caller's. */
  readonly deadlineMs?: number | undefined;
}

/** What a caller may say about one call of a tool without progress. */
export interface BaseCallOptions {
  /**
   * The idempotency key of a `once` tool, best derived from what survives a crash of the caller, such as the turn and
   * the model's tool-call id. Default for `once` tools: a random one. Other tools take none unless one is given.
   */
  readonly key?: string | undefined;
  /** Cancels the call. The call still ends with what really happened (CALL-005). */
  readonly signal?: AbortSignal | undefined;
  /** The deadline in milliseconds from now. It travels to the receiver. Default: the tool's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** How long to wait for the receiver to take the call, in milliseconds (CALL-007). Default: the session's. */
  readonly acceptTimeoutMs?: number | undefined;
  /** Default: `"normal"`. */
  readonly priority?: Priority | undefined;
  /** Hears that the receiver took the call. What it throws is ignored. */
  readonly onAccept?: ((acceptance: Acceptance) => void) | undefined;
  /** The token of the running turn on whose behalf the call is: `call.lineage` of the call that causes it (LANE-004). */
  readonly lineage?: string | undefined;
  /** A W3C `traceparent`. */
  readonly trace?: string | undefined;
  /** At most 32 strings that travel with the call (LIMIT-003). */
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** What a caller may say about one call. */
export interface CallOptions<Progress = unknown> extends BaseCallOptions {
  /** Hears progress reports; of several the latest counts, earlier ones may be left out (CALL-008). */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A call whose tool sends items. Iterate it once; leaving the loop early cancels the call. */
export interface ItemCall<Item, Output = void> extends AsyncIterable<Item, void, undefined> {
  /** The result, when the call has ended. It rejects with the same error as the iteration. */
  readonly result: Promise<Output>;
  /** Cancels the call, as `options.signal` does. */
  cancel(reason?: string): void;
}
