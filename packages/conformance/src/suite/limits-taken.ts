/**
 * Limits that a case counts on and that a peer under test has not taken: whatever fails for that is no fault of the peer.
 *
 * @module
 */
import { stated } from "../harness/handshake.ts";
import type { StatedLimits } from "../harness/limits.ts";
import type { Established } from "../harness/session.ts";
import { requirementOf } from "../spec/requirements.ts";

/** Limits that nobody states, by the requirements whose cases go beyond them. A peer says by itself that it is without one. */
const UNSTATED: Readonly<Record<string, readonly string[]>> = {
  "HAND-007": ["handshakeOctets", "handshakeMs"],
  "RESUME-007": ["resumeWindowMs", "parkedSessions"],
  "FLOW-010": ["unsent"],
  "FLOW-012": ["heldArguments"],
  "LIMIT-002": ["offeredTools"],
  "LIMIT-003": ["metaEntries"],
  "LIMIT-004": ["pings"],
  "RATE-001": ["pings"],
  "RATE-002": ["idleFrames"],
  "RATE-003": ["resets"],
  "RATE-004": ["shortFragments"],
  "LANE-006": ["laneQueue"],
  "LANE-008": ["turnOwnerMs"],
};

const FRAME = "framePayload";

/**
 * Stated limits that the cases of a requirement go beyond. Those of a requirement that is not here may count on any of them. `framePayload` is
 * one of all but the empty lists: what the suite sends is cut by it, and a frame that is longer than the credit of a stream waits for ever.
 */
const STATED: Readonly<Record<string, readonly string[]>> = {
  "CARR-013": [FRAME],
  "FRAME-001": [FRAME],
  "STREAM-007": ["streams"],
  "STREAM-008": ["message", "assembling"],
  "STREAM-010": ["streams"],
  "CALL-016": ["streams"],
  "CHAN-002": ["heartbeatMs"],
  "DELIV-004": ["replay", "streams", "message", "streamCredit", "channelCredit"],
  "FLOW-001": ["streamCredit"],
  "FLOW-002": ["streamCredit", "channelCredit"],
  "FLOW-003": ["streamCredit", "channelCredit", "message"],
  "FLOW-005": ["streamCredit", "channelCredit"],
  "FLOW-006": ["streamCredit", "channelCredit"],
  "FLOW-007": ["streamCredit", "channelCredit"],
  "LIMIT-001": ["message", "assembling"],
  "HAND-007": [],
  "LIMIT-002": [],
  "LIMIT-003": [],
  "LIMIT-004": [],
  "RATE-001": [],
  // These rates grow with the streams that were stated.
  "RATE-002": ["streams"],
  "RATE-003": ["streams"],
  "RATE-004": [],
  "LANE-006": [],
  "LANE-008": [],
};

/** What is known of a peer's limits, and of the case that failed. */
export interface LimitsSeen {
  /** Clauses of the case. */
  readonly covers: readonly string[];
  /** The clause that was broken, where that is known. */
  readonly broken: string | undefined;
  /** What the peer was given. */
  readonly given: Readonly<Record<string, number>>;
  /** What it says that it is without. */
  readonly without: ReadonlySet<string>;
  /** The handshakes of the case. */
  readonly established: readonly Pick<Established, "side" | "features" | "heartbeatMs" | "peer">[];
}

/** Why a failure shows nothing: a sentence, or undefined where the peer has taken all that the case counts on. */
export function lackingLimit({ covers, broken, given, without, established }: LimitsSeen): string | undefined {
  const about = new Set(covers.map(requirementOf));
  const counted = (name: string): boolean =>
    [...about].some((requirement) => {
      const limits = STATED[requirement];
      return limits === undefined || limits.includes(name) || (name === FRAME && limits.length > 0);
    });
  for (const handshake of established) {
    for (const [name, value] of Object.entries(statedBy(handshake))) {
      const wanted = given[name];
      // Less than it was given may be in the way of any case; more only of those that go beyond it.
      if (wanted !== undefined && (value < wanted || (value > wanted && counted(name))))
        return `It needs the limit ${name} at ${wanted}, and the peer under test states ${value}.`;
    }
  }
  // What breaks something else does not break it for want of a limit.
  if (broken !== undefined && !about.has(requirementOf(broken))) return undefined;
  const needed = [...about].flatMap((requirement) => UNSTATED[requirement] ?? []);
  const lacking = needed.find((name) => without.has(name));
  return lacking && `It needs the limit ${lacking}, which the peer under test says that it is without.`;
}

/** What a peer has stated: no more than goes with the features that were agreed on. A client states no heartbeat. */
function statedBy({
  side,
  features,
  heartbeatMs,
  peer,
}: LimitsSeen["established"][number]): Partial<StatedLimits> & { readonly heartbeatMs?: number } {
  return { ...stated(peer, features), ...(side === "client" ? { heartbeatMs } : {}) };
}
