/**
 * Every number that bounds what a peer can make this side hold or do. `docs/spec.md` section 13.
 *
 * @module
 */
import type { PeerLimits } from "./wire/frame.ts";
import { UsageError } from "./errors/usage.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Milliseconds that `stallMs` has at least where it is not 0. */
export const LEAST_STALL_MS: number = 5_000;

/** Milliseconds within which frames of many octets must be acknowledged by a peer that keeps to DELIV-003. */
export const ACK_DELAY_MS: number = 250;

/** Times as long frames of few octets may wait for something that takes their acknowledgement along (DELIV-003). */
export const ACK_PATIENCE: number = 8;

/** What this side takes from its peer, and how long it waits. Every field has a default in {@link DEFAULT_LIMITS}. */
export interface Limits extends PeerLimits {
  /** Calls that wait in the SDK for a stream, and as many for a connection. Beyond it: `resource_exhausted`, `not_started`. */
  readonly queuedCalls: number;
  /** Octets that an unauthenticated peer may send before WELCOME (HAND-007). */
  readonly handshakeOctets: number;
  /** Milliseconds that a handshake may take (HAND-007). */
  readonly handshakeMs: number;
  /** Tools that the peer may offer (LIMIT-002). */
  readonly offeredTools: number;
  /** Entries in the `meta` of a call (LIMIT-003). */
  readonly metaEntries: number;
  /** Milliseconds without a word from the peer after which it is asked for one (CHAN-002). The gateway's value counts. */
  readonly heartbeatMs: number;
  /** Octets handed to the carrier ahead of what the socket has taken. */
  readonly handOver: number;
  /**
   * Milliseconds for which a carrier that has too much may take nothing, before the session ends (CHAN-008): at least 5,000, in which a peer
   * can be asked and answer. 0: any time.
   */
  readonly stallMs: number;
  /**
   * PINGs that the peer may send in a second (RATE-001); twice as many as `heartbeatMs` makes it may send in any case. Of this and the next
   * three limits five seconds' worth may come at once.
   */
  readonly pings: number;
  /** Frames that change nothing which the peer may send in a second (RATE-002). As many more as there are streams may come at once. */
  readonly idleFrames: number;
  /** Calls that the peer may take back in a second (RATE-003). Twice as many more as there are streams may come at once. */
  readonly resets: number;
  /** Short parts of bodies, with more behind them, that the peer may send in a second (RATE-004). */
  readonly shortFragments: number;
  /** Milliseconds that a caller waits, behind its deadline, for the receiver's own word on what became of the call. */
  readonly deadlineVerdictMs: number;
  /** Milliseconds that a caller waits, behind a cancellation, for the receiver's own word on what became of the call. */
  readonly cancelVerdictMs: number;
  /** Octets of frames that wait for their acknowledgement, before no further OPEN and DATA are written (DELIV-004). */
  readonly replay: number;
  /**
   * Milliseconds after which the acknowledgement of received frames goes with whatever leaves, and alone where they have many octets;
   * where they have few, it leaves alone after {@link ACK_PATIENCE} times as long (DELIV-003).
   */
  readonly ackDelayMs: number;
  /**
   * Milliseconds that a gateway keeps a session whose channel is gone, for its client to resume it (RESUME-007). 0: sessions
   * end with their channel.
   */
  readonly resumeWindowMs: number;
  /** Sessions without a channel that a gateway keeps for one principal. Beyond it that one of them ends which has had none for longest. */
  readonly parkedSessions: number;
  /**
   * Octets that all sessions without a channel may hold in one gateway. Beyond it, of the principal that holds most, the session ends
   * that has had no channel for longest.
   */
  readonly parkedOctets: number;
  /** Octets of items that one call may have waiting to be sent before its handler's `item()` waits. */
  readonly unsentItems: number;
  /** Octets that the peer may send on one stream before its application has taken any of them (FLOW-001). */
  readonly streamCredit: number;
  /** Octets of items of all calls that may wait for this side's application (FLOW-002). */
  readonly channelCredit: number;
  /** Octets of frames of large bodies that are written and not acknowledged, before no further one is written (FLOW-009). */
  readonly bulkInFlight: number;
  /**
   * Octets of results, items and progress that wait to be written, beyond which a session takes no further calls of its peer, lets each call
   * have one further item wait, and leaves out progress (FLOW-010).
   */
  readonly unsent: number;
  /**
   * Octets of the arguments and meta of the peer's calls that are not over, or whose handlers run on, beyond which one more call with long arguments
   * is refused (FLOW-012). Those of up to 1 KiB count for nothing.
   */
  readonly heldArguments: number;
  /** Turns and calls that may wait for the lane of one session of a gateway (LANE-006). */
  readonly laneQueue: number;
  /** Milliseconds that a turn which runs at a client keeps its lane while its session has no channel (LANE-008). */
  readonly turnOwnerMs: number;
}

