/**
 * How often a peer may do what costs it little, and this side more than it gets for it. `docs/spec.md` section 13.
 *
 * Token buckets on the owner's clock. Nothing of this is on the way of a frame that carries something.
 *
 * @module
 */
import { ProtocolViolation } from "../errors/violation.ts";
import { RATE_BURST_SECONDS, SHORT_FRAGMENT, type Limits } from "../limits.ts";
import type { DataFrame } from "../wire/frame.ts";

/** What a {@link Rates} works with. */
export type RateLimits = Pick<Limits, "pings" | "idleFrames" | "resets" | "shortFragments" | "streams">;

/** One for each session. Each method takes note of one frame, and throws {@link ProtocolViolation} where it is one too many. */
export class Rates {
  readonly #limits: RateLimits;
  readonly #peerStreams: number;
  #heartbeatMs = Number.POSITIVE_INFINITY;
  /** Each is made with the first frame of its kind: most peers send none. */
  #pings: Bucket | undefined;
  #idle: Bucket | undefined;
  #resets: Bucket | undefined;
  #fragments: Bucket | undefined;

  /** `peerStreams` is how many streams this side may open. */
  constructor(limits: RateLimits, peerStreams: number) {
    this.#limits = limits;
    this.#peerStreams = peerStreams;
  }

  /** The session goes on with another channel, for which the peer had to prove itself. */
  refill(): void {
    for (const bucket of [this.#pings, this.#idle, this.#resets, this.#fragments]) bucket?.refill();
  }

  /** The peer may ask at this interval, in milliseconds: that, and as much again, is never too often. */
  heartbeat(intervalMs: number): void {
    this.#heartbeatMs = intervalMs;
    this.#pings = undefined;
  }

  /** A PING. */
  ping(now: number): void {
    this.#pings ??= new Bucket(Math.max(this.#limits.pings, 2_000 / this.#heartbeatMs), 0);
    if (!this.#pings.take(now)) throw beyond("RATE-001", "PINGs came", "pings");
  }

  /** A frame that changes nothing. */
  idle(now: number): void {
    // A resume says again what was granted to each stream.
    this.#idle ??= new Bucket(this.#limits.idleFrames, this.#limits.streams + this.#peerStreams);
    if (!this.#idle.take(now)) throw beyond("RATE-002", "frames that change nothing came", "idleFrames");
  }

  /** A RESET, or CREDIT for a stream that is over. */
  reset(now: number): void {
    // All calls may be cancelled at once, and so may those that take their place.
    this.#resets ??= new Bucket(this.#limits.resets, this.#limits.streams * 2);
    if (!this.#resets.take(now)) throw beyond("RATE-003", "calls were opened and reset", "resets");
  }

  /** A part of a body. It counts where it is short, although more follows. */
  fragment(frame: DataFrame, now: number): void {
    if (!frame.more || frame.body.length >= SHORT_FRAGMENT) return;
    this.#fragments ??= new Bucket(this.#limits.shortFragments, 0);
    if (this.#fragments.take(now)) return;
    throw beyond("RATE-004", `fragments of less than ${SHORT_FRAGMENT} octets came`, "shortFragments");
  }
}

/** So many a second, and a few seconds' worth, and `more`, at once. */
class Bucket {
  readonly #perMs: number;
  readonly #most: number;
  /** What was taken, less what time has made good since. */
  #taken = 0;
  #at = 0;

  constructor(perSecond: number, more: number) {
    this.#perMs = perSecond / 1_000;
    this.#most = perSecond * RATE_BURST_SECONDS + more;
  }

  take(now: number): boolean {
    this.#taken = Math.max(0, this.#taken - (now - this.#at) * this.#perMs) + 1;
    this.#at = now;
    return this.#taken <= this.#most;
  }

  refill(): void {
    this.#taken = 0;
  }
}

function beyond(requirement: string, what: string, limit: string): ProtocolViolation {
  return new ProtocolViolation(requirement, `${what} more often than this side takes (${limit})`, "resource_exhausted");
}
