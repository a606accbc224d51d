/**
 * A session on sockets that belong to a host.
 *
 * @module
 */
import type { Carrier, SessionOptions } from "@turnmux/core";
import { ClientSession, type SessionOwner } from "./client-session.ts";
import type { ClientSocket } from "./options.ts";

/** What an {@link AttachedSession} stands on. */
export interface HostSockets extends SessionOwner {
  attach(socket: ClientSocket | Carrier): void;
  detach(message: string): void;
}

/** {@link ClientSession} on the sockets of a host, which makes them, and loses them. `attach` makes it. */
export class AttachedSession extends ClientSession {
  /** Resolves when the session stands first; rejects with a `TurnmuxError` where it ends before. */
  readonly ready: Promise<void>;
  readonly #sockets: HostSockets;

  /** For `attach`. */
  constructor(options: SessionOptions, sockets: HostSockets, ready: (session: ClientSession) => Promise<void>) {
    super(options, sockets);
    this.#sockets = sockets;
    this.ready = ready(this);
    // Whoever does not ask is told by the state, and by every call.
    this.ready.catch(() => {});
  }

  /**
   * Moves the session to the host's next socket. The one before is left, where it is still there; calls that are under way
   * go on. (With `waitMs` 0 a session does not outlive its socket: then they end as `unavailable`, with their outcome.)
   *
   * @throws {UsageError} where the session is over (see `waitMs`), or the socket is attached already
   */
  attach(socket: ClientSocket | Carrier): void {
    this.#sockets.attach(socket);
  }

  /**
   * Gives the socket back to the host as it was. The session ends, unless `waitMs` lets it wait for another one. What the
   * gateway still sends before it hears of that reaches the host's listeners; after `close()` it does not.
   */
  detach(message: string = "the client gave the socket back"): void {
    this.#sockets.detach(message);
  }
}
