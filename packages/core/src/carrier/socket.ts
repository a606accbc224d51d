/**
 * What all carriers on a WebSocket have in common, whatever kind of object the socket is.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import type { Carrier, CarrierListener, CarrierLoss, CarrierMessage } from "./carrier.ts";

/** Options of the stock carriers. */
export interface SocketCarrierOptions {
  /** The form in which this side speaks. Default `"binary"`. Messages in the other form are received all the same. */
  readonly carriage?: "binary" | "text" | undefined;
  /** Whether the socket belongs to a host, and turnmux may not close it (CARR-008). Default true. */
  readonly shared?: boolean | undefined;
}

/** `readyState` of every kind of WebSocket. */
export const ReadyState = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

/** What a {@link SocketPort} tells of its socket. */
export interface SocketEvents {
  /** A message that may be turnmux's. True when it was, and nobody else may see it. */
  arrived(message: CarrierMessage): boolean;
  /** What {@link SocketPort.blocked} waited for may be over. Said as often as the port likes. */
  unblocked(): void;
  /** The socket may have taken octets that it still held. Said as often as the port likes. */
  flushed(): void;
  /** Nothing can be sent or received any more. */
  lost(loss: CarrierLoss): void;
  /** The socket is closed, and emits nothing more. */
  closed(loss: CarrierLoss): void;
}

/** One kind of WebSocket, as {@link SocketCarrier} needs it. It holds no rule and no state of the carrier's. */
export interface SocketPort {
  /** Throws {@link UsageError} where the socket's settings do not go with the carriage. */
  check(): void;
  readonly readyState: number;
  /** Octets written that the socket has not taken, at least. */
  readonly buffered: number;
  /** As {@link Carrier.pending}. */
  readonly pending: number;
  /** As {@link Carrier.taken}. */
  readonly taken: number;
  /** True while nothing may be written. */
  readonly blocked: boolean;
  /** Begins to watch the socket, and marks it. Throws {@link UsageError} when the socket is marked. */
  hook(events: SocketEvents): void;
  /** Gives the socket back, and writes `last` as soon as the host's message is over, where one is under way. */
  release(last: readonly (string | Uint8Array)[]): void;
  /** Writes one message. May throw. */
  write(message: string | Uint8Array): void;
  /** Begins the closing handshake. May throw. */
  close(code: number, reason: string): void;
}

/** The longest reason that fits into a close frame, in octets of UTF-8. */
const MAX_CLOSE_REASON = 123;

/** Nothing waits, as is so for most carriers at most times: nobody puts anything into it. */
const NOTHING: never[] = [];

/** {@link Carrier} over a {@link SocketPort}. Made by `wsCarrier` and `webSocketCarrier`. */
export class SocketCarrier implements Carrier, SocketEvents {
  readonly carriage: "binary" | "text";
  readonly shared: boolean;
  readonly #port: SocketPort;
  #state: "new" | "attached" | "lost" | "detached" = "new";
  #listener: CarrierListener | undefined;
  #hooked = false;
  /** Messages that came while the socket was blocked. Its length is the owner's to limit. */
  #waiting: (string | Uint8Array)[] = NOTHING;
  #waitingOctets = 0;
  /** Somebody was told that the carrier is blocked, and waits for `drained`. */
  #toldBlocked = false;
  /** Somebody was told that octets are buffered, and may wait for `drained`. */
  #toldBuffered = false;

  constructor(port: SocketPort, options: SocketCarrierOptions) {
    port.check();
    this.#port = port;
    this.carriage = options.carriage ?? "binary";
    this.shared = options.shared ?? true;
  }

  get buffered(): number {
    const octets = this.#port.buffered + this.#waitingOctets;
    if (octets > 0) this.#toldBuffered = true;
    return octets;
  }

  get pending(): number {
    return this.#port.pending + this.#waitingOctets;
  }

  get taken(): number {
    return this.#port.taken;
  }

  get blocked(): boolean {
    const blocked = this.#port.blocked;
    if (blocked) this.#toldBlocked = true;
    return blocked;
  }

