/**
 * Real sockets on the loopback interface, and a listener that remembers.
 *
 * @module
 */

import { once } from "node:events";
import { onTestFinished } from "vitest";
import { type ClientOptions, type ServerOptions, WebSocket as Ws, WebSocketServer } from "ws";
import type { CarrierListener, CarrierLoss, CarrierMessage } from "../../../core/src/carrier/carrier.ts";

/** The tag that {@link Recorder} takes for its own. */
const TAG = Uint8Array.of(7, 7, 7, 7, 7, 7, 7, 7);
const FOREIGN_TAG = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);

/** A binary message that a {@link Recorder} takes: mark, version, tag, and this content. */
export function ours(content: string): Uint8Array {
  return new Uint8Array(Buffer.concat([Uint8Array.of(0xc1, 0x01), TAG, Buffer.from(content)]));
}

/** The like for another channel: to this side it is host traffic (CARR-004). */
export function foreign(content: string): Uint8Array {
  return new Uint8Array(Buffer.concat([Uint8Array.of(0xc1, 0x01), FOREIGN_TAG, Buffer.from(content)]));
}

/** A text message that a {@link Recorder} takes. */
export function oursAsText(content: string): string {
  return `{"turnmux":[1,"0707070707070707",${JSON.stringify(content)}]}`;
}

/** Takes the messages of {@link ours} and {@link oursAsText}, and remembers everything. */
export class Recorder implements CarrierListener {
  readonly messages: CarrierMessage[] = [];
  readonly losses: CarrierLoss[] = [];
  drains = 0;
  /** Run at each `drained`. */
  onDrained: () => void = () => {};
  readonly #waits: { done: () => boolean; resolve: () => void }[] = [];

  message(message: CarrierMessage): boolean {
    const own = typeof message === "string" ? message.includes("0707070707070707") : isOwn(message);
    if (own) this.#note(() => this.messages.push(message));
    return own;
  }

  drained(): void {
    this.#note(() => {
      this.drains += 1;
      this.onDrained();
    });
  }

  lost(loss: CarrierLoss): void {
    this.#note(() => this.losses.push(loss));
  }

  /** Until `done` holds, which something that this listener is told must bring about. */
  async until(done: () => boolean): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve) => this.#waits.push({ done, resolve }));
  }

  /** The contents of the messages taken, once there are this many. */
  async contents(count: number): Promise<string[]> {
    await this.until(() => this.messages.length >= count);
    return this.messages.map(contentOf);
  }

  /** The loss, once there is one. */
  async loss(): Promise<CarrierLoss | undefined> {
    await this.until(() => this.losses.length > 0);
    return this.losses[0];
  }

  #note(change: () => void): void {
    change();
    for (const wait of this.#waits) if (wait.done()) wait.resolve();
  }
}

function isOwn(message: CarrierMessage): boolean {
  return message instanceof Uint8Array && TAG.every((octet, index) => message[index + 2] === octet);
}

function contentOf(message: CarrierMessage): string {
  if (message instanceof Uint8Array) return new TextDecoder().decode(message.subarray(10));
  const parsed: unknown = typeof message === "string" ? JSON.parse(message) : message;
  return JSON.stringify(parsed);
}

/** Two ends of one connection. */
export interface Pair {
  /** As the server's 'connection' event gave it. */
  readonly near: Ws;
  /** The client's. */
  readonly far: Ws;
}

/** A server on a free port, gone when the test is. */
export async function serve(options: ServerOptions = {}): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, url: `ws://127.0.0.1:${address.port}` };
}

/** A connected pair of `ws` sockets. */
export async function connect(serverOptions: ServerOptions = {}, clientOptions: ClientOptions = {}): Promise<Pair> {
  const { server, url } = await serve(serverOptions);
  const connected = nextConnection(server);
  const far = new Ws(url, clientOptions);
  const opened = once(far, "open");
  const near = await connected;
  await opened;
  return { near, far };
}

/** The next socket that the server accepts. */
export function nextConnection(server: WebSocketServer): Promise<Ws> {
  return new Promise((resolve) => {
    server.once("connection", (socket) => {
      resolve(socket);
    });
  });
}

/** All that arrives at a `ws` socket from now on, as text, and a promise for a certain message. */
export function transcript(socket: Ws): { readonly seen: string[]; until(content: string): Promise<string[]> } {
  const seen: string[] = [];
  const waits = new Map<string, () => void>();
  socket.on("message", (data: unknown) => {
    const content = textOf(data);
    seen.push(content);
    waits.get(content)?.();
  });
  return {
    seen,
    async until(content) {
      if (!seen.includes(content)) await new Promise<void>((resolve) => waits.set(content, resolve));
      return seen;
    },
  };
}

/** A message's data as text, in whichever form it came. */
export function textOf(data: unknown): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return data.map(textOf).join("");
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return new TextDecoder("latin1").decode(data);
  return String(data);
}
