/**
 * Liveness of one channel: PING when the peer has been quiet, and the end when it stays so (CHAN-001, CHAN-002); and what is known of how
 * busy the peer is.
 *
 * @module
 */
import { ASK_AGAIN_MS, BUSY_MS, DOUBT_MS, QUIET_MS, SILENT_INTERVALS } from "../limits.ts";
import type { PingFrame, PongFrame } from "../wire/frame.ts";

/**
 * What a side knows of its peer's process.
 *
 * - `"alive"`: it has spoken, and did not say that it is late
 * - `"busy"`: it lives, and its event loop was late by {@link BUSY_MS} or more when it last said so
 * - `"quiet"`: it was asked, and has said nothing for {@link QUIET_MS}: it is blocked, or gone; from here nobody can tell which
 */
export type PeerState = "alive" | "busy" | "quiet";

/** What is known of a peer's process. */
export interface PeerHealth {
  readonly state: PeerState;
  /** How late its event loop was when it last said so, in milliseconds: with every call that it accepts, and when it was asked. */
  readonly lagMs: number | undefined;
  /** How long nothing was heard of it, in milliseconds. */
  readonly silentMs: number;
}

/** What the peer has said of its event loop last. */
export interface Lateness {
  /** Milliseconds; undefined where it did not say. */
  readonly lagMs: number | undefined;
  /** When it was heard, on the clock of this side. */
  readonly at: number;
}

/** Times are milliseconds of the owner's clock. */
export class Heartbeat {
  readonly #intervalMs: number;
  readonly #watches: boolean;
  #lateness: Lateness | undefined;
  #state: PeerState = "alive";
  #heardAt: number;
  #askedAt: number;
  /** When the peer was asked first since it was heard. */
  #firstAskedAt: number | undefined;
  /** When a call left first since the peer has answered anything. */
  #calledAt: number | undefined;
  #nextId = 1;
  /** The last of the questions that was answered. */
  #answered = 0;

  /** `watches`: somebody wants to know as soon as the peer is quiet. */
  constructor(intervalMs: number, now: number, watches: boolean = false) {
    this.#intervalMs = intervalMs;
    this.#watches = watches;
    this.#heardAt = now;
    this.#askedAt = now;
  }

  /** When something arrived last. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** What the peer has said of its event loop last, in PONG or ACCEPT. */
  get lateness(): Lateness | undefined {
    return this.#lateness;
  }

  /** As it was found last: {@link handleTimeout} finds that the peer is quiet. */
  get state(): PeerState {
    return this.#state;
  }

  /** True while the peer was asked for a word, and has said none. */
  get waits(): boolean {
    return this.#firstAskedAt !== undefined;
  }

  /** Something arrived. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#firstAskedAt = undefined;
    if (this.#state === "quiet") this.#state = isLate(this.#lateness) ? "busy" : "alive";
  }

  /** A call was handed to the carrier. */
  called(now: number): void {
    this.#calledAt ??= now;
  }

  /** The peer has answered a call, or a question: what else arrives may have crossed with it. */
  answered(): void {
    this.#calledAt = undefined;
  }

  /** The peer has said how late its event loop is. */
  late(lagMs: number | undefined, now: number): void {
    this.#lateness = { lagMs, at: now };
    this.#state = isLate(this.#lateness) ? "busy" : "alive";
  }

  /** A PONG arrived. False where nobody has asked for it. */
  pong(frame: PongFrame, now: number): boolean {
    this.late(frame.lagMs, now);
    this.answered();
    const asked = frame.id > this.#answered && frame.id < this.#nextId;
    if (asked) this.#answered = frame.id;
    return asked;
  }

  /** When {@link handleTimeout} is due: the next question, or the end of patience. */
  nextTimeout(): number {
    return Math.min(this.#nextQuestion(), this.#silentAt(), this.#quietAt());
  }

  /** A PING to send, `"silent"` when the peer was quiet for too long, or undefined when nothing is due. */
  handleTimeout(now: number): PingFrame | "silent" | undefined {
    if (now >= this.#silentAt()) return "silent";
    if (now >= this.#quietAt()) this.#state = "quiet";
    return now < this.#nextQuestion() ? undefined : this.#question(now);
  }

  /**
   * A PING out of turn, for whoever has to know now whether the peer lives (CALL-019). Undefined where one was sent a moment ago, or
   * has no answer yet: one serves all who ask.
   */
  ask(now: number): PingFrame | undefined {
    if (this.#unanswered) return undefined;
    return this.#answered > 0 && now < this.#askedAt + ASK_AGAIN_MS ? undefined : this.#question(now);
  }

  get #unanswered(): boolean {
    return this.#answered < this.#nextId - 1;
  }

  #question(now: number): PingFrame {
    this.#askedAt = now;
    this.#firstAskedAt ??= now;
    return { type: "ping", id: this.#nextId++ };
  }

  /** Whoever was not asked is not silent: this side itself may have been suspended, or both. */
  #silentAt(): number {
    if (this.#firstAskedAt === undefined) return Number.POSITIVE_INFINITY;
    const sinceHeard = this.#heardAt + this.#intervalMs * SILENT_INTERVALS;
    return Math.max(sinceHeard, this.#firstAskedAt + this.#intervalMs * (SILENT_INTERVALS - 1));
  }

  #quietAt(): number {
    const asked = this.#watches && this.#state !== "quiet" ? this.#firstAskedAt : undefined;
    return asked === undefined ? Number.POSITIVE_INFINITY : asked + QUIET_MS;
  }

  #nextQuestion(): number {
    const regular = Math.max(this.#heardAt, this.#askedAt) + this.#intervalMs;
    // Of questions that are not answered yet one is enough: a gateway that comes back reads all of them at once (LIMIT-004).
    if (!this.#watches || this.#unanswered) return regular;
    // A word about being late is soon out of date, and a gateway that is there answers a call at once.
    if (this.#state === "busy") return Math.min(regular, Math.max(this.#lateness?.at ?? 0, this.#askedAt) + DOUBT_MS);
    if (this.#calledAt === undefined) return regular;
    return Math.min(regular, Math.max(this.#calledAt, this.#heardAt, this.#askedAt) + DOUBT_MS);
  }
}

function isLate(lateness: Lateness | undefined): boolean {
  return (lateness?.lagMs ?? 0) >= BUSY_MS;
}
