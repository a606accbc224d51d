/**
 * The limit on a caller's wait for ACCEPT (CALL-007), which begins anew while the peer says that it is busy (CALL-019).
 *
 * @module
 */
import { ASK_AGAIN_MS, BUSY_MS } from "../limits.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import type { OutgoingCall } from "./outgoing.ts";

/** What limits need of their session. */
export interface LimitContext {
  readonly environment: Pick<Environment, "now">;
  readonly deadlines: Deadlines;
}

/** Runs `expired` when the call was not accepted in time. ACCEPT takes the call's `acceptDeadline` back. */
export function limitAcceptance(
  call: OutgoingCall,
  session: LimitContext,
  limitMs: number,
  expired: (call: OutgoingCall) => void,
): void {
  const { environment, deadlines } = session;
  call.acceptDeadline = deadlines.set(environment.now() + limitMs / 2, () => {
    call.port?.pulse?.ask();
    // Counted from here: a side that was blocked itself has not given its peer half of the limit to answer.
    const askedAt = environment.now();
    call.acceptDeadline = deadlines.set(askedAt + limitMs / 2, () => {
      if (isBusy(call, askedAt)) limitAcceptance(call, session, limitMs, expired);
      else expired(call);
    });
  });
}

/** True where the peer has answered, and said that it is busy. */
function isBusy(call: OutgoingCall, askedAt: number): boolean {
  const said = call.port?.pulse?.lateness;
  return said !== undefined && said.at >= askedAt - ASK_AGAIN_MS && (said.lagMs ?? 0) >= BUSY_MS;
}