/** The defaults of section 13. */
export const DEFAULT_LIMITS: Limits = {
  framePayload: 65 * KIB,
  message: 16 * MIB,
  streams: 1_024,
  assembling: 32 * MIB,
  queuedCalls: 10_000,
  handshakeOctets: 64 * KIB,
  handshakeMs: 30_000,
  offeredTools: 4_096,
  metaEntries: 32,
  heartbeatMs: 15_000,
  handOver: 128 * KIB,
  stallMs: 60_000,
  pings: 200,
  idleFrames: 200,
  resets: 5_000,
  shortFragments: 200,
  deadlineVerdictMs: 250,
  cancelVerdictMs: 5_000,
  replay: 4 * MIB,
  ackDelayMs: ACK_DELAY_MS,
  resumeWindowMs: 120_000,
  parkedSessions: 64,
  parkedOctets: 64 * MIB,
  unsentItems: 256 * KIB,
  streamCredit: 512 * KIB,
  channelCredit: 4 * MIB,
  bulkInFlight: 512 * KIB,
  unsent: 64 * MIB,
  heldArguments: 64 * MIB,
  laneQueue: 64,
  turnOwnerMs: 30_000,
};

/** Between what each limit may be set. Both ends count. `stallMs` may be 0 as well. */
export const LIMIT_RANGES: { readonly [K in keyof Limits]: readonly [least: number, most: number] } = {
  framePayload: [KIB, MIB],
  message: [KIB, 2 ** 31],
  streams: [1, 65_536],
  assembling: [KIB, 2 ** 32],
  queuedCalls: [0, 1_000_000],
  handshakeOctets: [KIB, MIB],
  handshakeMs: [1, 600_000],
  offeredTools: [1, 65_536],
  metaEntries: [0, 1_024],
  heartbeatMs: [10, 3_600_000],
  handOver: [KIB, 64 * MIB],
  stallMs: [LEAST_STALL_MS, 86_400_000],
  pings: [1, 1_000_000],
  idleFrames: [1, 1_000_000],
  resets: [1, 1_000_000],
  shortFragments: [1, 1_000_000],
  deadlineVerdictMs: [0, 60_000],
  cancelVerdictMs: [0, 600_000],
  replay: [KIB, 2 ** 31],
  ackDelayMs: [1, ACK_DELAY_MS],
  resumeWindowMs: [0, 7 * 86_400_000],
  parkedSessions: [0, 1_000_000],
  parkedOctets: [0, 2 ** 40],
  unsentItems: [KIB, 64 * MIB],
  streamCredit: [KIB, 1024 * MIB],
  channelCredit: [KIB, 1024 * MIB],
  bulkInFlight: [KIB, 2 ** 31],
  unsent: [KIB, 2 ** 40],
  heldArguments: [KIB, 2 ** 40],
  laneQueue: [0, 65_536],
  turnOwnerMs: [0, 86_400_000],
};

/**
 * The defaults with `overrides` laid over them.
 *
 * @throws UsageError when a limit is unknown, not an integer, or outside its range.
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  if (!isPlain(overrides)) throw new UsageError("limits must be an object, such as { streams: 512 }");
  const limits: Record<string, number> = { ...DEFAULT_LIMITS };
  const ranges: Record<string, readonly [number, number]> = LIMIT_RANGES;
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    const range = ranges[name];
    if (range === undefined)
      throw new UsageError(`limits.${name}: there is no such limit; there are ${Object.keys(LIMIT_RANGES).join(", ")}`);
    const [least, most] = range;
    const never = name === "stallMs" && value === 0;
    if (!never && (!Number.isInteger(value) || value < least || value > most)) {
      throw new UsageError(
        `limits.${name} must be ${name === "stallMs" ? "0, or " : ""}an integer from ${least} to ${most}`,
      );
    }
    limits[name] = value;
  }
  return { ...DEFAULT_LIMITS, ...limits };
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The part of the limits that HELLO and WELCOME state, where these features are wished for or agreed on. */
export function statedLimits(limits: Limits, features: readonly string[]): PeerLimits {
  const { framePayload, message, streams, assembling, replay, streamCredit, channelCredit } = limits;
  return {
    framePayload,
    message,
    streams,
    assembling,
    ...(features.includes(DELIVERY) ? { replay } : {}),
    ...(features.includes(CREDIT) ? { streamCredit, channelCredit } : {}),
  };
}

/** The places of `limits` in HELLO and WELCOME. */
const STATED = ["framePayload", "message", "streams", "assembling", "replay", "streamCredit", "channelCredit"] as const;

