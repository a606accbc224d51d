/**
 * Interceptors: tracing, audit, rate limits, approval; one shape on both sides of a call.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";

/** A call on its way out (at the caller) or in (at the side that runs the handler). */
export interface InterceptedCall {
  readonly direction: "outgoing" | "incoming";
  readonly tool: string;
  readonly callId: string;
  /** The arguments: as the caller gave them, or as the contract parsed them. An interceptor may pass others on. */
  readonly input: unknown;
  readonly key?: string | undefined;
  readonly turn?: string | undefined;
  /** The token of the running turn on whose behalf the call is. */
  readonly lineage?: string | undefined;
  /** Who calls. */
  readonly principal: string;
  /** What the caller may do. */
  readonly scopes: readonly string[];
  /** Aborted when the call is cancelled. */
  readonly signal: AbortSignal;
  /** A W3C `traceparent`. Outgoing interceptors may pass another one on. */
  readonly trace?: string | undefined;
  /** Strings that travel with the call. Outgoing interceptors may pass others on. */
  readonly meta: Readonly<Record<string, string>>;
  /** Incoming only: tells the caller that the call waits for a person or another system (ACCEPT `waiting`). */
  waiting(reason: string): void;
}

/**
 * Stands around calls: `(call, next) => next(call)`. What it returns is the result, what it throws ends the call. It refuses
 * with a `ToolError`; where it never called `next` the handler did not run, and the outcome is `not_started`. Items and
 * progress reports pass by without it.
 *
 * `next` may be called once: a repetition is another call, with a key of its caller's, and `next` rejects with a
 * {@link UsageError}. It may be called late; a call that is over by then does not start any more.
 */
export type Interceptor = (
  call: InterceptedCall,
  next: (call: InterceptedCall) => Promise<unknown>,
) => Promise<unknown>;

/** The interceptors around `last`, the first one outermost. For one call. */
export function intercepted(
  interceptors: readonly Interceptor[],
  last: (call: InterceptedCall) => Promise<unknown>,
): (call: InterceptedCall) => Promise<unknown> {
  let passed = false;
  let next = (call: InterceptedCall): Promise<unknown> => {
    if (passed) return Promise.reject(new UsageError("an interceptor must not call next() again"));
    passed = true;
    return last(call);
  };
  for (let i = interceptors.length - 1; i >= 0; i--) {
    const interceptor = interceptors[i];
    const inner = next;
    if (interceptor !== undefined) next = (call) => interceptor(call, inner);
  }
  return next;
}
