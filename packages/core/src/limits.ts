/**
 * Every number that bounds what a peer can make this side hold or do. `docs/spec.md` section 11.
 *
 * @module
 */
import type { PeerLimits } from "./wire/frame.ts";
import { UsageError } from "./errors/usage.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What this side takes from its peer, and how long it waits. Every field has a default in {@link DEFAULT_LIMITS}. */
export interface Limits extends PeerLimits {
  /** Calls that wait in the SDK for a stream or a connection. Beyond it: `resource_exhausted`, `not_started`. */
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
  /** Milliseconds that a caller waits, behind its deadline, for the receiver's own word on what became of the call. */
  readonly deadlineVerdictMs: number;
  /** Milliseconds that a caller waits, behind a cancellation, for the receiver's own word on what became of the call. */
  readonly cancelVerdictMs: number;
  /** Octets of items that one call may have waiting to be sent before its handler's `item()` waits. */
  readonly unsentItems: number;
}

/** The defaults of section 11. */
export const DEFAULT_LIMITS: Limits = {
  framePayload: 16 * KIB,
  message: 16 * MIB,
  streams: 256,
  assembling: 32 * MIB,
  queuedCalls: 10_000,
  handshakeOctets: 64 * KIB,
  handshakeMs: 10_000,
  offeredTools: 4_096,
  metaEntries: 32,
  heartbeatMs: 15_000,
  handOver: 128 * KIB,
  deadlineVerdictMs: 250,
  cancelVerdictMs: 5_000,
  unsentItems: 256 * KIB,
};

/** Between what each limit may be set. Both ends count. */
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
  deadlineVerdictMs: [0, 60_000],
  cancelVerdictMs: [0, 600_000],
  unsentItems: [KIB, 64 * MIB],
};

/**
 * The defaults with `overrides` laid over them.
 *
 * @throws UsageError when a limit is unknown, not an integer, or outside its range.
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  const limits: Record<string, number> = { ...DEFAULT_LIMITS };
  const ranges: Record<string, readonly [number, number]> = LIMIT_RANGES;
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    const range = ranges[name];
    if (range === undefined)
      throw new UsageError(`limits.${name}: there is no such limit; there are ${Object.keys(LIMIT_RANGES).join(", ")}`);
    const [least, most] = range;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new UsageError(`limits.${name} must be an integer from ${least} to ${most}`);
    }
    limits[name] = value;
  }
  return { ...DEFAULT_LIMITS, ...limits };
}

/** The part of the limits that HELLO and WELCOME state. */
export function statedLimits(limits: Limits): PeerLimits {
  const { framePayload, message, streams, assembling } = limits;
  return { framePayload, message, streams, assembling };
}

/** The protocol versions that this code speaks, the most wanted first. */
export const PROTOCOL_VERSIONS: readonly number[] = [1];

/** The greatest stream identifier (STREAM-009). */
export const MAX_STREAM_ID: number = 2 ** 31 - 1;

/** Frames that leave in one message at most (CHAN-006). */
export const BATCH_FRAMES: number = 32;

/** Octets of frames after which a message is closed (CHAN-006). */
export const BATCH_OCTETS: number = 64 * KIB;

/** Heartbeat intervals of silence after which a channel is ended (CHAN-002). */
export const SILENT_INTERVALS: number = 2.5;

/** PONGs that may wait to be written: a peer that asks faster than it reads breaks LIMIT-004. */
export const WAITING_PONGS: number = 64;

/** Octets of the sentence in GOAWAY and REFUSE: they must fit into the shortest frames that a peer may take. */
export const SENTENCE_OCTETS: number = 768;
