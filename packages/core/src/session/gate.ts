/**
 * How much a carrier takes at present, and whether it has stopped taking anything.
 *
 * @module
 */
import type { Carrier } from "../carrier/carrier.ts";
import { CONTROL_ROOM, UNSEEN_MS, type Limits } from "../limits.ts";

/**
 * What may be handed to the carrier: everything; only what answers the peer and waits for nothing (CHAN-007); nothing, since it has
 * too much; nothing, since the host is in the middle of a message of its own.
 */
export type Room = "all" | "control" | "none" | "blocked";

/** Milliseconds until a carrier that has too much is looked at again; in the end less often. */
const LOOK_AGAIN_MS: readonly [first: number, most: number] = [20, 320];

/** The part of the time for which a carrier has taken nothing after which it is looked at again. */
const LOOK_AGAIN_PART = 1 / 4;

/** What a session ends with whose peer reads nothing (CHAN-008). */
export function stallMessage({ stallMs }: Pick<Limits, "stallMs">): string {
  return `the peer has read nothing for ${stallMs} ms while there was something to read (stallMs)`;
}

type Watched = Pick<Carrier, "blocked" | "buffered" | "pending" | "taken">;

/** One for each carrier. Times are milliseconds of the owner's clock. */
export class Gate {
  readonly #carrier: Watched;
  readonly #limits: Pick<Limits, "handOver" | "stallMs">;
  /** Since when the carrier has had too much, and has taken nothing. */
  #since: number | undefined;
  /** What it told of octets taken when it was looked at last, where much waited then. */
  #taken: number | undefined;
  #tookAt: number | undefined;
  #lookedAt = 0;

  constructor(carrier: Watched, limits: Pick<Limits, "handOver" | "stallMs">) {
    this.#carrier = carrier;
    this.#limits = limits;
  }

  /** Looks at the carrier. Whoever hands something to it looks again. */
  look(now: number): Room {
    if (this.#carrier.blocked) {
      // That is the host's doing, or the network's, and not the peer's; and what the carrier takes meanwhile nobody looks at.
      this.#since = undefined;
      this.#taken = undefined;
      return "blocked";
    }
    const { buffered } = this.#carrier;
    const { handOver } = this.#limits;
    const took = this.#watch(buffered, now);
    if (buffered < handOver) {
      this.#since = undefined;
      return "all";
    }
    const unseen = now - this.#lookedAt > UNSEEN_MS;
    if (this.#since === undefined || took || unseen) this.#since = now;
    this.#lookedAt = now;
    return buffered < handOver + CONTROL_ROOM ? "control" : "none";
  }

  /**
   * When the socket was seen to take octets while much waited in it, a host's octets included: what was written before that may not
   * have left any sooner. Undefined where that was never so.
   */
  get tookAt(): number | undefined {
    return this.#tookAt;
  }

  /** True where much waited when the socket was looked at last, whoever wrote it, and it has taken some of it since. */
  #watch(buffered: number, now: number): boolean {
    const before = this.#taken;
    const much = (this.#carrier.pending ?? buffered) >= this.#limits.handOver;
    if (!much && before === undefined) return false;
    const taken = this.#carrier.taken ?? -buffered;
    this.#taken = much ? taken : undefined;
    if (before === undefined || taken <= before) return false;
    this.#tookAt = now;
    return true;
  }

  /** True where the carrier has had too much, and has taken nothing, for `stallMs`. */
  stalled(now: number): boolean {
    const { stallMs } = this.#limits;
    return stallMs > 0 && this.#since !== undefined && now - this.#since >= stallMs;
  }

  /** When to look again at a carrier that has too much: not every socket says when it has sent what it held. */
  lookAgainAt(now: number): number {
    const [first, most] = LOOK_AGAIN_MS;
    return now + Math.min(most, Math.max(first, (now - (this.#since ?? now)) * LOOK_AGAIN_PART));
  }
}
