/**
 * A carrier on a WebSocket of the `ws` package, version 8, known by its shape: nothing is imported from there.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import { spareMessages } from "../spare-octets.ts";
import type { Carrier } from "./carrier.ts";
import { isBlob, readMessage } from "./inbound.ts";
import { markAttached, unmark, Wrapped } from "./instance.ts";
import {
  messageOf,
  ReadyState,
  sentLength,
  SocketCarrier,
  type SocketCarrierOptions,
  type SocketEvents,
  type SocketPort,
} from "./socket.ts";

/** Options of `ws.send` that matter here. */
export interface WsSendOptions {
  readonly binary?: boolean | undefined;
  readonly compress?: boolean | undefined;
  readonly fin?: boolean | undefined;
}

/** What {@link wsCarrier} needs of a WebSocket of the `ws` package. */
export interface WsLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly binaryType: string;
  emit(event: string | symbol, ...args: unknown[]): boolean;
  send(data: string | Uint8Array, options: WsSendOptions, done: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/**
 * Makes a carrier of a `ws` WebSocket, at either end, open or still connecting.
 *
 * From `start` on, messages that the listener takes reach none of the socket's listeners, however and whenever they were
 * added: `on`, `once`, `addEventListener`, `onmessage`, async iteration. All else passes unchanged: other messages,
 * ping, pong, close, errors. To that end `emit` and `send` are properties of the instance while the carrier is
 * attached. `detach`, or the socket's 'close', takes them away; where the host is in the middle of a fragmented message, and
 * something waits for its end, `send` stays until then.
 *
 * - Nothing is written between the fragments of a host's message (CARR-007), also of one that had begun before `start`.
 * - Messages are never compressed, and pass by functions that a host has put over `send` on this instance.
 * - `buffered` counts turnmux's octets, not the host's; `pending` and `taken` count both. `drained` follows as the socket writes them.
 * - The memory of a large message is used again once the system has it: whoever calls `send` leaves the message alone.
 * - The socket's `maxPayload` is the host's choice: a longer message of the peer ends the socket (1009), so it bounds the
 *   limits that turnmux may state. A socket that the host pauses delivers nothing of turnmux either.
 * - An 'error' is reported as `lost`, and reaches the host's listeners as ever. On a shared socket without any it is
 *   thrown, as without turnmux. On a socket of its own turnmux listens, for as long as the socket lives.
 *
 * `start` throws {@link UsageError} when the socket is attached already. With `binaryType` `"blob"` messages cannot be read in
 * order: then binary carriage is a {@link UsageError}, and switching later is a loss.
 */
export function wsCarrier(ws: WsLike, options: SocketCarrierOptions = {}): Carrier {
  if (typeof ws.emit !== "function") {
    throw new UsageError("This is no WebSocket of the ws package: use webSocketCarrier for a standard WebSocket");
  }
  return new SocketCarrier(new WsPort(ws, options), options);
}

class WsPort implements SocketPort {
  readonly #ws: WsLike;
  readonly #binary: boolean;
  readonly #shared: boolean;
  #events: SocketEvents | undefined;
  #emit: Wrapped<WsLike, "emit"> | undefined;
  #send: Wrapped<WsLike, "send"> | undefined;
  /** A fragment of the host's was the last that went through `send`. Only for sockets that do not tell themselves. */
  #fragmentOpen = false;
  /** Our messages that the socket has not reported as written, oldest first, and the sum of their lengths. */
  readonly #writing: (string | Uint8Array)[] = [];
  /** True once the socket has not taken a message. */
  #failed = false;
  #unwritten = 0;
  /** Octets that were given to the socket, by the host too, or fewer. */
  #sent = 0;
  /** Set between `detach` and the end of the message that the host is in: says what is left to say, and lets go of `send`. */
  #part: (() => void) | undefined;
  /** Has `send` as it is below this carrier, and below whatever the host has put over it on this instance. */
  #below: Pick<WsLike, "send">;

  constructor(ws: WsLike, options: SocketCarrierOptions) {
    this.#ws = ws;
    this.#binary = (options.carriage ?? "binary") === "binary";
    this.#shared = options.shared ?? true;
    this.#below = ws;
  }

  get readyState(): number {
    return this.#ws.readyState;
  }

  /** Ours alone, since only of our own messages are we told when they left; and none where the socket holds nothing. */
  get buffered(): number {
    return Math.min(this.#unwritten, this.#ws.bufferedAmount);
  }

  get pending(): number {
    return this.#ws.bufferedAmount;
  }

  /** What was given to the socket, less what it has: `bufferedAmount` falls only as whole writes are done, the other one meanwhile. */
  get taken(): number {
    return this.#sent - this.#ws.bufferedAmount - unsentBySystem(this.#ws);
  }

  get blocked(): boolean {
    return this.#ws.readyState === ReadyState.connecting || (senderMidMessage(this.#ws) ?? this.#fragmentOpen);
  }

  check(): void {
    if (this.#binary && this.#ws.binaryType === "blob") {
      throw new UsageError(
        'A WebSocket with binaryType "blob" cannot be read in order: set it to "nodebuffer", or use { carriage: "text" }',
      );
    }
  }

  hook(events: SocketEvents): void {
    const ws = this.#ws;
    markAttached(ws);
    this.#events = events;
    this.#emit = new Wrapped(ws, "emit", (pass) => WsPort.#watchedEmit(this, pass));
    this.#send = new Wrapped(ws, "send", (pass) => WsPort.#watchedSend(this, pass));
    if (!this.#shared) ws.on("error", ignore);
  }

  release(last: readonly (string | Uint8Array)[]): void {
    const ws = this.#ws;
    this.#events = undefined;
    this.#emit?.restore();
    unmark(ws);
    if (last.length === 0) {
      this.#send?.restore();
      return;
    }
    this.#part = () => {
      if (this.blocked) return;
      this.#part = undefined;
      this.#send?.restore();
      if (ws.readyState === ReadyState.open) for (const message of last) this.write(message);
    };
  }

  write(message: string | Uint8Array): void {
    const options = { binary: typeof message !== "string", compress: false, fin: true };
    this.#writing.push(message);
    this.#unwritten += message.length;
    this.#sent += message.length;
    this.#below.send.apply(this.#ws, [message, options, this.#written]);
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  /** One for all messages: it keeps the way of a message free of closures. */
  readonly #written = (error?: Error | null): void => {
    const message = this.#writing.shift();
    this.#unwritten -= message?.length ?? 0;
    // Where one failed nobody knows which of the others is meant.
    if (error) this.#failed = true;
    else if (!this.#failed && message instanceof Uint8Array && copies(this.#ws)) spareMessages.giveBack(message);
    // An error here says that the socket died with the message in its queue.
    if (error) this.#events?.lost({ reason: `The WebSocket took no message: ${messageOf(error)}` });
    else this.#events?.flushed();
  };

  /** `emit` of the instance: its own `this` is the socket, so that the port is given. */
  static #watchedEmit(port: WsPort, pass: WsLike["emit"]): WsLike["emit"] {
    return function emit(this: unknown, event: string | symbol, ...args: unknown[]): boolean {
      if (port.#observe(event, args)) return true;
      try {
        return pass.apply(this, [event, ...args]);
      } finally {
        // At 'open', and also where the host ended its message by a `send` that it had kept from before.
        port.#events?.unblocked();
      }
    };
  }

  /** What an event means for turnmux. True when it is to go no further. */
  #observe(event: string | symbol, args: readonly unknown[]): boolean {
    const events = this.#events;
    if (events === undefined) return false;
    const [first, second] = args;
    switch (event) {
      case "message": {
        const message = readMessage(first, second === true, this.#shared);
        if (message !== undefined) return events.arrived(message);
        if (this.#binary && isBlob(first)) events.lost({ reason: 'The host set binaryType to "blob"' });
        return false;
      }
      case "error":
        // ws closes before it says so; an error on an open socket is somebody else's.
        if (this.#ws.readyState >= ReadyState.closing) {
          events.lost({ reason: `The WebSocket failed: ${messageOf(first)}` });
        }
        return false;
      case "close":
        events.closed(closeLoss(first, second));
        return false;
      default:
        return false;
    }
  }

  /** `send` of the instance, as the host calls it. */
  static #watchedSend(port: WsPort, pass: WsLike["send"]): WsLike["send"] {
    // Messages that arrive are taken before a host's own `emit` on the instance sees them, and ours leave below its `send`.
    const prototype: unknown = Object.getPrototypeOf(port.#ws);
    port.#below = canSend(prototype) ? prototype : { send: pass };
    return function send(this: unknown, ...args: Parameters<WsLike["send"]>): void {
      pass.apply(this, args);
      port.#hostSent(args[0], args[1]);
    };
  }

  #hostSent(data: unknown, options: unknown): void {
    this.#sent += sentLength(data);
    this.#fragmentOpen = typeof options === "object" && options !== null && "fin" in options && options.fin === false;
    this.#events?.unblocked();
    this.#part?.();
  }
}

function ignore(): void {}

/**
 * Whether what the socket has written is the system's, so that nobody has it any more. Not so where the host has put a stream
 * of its own below the WebSocket, or has a WebSocket of another make.
 */
function copies(ws: object): boolean {
  if (!("_socket" in ws)) return false;
  const socket = ws._socket;
  if (typeof socket !== "object" || socket === null || !("_handle" in socket)) return false;
  return typeof socket._handle === "object" && socket._handle !== null;
}

/**
 * Whether a fragment of a message was the last thing written, as the socket's own sender knows it: also for fragments that
 * were written before turnmux came, or past `send` of this instance. Undefined where it does not tell.
 */
function senderMidMessage(ws: object): boolean | undefined {
  if (!("_sender" in ws)) return undefined;
  const sender = ws._sender;
  if (typeof sender !== "object" || sender === null || !("_firstFragment" in sender)) return undefined;
  return typeof sender._firstFragment === "boolean" ? !sender._firstFragment : undefined;
}

/**
 * Octets of the write under way that the system has not taken, where the socket is one of Node's: a host may have one of many MiB under
 * way for minutes. Node looks at the same number before it says that a socket idles. 0 where it does not tell.
 */
function unsentBySystem(ws: object): number {
  const socket = "_socket" in ws ? ws._socket : undefined;
  if (typeof socket !== "object" || socket === null || !("_handle" in socket)) return 0;
  const handle = socket._handle;
  if (typeof handle !== "object" || handle === null || !("writeQueueSize" in handle)) return 0;
  return typeof handle.writeQueueSize === "number" ? handle.writeQueueSize : 0;
}

function canSend(value: unknown): value is Pick<WsLike, "send"> {
  return typeof value === "object" && value !== null && "send" in value && typeof value.send === "function";
}

function closeLoss(code: unknown, reason: unknown): { code?: number; reason: string } {
  const text = ArrayBuffer.isView(reason) ? new TextDecoder().decode(reason) : "";
  const said = text === "" ? "The WebSocket closed" : `The WebSocket closed: ${text}`;
  return typeof code === "number" ? { code, reason: said } : { reason: said };
}
