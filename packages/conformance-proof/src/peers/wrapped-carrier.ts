/**
 * A host whose every message has a shape of its own: a JSON text `{"host": <turnmux's message>}`.
 *
 * @module
 */

import type { Carrier, CarrierListener, CarrierMessage, WrappedMessage } from "@turnmux/client";
import { WebSocket, type RawData } from "ws";

/** turnmux's messages in the envelopes of a host. It can be started again when its channel is over. */
export class WrappedCarrier implements Carrier {
  readonly carriage = "wrapped";
  readonly shared = true;
  readonly #socket: WebSocket;
  readonly #waiting: CarrierMessage[] = [];
  #listener: CarrierListener | undefined;

  /** `host` hears the texts that are not turnmux's. */
  constructor(socket: WebSocket, host: (text: string) => void) {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      const text = textOf(data);
      const wrapped = unwrapped(text);
      const taken = wrapped !== undefined && this.#listener?.message(wrapped) === true;
      if (!taken) host(text);
    });
    socket.on("open", () => {
      for (const message of this.#waiting.splice(0)) this.send(message);
      this.#listener?.drained();
    });
    socket.on("close", (code) => this.#lost({ code, reason: `the host's WebSocket closed with ${code}` }));
    socket.on("error", (error) => this.#lost({ reason: error.message }));
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get blocked(): boolean {
    return this.#socket.readyState === WebSocket.CONNECTING;
  }

  start(listener: CarrierListener): void {
    this.#listener = listener;
    if (this.#socket.readyState > WebSocket.OPEN) {
      queueMicrotask(() => this.#lost({ reason: "the host's WebSocket was closed already" }));
    }
  }

  send(message: CarrierMessage): void {
    if (this.blocked) this.#waiting.push(message);
    else this.#socket.send(JSON.stringify({ host: message }), () => this.#listener?.drained());
  }

  detach(): void {
    this.#listener = undefined;
  }

  close(): void {
    // The socket is the host's.
  }

  #lost(loss: { readonly code?: number; readonly reason: string }): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.lost(loss);
  }
}

/** A text message's text. */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data) ? data.toString("utf8") : Buffer.from(data).toString("utf8");
}

/** What a text wraps, where that may be turnmux's. */
function unwrapped(text: string): WrappedMessage | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || !("host" in parsed)) return undefined;
  const { host } = parsed;
  return isWrapped(host) ? host : undefined;
}

function isWrapped(value: unknown): value is WrappedMessage {
  return typeof value === "object" && value !== null && "turnmux" in value && Array.isArray(value.turnmux);
}
