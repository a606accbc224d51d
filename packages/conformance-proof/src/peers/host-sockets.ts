/**
 * A host at the client's end: it makes its sockets, speaks a protocol of its own on them, and lets turnmux share them.
 *
 * @module
 */

import { attach, type AttachedSession, type AttachOptions, type Carrier } from "@turnmux/client";
import { WebSocket } from "ws";
import { sendFragments } from "./hosts.ts";
import { messageOf } from "./lines.ts";
import { logger } from "./logger.ts";
import { textOf, WrappedCarrier } from "./wrapped-carrier.ts";

/** Milliseconds before a host that lost its socket makes the next one: at first, and at most. */
const BACKOFF = { initialMs: 20, maxMs: 100 } as const;

/** How a host is made. */
export interface HostOptions {
  readonly url: string;
  readonly carriage: "binary" | "text" | "wrapped";
  readonly reconnect: boolean;
  readonly attach: Omit<AttachOptions, "carriage" | "waitMs">;
  /** Hears what the other host says. */
  readonly heard: (text: string) => void;
}

/** See the module's comment. */
export class HostSockets {
  readonly session: AttachedSession;
  readonly #options: HostOptions;
  #socket: WebSocket;
  /** What turnmux is attached to: the socket, or what wraps it. */
  #door: WebSocket | Carrier;
  #waitMs: number = BACKOFF.initialMs;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(options: HostOptions) {
    const { carriage, reconnect } = options;
    this.#options = options;
    this.#socket = this.#dial();
    this.#door = this.#doorTo(this.#socket);
    this.session = attach(this.#door, {
      ...options.attach,
      ...(carriage === "wrapped" ? {} : { carriage }),
      waitMs: reconnect ? Number.POSITIVE_INFINITY : 0,
    });
    this.session.addEventListener("state", ({ detail: { state } }) => {
      if (state === "ready") this.#waitMs = BACKOFF.initialMs;
      else if (state === "reconnecting") this.#again();
    });
    void this.session.closed.then(() => {
      this.#over = true;
      clearTimeout(this.#timer);
    });
  }

  /** Says something in the host's protocol, as soon as there is a connection. */
  say(text: string): void {
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CONNECTING) socket.once("open", () => this.say(text));
    else if (text === "fragments") sendFragments(socket);
    else socket.send(text);
  }

  /** Ends the session, and closes the host's socket. */
  async close(): Promise<void> {
    await this.session.close();
    this.#socket.close();
  }

  #dial(): WebSocket {
    const socket = new WebSocket(this.#options.url, { perMessageDeflate: false });
    socket.on("error", (error) => logger.info("the host's WebSocket failed", { error: error.message }));
    socket.on("close", () => {
      if (socket === this.#socket) this.#again();
    });
    return socket;
  }

  #doorTo(socket: WebSocket): WebSocket | Carrier {
    const { carriage, heard } = this.#options;
    if (carriage === "wrapped") return new WrappedCarrier(socket, heard);
    socket.on("message", (data, isBinary) => {
      if (!isBinary) heard(textOf(data));
    });
    return socket;
  }

  /** The session's channel is over: it goes on with the same socket, where that is there, and otherwise with another one. */
  #again(): void {
    if (this.#over || !this.#options.reconnect || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#over) return;
      this.#waitMs = Math.min(this.#waitMs * 2, BACKOFF.maxMs);
      if (this.#socket.readyState > WebSocket.OPEN) {
        this.#socket = this.#dial();
        this.#door = this.#doorTo(this.#socket);
      }
      try {
        this.session.attach(this.#door);
      } catch (error) {
        logger.warn("the session could not be attached", { error: messageOf(error) });
      }
    }, this.#waitMs);
  }
}