/** True where two sides of a resumed session state what they stated before (RESUME-004). */
export function sameLimits(a: PeerLimits, b: PeerLimits): boolean {
  return STATED.every((name) => a[name] === b[name]);
}

/** The feature of HELLO, CHALLENGE and WELCOME by which frames are counted, acknowledged, and survive a channel. */
export const DELIVERY: string = "delivery";

/** The feature of HELLO, CHALLENGE and WELCOME by which each side sends no more than it was granted. */
export const CREDIT: string = "credit";

/** The protocol versions that this code speaks, the most wanted first. */
export const PROTOCOL_VERSIONS: readonly number[] = [1];

/** The greatest stream identifier (STREAM-009). */
export const MAX_STREAM_ID: number = 2 ** 31 - 1;

/** Frames that leave in one message at most (CHAN-006). */
export const BATCH_FRAMES: number = 128;

/**
 * Frames that are worth a message of their own although more will follow in the same turn of the event loop: the other side works
 * on them while this side makes the rest. Where many calls are open, that many are too few.
 */
export const FIRST_FRAMES: number = 32;

/** Octets of frames after which a message is closed (CHAN-006). */
export const BATCH_OCTETS: number = 64 * KIB;

/** Octets beyond `handOver` that a carrier may have while it is still handed what waits for nothing (CHAN-007). */
export const CONTROL_ROOM: number = 64 * KIB;

/** Milliseconds by which a look is late where this side was held up itself: what it finds tells nothing of the peer (CHAN-008). */
export const UNSEEN_MS: number = 2_000;

/** Milliseconds that a frame and its answer may take where somebody has just come back from its sleep. */
export const ROUND_TRIP_MS: number = 5_000;

/** Seconds for which a peer that was quiet may do at once what its rates are for (section 13). */
export const RATE_BURST_SECONDS: number = 5;

/** Octets below which a part of a body is short, where more follows (RATE-004). */
export const SHORT_FRAGMENT: number = 256;

/** Octets of credit that a grant may not be less than, where a quarter of the window is more (RATE-002). */
export const LEAST_GRANT: number = KIB;

/** Heartbeat intervals of silence after which a channel is ended (CHAN-002). */
export const SILENT_INTERVALS: number = 2.5;

/** Milliseconds by which an event loop is late that is busy (CALL-019). */
export const BUSY_MS: number = 100;

/** Milliseconds within which a peer that was asked for a word by one call is not asked by another one (CALL-019). */
export const ASK_AGAIN_MS: number = 100;

/** Milliseconds after which a client asks a gateway that has not answered a call, or has said that it is busy (CHAN-010). */
export const DOUBT_MS: number = 1_000;

/** Milliseconds without a word after which a gateway that was asked counts as quiet, in what a client shows. */
export const QUIET_MS: number = 1_000;

/** What a frame counts for beside its body where octets of kept frames are counted (DELIV-003, DELIV-004). */
export const FRAME_OVERHEAD: number = 64;

/** What an item counts for beside its octets, where credit and what waits to be sent are counted (FLOW-001). */
export const ITEM_OCTETS: number = 64;

/** Octets of a body that a frame carries at least which is not the body's last one, where credit is short (FLOW-008). */
export const LEAST_FRAGMENT: number = KIB;

/** Octets of frames that arrived after which they are acknowledged, where a quarter of `replay` is more (DELIV-003). */
export const ACK_OCTETS: number = 128 * KIB;

/** Octets of frames that arrived which are few enough to be acknowledged late (DELIV-003). */
export const FEW_OCTETS: number = 4 * KIB;

/** How many times the limit of what waits to be written at which a result is not kept any more (FLOW-010). */
export const UNSENT_RESULTS: number = 4;

/** Octets of arguments up to which they are short, and count for nothing where those of running calls do (FLOW-012). */
export const SHORT_ARGUMENTS: number = KIB;

/** Items of a call in one process that may wait unread before its handler's `item()` waits: they have no octets to count. */
export const LOCAL_UNREAD_ITEMS: number = 256;

/** What a session without a channel counts for beside what it has to say, in octets of `parkedOctets`. */
export const PARKED_SESSION_OCTETS: number = 16 * KIB;

/** Reasons of ended sessions that a gateway remembers for clients that want to resume them. */
export const REMEMBERED_ENDS: number = 1_024;

/** Octets of a resume token: 256 random bits (RESUME-001). */
export const RESUME_TOKEN_OCTETS: number = 32;

/** PONGs that may wait to be written: a peer that asks faster than it reads breaks LIMIT-004. */
export const WAITING_PONGS: number = 64;

/** Octets of the sentence in GOAWAY and REFUSE: they must fit into the shortest frames that a peer may take. */
export const SENTENCE_OCTETS: number = 768;
