/**
 * What a side may state about itself in HELLO and WELCOME (LIMIT-005).
 *
 * @module
 */
import { ProtocolViolation } from "../errors/violation.ts";
import { CREDIT, DELIVERY, LIMIT_RANGES } from "../limits.ts";
import type { HelloFrame, WelcomeFrame } from "../wire/frame.ts";

/** Throws {@link ProtocolViolation} where a limit is one that nobody could keep to. `features` are agreed on. */
export function checkStated(frame: HelloFrame | WelcomeFrame, features: readonly string[]): void {
  const type = frame.type.toUpperCase();
  if (features.includes(DELIVERY)) check(`${type}.limits.replay`, frame.limits.replay ?? 0, LIMIT_RANGES.replay);
  if (features.includes(CREDIT)) {
    check(`${type}.limits.streamCredit`, frame.limits.streamCredit ?? 0, LIMIT_RANGES.streamCredit);
    check(`${type}.limits.channelCredit`, frame.limits.channelCredit ?? 0, LIMIT_RANGES.channelCredit);
  }
  // Some rates give room for each of them. None is for a side that takes no calls.
  check(`${type}.limits.streams`, frame.limits.streams, [0, LIMIT_RANGES.streams[1]]);
  check(`${type}.limits.framePayload`, frame.limits.framePayload, LIMIT_RANGES.framePayload);
  if (frame.type === "welcome") check("WELCOME.heartbeatMs", frame.heartbeatMs, LIMIT_RANGES.heartbeatMs);
}

function check(field: string, value: number, [least, most]: readonly [least: number, most: number]): void {
  if (value >= least && value <= most) return;
  throw new ProtocolViolation("LIMIT-005", `${field} must be from ${least} to ${most}`);
}