  start(listener: CarrierListener): void {
    if (this.#state !== "new") {
      throw new UsageError("This carrier was started before. A carrier serves one channel: make a new one");
    }
    this.#port.check();
    this.#port.hook(this);
    this.#hooked = true;
    this.#listener = listener;
    this.#state = "attached";
    if (this.#port.readyState === ReadyState.closed) this.#loseLater("The WebSocket was closed already");
    else this.unblocked();
  }

  send(message: CarrierMessage): void {
    if (this.#state === "lost" || this.#state === "detached") return;
    if (typeof message !== "string" && !(message instanceof Uint8Array)) {
      this.#loseLater("A WebSocket carries text and octets, not the values of wrapped carriage");
    } else if (this.#state === "new" || this.#port.blocked) {
      if (this.#waiting === NOTHING) this.#waiting = [];
      this.#waiting.push(message);
      this.#waitingOctets += message.length;
      this.#toldBlocked = true;
    } else {
      this.#writeWaiting();
      this.#write(message);
    }
  }

  detach(): void {
    const last = this.#state === "attached" ? this.#waiting : NOTHING;
    this.#state = "detached";
    this.#drop();
    this.#giveBack(last);
  }

  close(code: number, reason: string): void {
    if (this.shared || this.#port.readyState >= ReadyState.closing) return;
    try {
      this.#port.close(code, closeReason(reason));
    } catch (error) {
      this.#loseLater(`The WebSocket could not be closed: ${messageOf(error)}`);
    }
  }

  /** For the port. */
  arrived(message: CarrierMessage): boolean {
    if (this.#state === "attached") return this.#listener?.message(message) ?? false;
    // Between loss and close nobody can tell whose it is. Its mark says turnmux, and no host is to see that (CARR-005).
    return this.#state === "lost";
  }

  #write(message: string | Uint8Array): void {
    if (this.#port.readyState >= ReadyState.closing) {
      this.#loseLater("The WebSocket is closing");
      return;
    }
    try {
      this.#port.write(message);
    } catch (error) {
      this.#loseLater(`The WebSocket took no message: ${messageOf(error)}`);
    }
  }

  /** For the port: writes what waited, and tells the listener that it may go on. */
  unblocked(): void {
    if (!this.#toldBlocked || this.#state !== "attached" || this.#port.blocked) return;
    this.#toldBlocked = false;
    this.#writeWaiting();
    this.#listener?.drained();
  }

  #writeWaiting(): void {
    const waiting = this.#waiting;
    this.#drop();
    for (const message of waiting) this.#write(message);
  }

  /** For the port. */
  flushed(): void {
    if (!this.#toldBuffered || this.#state !== "attached") return;
    this.#toldBuffered = this.#port.buffered > 0;
    this.#listener?.drained();
  }

  /** Out of `send` and `start` the loss is told in a turn of its own, so that no listener is called from within them. */
  #loseLater(reason: string): void {
    queueMicrotask(() => {
      this.lost({ reason });
    });
  }

  /** For the port: the end of a carrier that was attached. */
  lost(loss: CarrierLoss): void {
    if (this.#state !== "attached") return;
    this.#state = "lost";
    this.#drop();
    this.#listener?.lost(loss);
  }

  /** For the port. */
  closed(loss: CarrierLoss): void {
    this.lost(loss);
    this.#giveBack(NOTHING);
  }

  #drop(): void {
    this.#waiting = NOTHING;
    this.#waitingOctets = 0;
  }

  #giveBack(last: readonly (string | Uint8Array)[]): void {
    if (this.#hooked) this.#port.release(last);
    this.#hooked = false;
  }
}

/** Octets of what somebody gives to `send`, or fewer: text may be longer as UTF-8, and what is no data counts nothing. */
export function sentLength(data: unknown): number {
  if (typeof data === "string") return data.length;
  if (typeof data !== "object" || data === null) return 0;
  if ("byteLength" in data && typeof data.byteLength === "number") return data.byteLength;
  return "size" in data && typeof data.size === "number" ? data.size : 0;
}

/** What an error says, for a {@link CarrierLoss}. */
export function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "unknown error";
}

/** Cuts a reason to what a close frame holds, between two characters. */
function closeReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_CLOSE_REASON));
  return reason.slice(0, read);
}
