/**
 * What the end of a connection means: whether to try again, and what to tell the user.
 *
 * @module
 */
import { Codes, TurnmuxError, type SessionEnd } from "@turnmux/core";

/**
 * Whether another connection may do better. Not where the gateway said no, a rule was broken, or a side closed the
 * session.
 */
export function mayTryAgain(end: SessionEnd): boolean {
  // A carrier that lost something ends the channel alone, whichever side has found it (RESUME-005).
  if (end.code === "data_loss") return true;
  if (end.cause === "violation") return false;
  const retryable = Codes[end.code].retryable;
  // A rule that this side broke it would break again.
  if (end.cause === "refused" || end.cause === "goaway") {
    return end.requirement === undefined && (retryable || end.code === "deadline_exceeded");
  }
  return retryable;
}

/** What `connect` rejects with: what happened, and what to do next. */
export function connectError(end: SessionEnd, where: string, cause?: unknown): TurnmuxError {
  const advice = adviceFor(end);
  const said = end.message.replace(/[.\s]+$/, "");
  return new TurnmuxError(end.code, `no session with ${where}: ${said}${advice === "" ? "" : `. ${advice}`}`, {
    outcome: "not_started",
    retryAfterMs: end.retryAfterMs,
    requirement: end.requirement,
    cause,
  });
}

function adviceFor({ cause, code, retryAfterMs, byPeer }: SessionEnd): string {
  if (cause === "violation") return "Is there a turnmux gateway, and of the same protocol version?";
  if (cause === "lost") {
    // A session that is shared: its owner has no address to check.
    if (!byPeer && code !== "unavailable") return "";
    if (code === "unavailable") return "Is the gateway running, and is this its address?";
    return "Check what the server, or a proxy before it, asks for: origin, cookies, headers";
  }
  if (cause === "timeout") return "Check that this is where a turnmux gateway listens";
  if (cause !== "refused") return "";
  if (code === "unauthenticated")
    return "Check the token or device key, its key id, and what the gateway knows of them";
  return retryAfterMs === undefined ? "" : `The gateway asks to wait ${retryAfterMs} ms`;
}
