/**
 * From a WebSocket that is connecting to a carrier, or to the reason why there is none.
 *
 * @module
 */
import { UsageError, type Carrier, type Code } from "@turnmux/core";
import type { ClientSocket } from "../options.ts";

/** Why no socket came about. */
export interface OpenFailure {
  /** A sentence, without the URL. */
  readonly message: string;
  /** What became of it, where that is known without an answer. Default: by {@link status}, or `unavailable`. */
  readonly code?: Code | undefined;
  /** The status of the HTTP response, where the server answered with one. */
  readonly status?: number | undefined;
  /** What the server's `Retry-After` asks for. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Hears one of the two, once, and never out of the function that opens the socket. */
export interface OpeningListener {
  opened(carrier: Carrier): void;
  failed(failure: OpenFailure): void;
}

/** A socket of turnmux's own, from the attempt to its end. */
export interface Opening {
  /** Ends the socket at once, without a closing handshake where that is possible. */
  abort(): void;
  /** Resolves when nothing is left of the socket. */
  readonly closed: Promise<void>;
}

/** What the kinds of sockets have in common while they connect. */
interface Listens {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: object) => void): void;
  close(): void;
  terminate?(): void;
}

const OPEN = 1;

/**
 * Watches a socket. Throws {@link UsageError} for what is no WebSocket.
 *
 * @param listenForRefusal hears what a server answers in place of a WebSocket, where the socket tells
 */
export function openSocket(
  socket: ClientSocket,
  carrierOf: () => Carrier,
  listener: OpeningListener,
  listenForRefusal?: (socket: ClientSocket, refused: (failure: OpenFailure) => void) => void,
): Opening {
  if (!listens(socket))
    throw new UsageError("webSocket() must return a WebSocket: of the ws package, or a standard one");
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let settled = false;
  let opened = false;
  const fail = (failure: OpenFailure): void => {
    if (settled) return;
    settled = true;
    listener.failed(failure);
  };
  const open = (): void => {
    opened = true;
    if (settled) return;
    let carrier: Carrier;
    try {
      carrier = carrierOf();
    } catch (cause) {
      fail({ message: sentenceOf(cause, ""), cause });
      socket.close();
      return;
    }
    settled = true;
    listener.opened(carrier);
  };
  const abort = (): void => {
    settled = true;
    if (socket.terminate === undefined) socket.close();
    else socket.terminate();
  };
  socket.addEventListener("open", open);
  socket.addEventListener("error", (event) => {
    const cause = "error" in event ? event.error : undefined;
    const told = "message" in event && typeof event.message === "string" ? event.message : "";
    // Node 22 leaves out 'close' where no connection came about.
    if (!opened) resolve();
    fail({ message: sentenceOf(cause, told), cause });
  });
  socket.addEventListener("close", (event) => {
    resolve();
    const code = "code" in event && typeof event.code === "number" ? ` (close code ${event.code})` : "";
    fail({ message: `the WebSocket closed before it was open${code}` });
  });
  listenForRefusal?.(socket, (failure) => {
    fail(failure);
    abort();
  });
  if (socket.readyState === OPEN) queueMicrotask(open);
  return { abort, closed };
}

function listens(socket: object): socket is Listens {
  return "addEventListener" in socket && typeof socket.addEventListener === "function";
}

function sentenceOf(cause: unknown, told: string): string {
  // Node tries every address of a name, and tells of each.
  if (cause instanceof AggregateError) {
    const messages = cause.errors.map((error: unknown) => (error instanceof Error ? error.message : ""));
    return [...new Set(messages)].join(", ");
  }
  if (told !== "") return told;
  if (cause instanceof Error && cause.message !== "") return cause.message;
  return "no WebSocket could be opened";
}
