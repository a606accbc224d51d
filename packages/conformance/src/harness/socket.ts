/**
 * One WebSocket, whoever dialled it: messages out, messages in, and what became of it.
 *
 * @module
 */
import { WebSocket, type RawData } from "ws";
import { HarnessError } from "../suite/verdict.ts";

/** How a WebSocket ended. 1006 where it was cut. */
export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket under the suite's control. The suite owns it and terminates it when the case is over. */
export class Socket {
  readonly #ws: WebSocket;
  readonly closed: Promise<SocketEnd>;
  taker: ((data: Uint8Array | string) => void) | undefined;
  readonly #early: (Uint8Array | string)[] = [];

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("error", () => {});
    ws.on("message", (data: RawData, isBinary: boolean) => {
      const message = isBinary ? octets(data) : octets(data).toString("utf8");
      if (this.taker === undefined) this.#early.push(message);
      else this.taker(message);
    });
    this.closed = new Promise((resolve) => {
      ws.once("close", (code: number, reason: Buffer) => resolve({ code, reason: reason.toString("utf8") }));
    });
  }

  /** Dials. Throws where nobody answers. */
  static async dial(url: string, within: number): Promise<Socket> {
    const ws = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: within, maxPayload: 64 * 1024 * 1024 });
    // Before it is open, since a message may come with the last octets of the upgrade.
    const socket = new Socket(ws);
    await new Promise<void>((resolve, reject) => {
      ws.once("open", resolve);
      ws.once("error", (error) =>
        reject(new HarnessError(`Cannot connect to ${url}: ${error.message}. Is the peer under test running?`)),
      );
    });
    return socket;
  }

  /** Hands messages to `take` from now on, those that came before first. */
  listen(take: (data: Uint8Array | string) => void): void {
    this.taker = take;
    for (const message of this.#early.splice(0)) take(message);
  }

  get open(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  send(data: Uint8Array | string): void {
    if (this.open) this.#ws.send(data);
  }

  /** A message in two fragments, with whatever `between` does in between. */
  async sendFragments(first: string, second: string, between: () => Promise<void>): Promise<void> {
    this.#ws.send(first, { fin: false });
    await between();
    this.#ws.send(second, { fin: true });
  }

  /** Octets that wait to be sent. */
  get buffered(): number {
    return this.#ws.bufferedAmount;
  }

  /** Reads nothing more until {@link resume}. */
  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close(code = 1000): void {
    this.#ws.close(code);
  }

  /** Cuts the connection, as a network does. */
  cut(): void {
    this.#ws.terminate();
  }
}

function octets(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
