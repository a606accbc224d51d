/**
 * How an execution ended, before it is encoded for a peer.
 *
 * @module
 */
import type { Value } from "../content/value.ts";
import { isCode, type Code } from "../errors/codes.ts";
import type { Effect } from "../errors/effect.ts";
import { isOutcome, type Outcome } from "../errors/outcome.ts";
import { ToolError } from "../errors/tool-error.ts";
import { LaneRefusal } from "../lanes/refusal.ts";

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

/** Whether a key is free again after this ending (KEY-004). */
export function freesKey(settled: Settled): boolean {
  return !settled.ok && (settled.outcome === "not_started" || settled.outcome === "failed");
}

/** How far a handler has come, where something was thrown by it or by an interceptor around it. */
export type HandlerState = "idle" | "running" | "returned" | "threw";

/** What the peer is told of something thrown (ERR-002, ERR-003). */
export function settledOfThrown(thrown: unknown, effect: Effect, handler: HandlerState, aborted: boolean): Settled {
  try {
    const told = LaneRefusal.is(thrown)
      ? settledOfRefusal(thrown, effect, handler)
      : settledOfToolError(thrown, effect, handler);
    if (told !== undefined) return told;
  } catch {
    // A proxy, or a getter that throws: it is no tool error that anybody could be told.
  }
  const outcome = handler === "idle" ? "not_started" : brokenOff(effect);
  if (aborted) return failed("cancelled", "the call was cancelled while it ran", outcome);
  return failed("internal", "the tool failed; the log of the side that ran it says why", outcome);
}

/** What a handler did before it asked for the lane nobody knows. */
function settledOfRefusal(
  { code, sentence, retryable, retryAfterMs, details }: LaneRefusal,
  effect: Effect,
  handler: HandlerState,
): Failure {
  const outcome = claimedOutcome(brokenOff(effect), effect, handler);
  const again = outcome === "failed" || outcome === "not_started";
  return { ok: false, code, message: sentence, outcome, retryable: retryable && again, retryAfterMs, details };
}

function settledOfToolError(thrown: unknown, effect: Effect, handler: HandlerState): Failure | undefined {
  // Plain JavaScript can put anything into a tool error, and what is not of the tables cannot travel.
  if (!ToolError.is(thrown) || !isCode(thrown.code)) return undefined;
  const { code, message, retryAfterMs, details } = thrown;
  return {
    ok: false,
    code,
    message: typeof message === "string" ? message : "",
    outcome: claimedOutcome(isOutcome(thrown.outcome) ? thrown.outcome : brokenOff(effect), effect, handler),
    retryable: typeof thrown.retryable === "boolean" ? thrown.retryable : undefined,
    retryAfterMs:
      typeof retryAfterMs === "number" && retryAfterMs >= 0 && Number.isFinite(retryAfterMs)
        ? Math.ceil(retryAfterMs)
        : undefined,
    details,
  };
}

/** An interceptor cannot take back what its handler did, nor answer for one that still runs. */
function claimedOutcome(claimed: Outcome, effect: Effect, handler: HandlerState): Outcome {
  switch (handler) {
    case "idle":
      return "not_started";
    case "threw":
      return claimed;
    case "running":
      return brokenOff(effect);
    case "returned":
      return claimed === "unknown" ? claimed : "completed";
  }
}
