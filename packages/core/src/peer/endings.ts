/**
 * How calls end that their receiver did not end.
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import type { Code } from "../errors/codes.ts";
import { NO_BODY, type Ending } from "./port.ts";

/** An own call that was given up before the peer heard of it. */
export function notSent(code: "cancelled" | "deadline_exceeded"): Ending {
  const message = code === "cancelled" ? "cancelled before it was sent" : "not sent before its deadline";
  return { ok: false, code, message, outcome: "not_started", body: NO_BODY };
}

/** An own call that the peer does not take. */
export function untaken(code: Code, message: string, retryAfterMs?: number): Ending {
  return { ok: false, code, message, outcome: "not_started", retryAfterMs, body: NO_BODY };
}

/** An own call that was not sent before the session ended. */
export function endedBefore(end: ChannelEnd): Ending {
  return untaken(codeOfEnd(end), `the session ended before the call was sent: ${end.message}`, end.retryAfterMs);
}

/** An own call that was under way when the session ended (CALL-014). */
export function endedUnderWay(end: ChannelEnd): Ending {
  return {
    ok: false,
    code: codeOfEnd(end),
    message: `the session ended while the call was under way: ${end.message}`,
    outcome: "unknown",
    retryAfterMs: end.retryAfterMs,
    requirement: end.requirement,
    body: NO_BODY,
  };
}

/** A call whose result, or whose details, are too much to be kept until they are written (FLOW-010). */
export function notKept(ending: Ending, limit: number): Ending {
  if (!ending.ok) return { ...ending, body: NO_BODY };
  const message = `the result was not kept: with it more than ${limit} octets would wait until the caller reads`;
  return { ok: false, code: "resource_exhausted", message, outcome: "completed", retryable: false, body: NO_BODY };
}

/** A call that completed, and of which items were dropped since its caller gave it up with this code (CALL-005). */
export function cutShort(code: "cancelled" | "deadline_exceeded"): Ending {
  const message = "the call was given up, and items that were not sent by then were dropped";
  return { ok: false, code, message, outcome: "completed", body: NO_BODY };
}

/** What the calls of a session end with when it is over. */
function codeOfEnd(end: ChannelEnd): Code {
  if (end.code === "internal" || (end.requirement !== undefined && end.cause !== "timeout")) return "internal";
  return end.cause === "closed" && !end.byPeer ? "cancelled" : "unavailable";
}
