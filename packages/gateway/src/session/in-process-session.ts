/**
 * A session in the gateway's own process, as whoever opened it has it.
 *
 * @module
 */
import { Session, type Share, type ShareOptions, type Turn } from "@turnmux/core";
import { shareSession } from "@turnmux/share";

/** {@link Session} without a socket. `Gateway.openSession` makes it. */
export class InProcessSession extends Session {
  /**
   * Shares a turn with child processes: their calls go through this session, as the turn's own. A child gets `share.env` in its environment,
   * and a session by `connect()` without a URL, or by the command `turnmux`. `docs/guide.md` section 13.
   *
   * It is the main thread that listens for them: an I/O thread does not answer in its place.
   *
   * @param turn the turn, or its id. The share ends with it: when it is cancelled, or by `close()`
   * @throws {UsageError} where an option is not what it should be
   * @throws {TurnmuxError} where the session or the turn is over already
   */
  share(turn: Turn | string, options: ShareOptions = {}): Promise<Share> {
    return shareSession(this, typeof turn === "string" ? this.turn(turn) : turn, options);
  }
}
