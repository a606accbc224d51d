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
  #nextId = 1;

  constructor(intervalMs: number, now: number) {
    this.#intervalMs = intervalMs;
    this.#heardAt = now;
    this.#askedAt = now;
  }

  /** Something arrived. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** A PONG arrived. */
  pong(frame: PongFrame): void {
    this.peerLagMs = frame.lagMs;
  }

  /** When {@link handleTimeout} is due: the next question, or the end of patience. */
  nextTimeout(): number {
    return Math.min(this.#nextQuestion(), this.#heardAt + this.#intervalMs * SILENT_INTERVALS);
  }

  /** A PING to send, `"silent"` when the peer was quiet for too long, or undefined when nothing is due. */
  handleTimeout(now: number): PingFrame | "silent" | undefined {
    if (now >= this.#heardAt + this.#intervalMs * SILENT_INTERVALS) return "silent";
    if (now < this.#nextQuestion()) return undefined;
    this.#askedAt = now;
    return { type: "ping", id: this.#nextId++ };
  }

  #nextQuestion(): number {
    return Math.max(this.#heardAt, this.#askedAt) + this.#intervalMs;
  }
}
