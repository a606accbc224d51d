/**
 * A carrier on a standard WebSocket: a browser's, and the global one of Node.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import type { Carrier } from "./carrier.ts";
import { isBlob, readMessage } from "./inbound.ts";
import { markAttached, unmark, Wrapped } from "./instance.ts";
import {
  ReadyState,
  sentLength,
  SocketCarrier,
  type SocketCarrierOptions,
  type SocketEvents,
  type SocketPort,
} from "./socket.ts";

/** An event of a standard WebSocket, as far as {@link webSocketCarrier} looks into it. */
export interface WebSocketEventLike {
  readonly type: string;
  stopImmediatePropagation(): void;
}

/** What {@link webSocketCarrier} needs of a standard WebSocket. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  onmessage: unknown;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  dispatchEvent(event: WebSocketEventLike): boolean;
  addEventListener(type: string, listener: (event: WebSocketEventLike) => void, options?: { capture?: boolean }): void;
  removeEventListener(
    type: string,
    listener: (event: WebSocketEventLike) => void,
    options?: { capture?: boolean },
  ): void;
}

/**
 * Makes a carrier of a standard WebSocket, open or still connecting.
 *
 * What the host can see of turnmux's messages from `start` on:
 *
 * - Node dispatches every event by the socket's own `dispatchEvent`, which the carrier replaces on the instance: nothing,
 *   however and whenever its listeners were added.
 * - A browser asks the carrier's listener in its turn: listeners that were added after it see nothing, nor does `onmessage`,
 *   which the carrier puts behind itself. Listeners that the host added *before* see turnmux's messages as well: Chromium
 *   runs them in order of addition, also capturing ones (the standard would run capturing ones, as the carrier's is,
 *   first). So attach before the host adds any.
 *
 * - `"blob"` as `binaryType`, the default, cannot be read in the order of arrival: with binary carriage it is a {@link UsageError} on
 *   a host's socket, and switching to it later is a loss. On a socket of its own turnmux sets `"arraybuffer"`.
 * - No event tells when a standard WebSocket has sent what it buffered, and `buffered` counts the host's octets as well. The
 *   owner looks at it again on a timer; the carrier says `drained` only where some other event lets it see the change. By a `send`
 *   on the instance, which passes everything on, it counts what the host sends: so `taken` grows also while `buffered` does.
 * - A page may close with 1000 or 3000 to 4999 only: `close` turns 1002 into 4002, 1008 into 4008, and so on.
 *
 * `start` throws {@link UsageError} when the socket is attached already. `detach`, or the socket's 'close', gives it back as it
 * was.
 */
export function webSocketCarrier(socket: WebSocketLike, options: SocketCarrierOptions = {}): Carrier {
  if (typeof socket.dispatchEvent !== "function") {
    throw new UsageError("This is no standard WebSocket: use wsCarrier for one of the ws package");
  }
  if (options.shared === false) socket.binaryType = "arraybuffer";
  return new SocketCarrier(new WebSocketPort(socket, options), options);
}

class WebSocketPort implements SocketPort {
  readonly #socket: WebSocketLike;
  readonly #binary: boolean;
  readonly #shared: boolean;
  /** Octets that were given to the socket, by the host too, or fewer. */
  #sent = 0;
  #release: (() => void) | undefined;

  constructor(socket: WebSocketLike, options: SocketCarrierOptions) {
    this.#socket = socket;
    this.#binary = (options.carriage ?? "binary") === "binary";
    this.#shared = options.shared ?? true;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get pending(): number {
    return this.#socket.bufferedAmount;
  }

  get taken(): number {
    return this.#sent - this.#socket.bufferedAmount;
  }

  /** A standard WebSocket sends no fragments. */
  get blocked(): boolean {
    return this.#socket.readyState === ReadyState.connecting;
  }

  check(): void {
    if (this.#binary && this.#socket.binaryType === "blob") {
      throw new UsageError(
        'A WebSocket with binaryType "blob" cannot be read in order: set it to "arraybuffer", or use { carriage: "text" }, in a browser with its part, textCarriage of @turnmux/client/text',
      );
    }
  }

  hook(events: SocketEvents): void {
    const socket = this.#socket;
    markAttached(socket);
    let active = true;
    /** The event that the replaced `dispatchEvent` has looked at and passed on: the listeners below do not look again. */
    let passed: WebSocketEventLike | undefined;

    const observe = (event: WebSocketEventLike): boolean => active && this.#observe(event, events);
    const listener = (event: WebSocketEventLike): void => {
      if (event !== passed && observe(event)) event.stopImmediatePropagation();
    };
    const opened = (): void => {
      if (active) events.unblocked();
    };

    const count = (data: unknown): void => {
      if (active) this.#sent += sentLength(data);
    };
    const dispatching = new Wrapped(
      socket,
      "dispatchEvent",
      (pass) =>
        function dispatchEvent(this: unknown, event): boolean {
          if (observe(event)) return true;
          const before = passed;
          passed = event;
          try {
            return pass.apply(this, [event]);
          } finally {
            passed = before;
          }
        },
    );
    const sending = new Wrapped(
      socket,
      "send",
      (pass) =>
        function send(this: unknown, data): void {
          pass.apply(this, [data]);
          count(data);
        },
    );
    const { onmessage } = socket;
    setHandler(socket, null);
    for (const type of ["message", "error", "close"]) socket.addEventListener(type, listener, { capture: true });
    socket.addEventListener("open", opened);
    setHandler(socket, onmessage);

    this.#release = () => {
      active = false;
      dispatching.restore();
      sending.restore();
      for (const type of ["message", "error", "close"]) socket.removeEventListener(type, listener, { capture: true });
      socket.removeEventListener("open", opened);
      unmark(socket);
    };
  }

  release(): void {
    this.#release?.();
  }

  write(message: string | Uint8Array): void {
    this.#socket.send(typeof message === "string" ? message : unshared(message));
  }

  close(code: number, reason: string): void {
    const allowed = code === 1000 || code >= 3000;
    this.#socket.close(allowed ? code : code + 3000, reason);
  }

  /** What an event means for turnmux. True when it is to go no further. */
  #observe(event: WebSocketEventLike, events: SocketEvents): boolean {
    switch (event.type) {
      case "message": {
        events.flushed();
        const data = "data" in event ? event.data : undefined;
        const message = readMessage(data, typeof data !== "string", this.#shared);
        if (message !== undefined) return events.arrived(message);
        if (this.#binary && isBlob(data)) events.lost({ reason: 'The host set binaryType to "blob"' });
        return false;
      }
      case "error": {
        // Always the end, and not always followed by 'close': Node 22 leaves that out where no connection came about.
        const message = "message" in event && typeof event.message === "string" ? event.message : "";
        events.lost({ reason: message === "" ? "The WebSocket failed" : `The WebSocket failed: ${message}` });
        return false;
      }
      case "close": {
        const reason = "reason" in event && typeof event.reason === "string" ? event.reason : "";
        const said = reason === "" ? "The WebSocket closed" : `The WebSocket closed: ${reason}`;
        events.closed(
          "code" in event && typeof event.code === "number" ? { code: event.code, reason: said } : { reason: said },
        );
        return false;
      }
      default:
        return false;
    }
  }
}

/** Sets `onmessage` where there is one: set anew, it takes its turn behind the listeners that are there by then. */
function setHandler(socket: WebSocketLike, handler: unknown): void {
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is the host's
  if (typeof socket.onmessage === "function" || typeof handler === "function") socket.onmessage = handler;
}

/** `send` takes no shared memory. */
function unshared(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = octets;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(octets);
}
