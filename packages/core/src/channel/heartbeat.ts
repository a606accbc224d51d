/**
 * Liveness of one channel: PING when the peer has been quiet, and the end when it stays so (CHAN-001, CHAN-002).
 *
 * @module
 */
import { SILENT_INTERVALS } from "../limits.ts";
import type { PingFrame, PongFrame } from "../wire/frame.ts";

/** Times are milliseconds of the owner's clock. */
export class Heartbeat {
  /** How late the peer's event loop was when it last said so, in milliseconds. */
  peerLagMs: number | undefined;
  readonly #intervalMs: number;
  #heardAt: number;
  #askedAt: number;
  /** When the peer was asked first since it was heard. */
  #firstAskedAt: number | undefined;
  #nextId = 1;
  /** The last of the questions that was answered. */
  #answered = 0;

  constructor(intervalMs: number, now: number) {
    this.#intervalMs = intervalMs;
    this.#heardAt = now;
    this.#askedAt = now;
  }

  /** When something arrived last. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** True while the peer was asked for a word, and has said none. */
  get waits(): boolean {
    return this.#firstAskedAt !== undefined;
  }

  /** Something arrived. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#firstAskedAt = undefined;
  }

  /** A PONG arrived. False where nobody has asked for it. */
  pong(frame: PongFrame): boolean {
    this.peerLagMs = frame.lagMs;
    const asked = frame.id > this.#answered && frame.id < this.#nextId;
    if (asked) this.#answered = frame.id;
    return asked;
  }

  /** When {@link handleTimeout} is due: the next question, or the end of patience. */
  nextTimeout(): number {
    return Math.min(this.#nextQuestion(), this.#silentAt());
  }

  /** A PING to send, `"silent"` when the peer was quiet for too long, or undefined when nothing is due. */
  handleTimeout(now: number): PingFrame | "silent" | undefined {
    if (now >= this.#silentAt()) return "silent";
    if (now < this.#nextQuestion()) return undefined;
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

  #nextQuestion(): number {
    return Math.max(this.#heardAt, this.#askedAt) + this.#intervalMs;
  }
}
