/**
 * How an execution ended, before it is encoded for a peer.
 *
 * @module
 */
import type { Value } from "../content/value.ts";
import type { Code } from "../errors/codes.ts";
import type { Effect } from "../errors/effect.ts";
import type { Outcome } from "../errors/outcome.ts";
import { ToolError } from "../errors/tool-error.ts";

/** A result, checked; or an error that may be told to the peer. */
export type Settled = { readonly ok: true; readonly value: unknown } | Failure;

/** An error that may be told to the peer. */
export interface Failure {
  readonly ok: false;
  readonly code: Code;
  readonly message: string;
  readonly outcome: Outcome;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly details?: Value | undefined;
}

/** Makes a {@link Failure}. */
export function failed(
  code: Code,
  message: string,
  outcome: Outcome,
  more: { readonly retryAfterMs?: number; readonly details?: Value } = {},
): Failure {
  return { ok: false, code, message, outcome, ...more };
}

/** The outcome of a call that was broken off while its handler ran (ERR-002). */
export function brokenOff(effect: Effect): Outcome {
  return effect === "once" ? "unknown" : "failed";
}

/** What the peer is told of something thrown (ERR-002, ERR-003). `started` is false where the handler never ran. */
export function settledOfThrown(thrown: unknown, effect: Effect, started: boolean, aborted: boolean): Settled {
  if (ToolError.is(thrown)) {
    const { code, message, retryable, retryAfterMs, details } = thrown;
    return {
      ok: false,
      code,
      message,
      outcome: started ? thrown.outcome : "not_started",
      retryable,
      retryAfterMs,
      details,
    };
  }
  const outcome = started ? brokenOff(effect) : "not_started";
  if (aborted) return failed("cancelled", "the call was cancelled while it ran", outcome);
  return failed("internal", "the tool failed; the log of the side that ran it says why", outcome);
}
