/** A WebSocket that knows frames and no rules, to say what no client would. */

import { once } from "node:events";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import type { Frame, HelloFrame } from "../../../core/src/wire/frame.ts";
import { binaryCarriage, textCarriage, ZERO_TAG } from "../../../core/src/wire/carriage.ts";
import { anybody } from "./anybody.ts";

/** How a connection ended. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const LIMITS = { framePayload: 1 << 20, message: 1 << 24, streams: 256, assembling: 1 << 25 };

/** A HELLO that is right. */
export function hello(more: Partial<HelloFrame> = {}): HelloFrame {
  return {
    type: "hello",
    versions: [1],
    nonce: new Uint8Array(16).fill(5),
    tag: new Uint8Array(8).fill(6),
    features: [],
    limits: LIMITS,
    contents: [1, 2, 3, 4],
    ...more,
  };
}

export { anybody };

/** See the module's comment. */
export class RawClient {
  readonly ws: WebSocket;
  /** How the connection ends. */
  readonly closed: Promise<Closed>;
  readonly #frames: Frame[] = [];
  readonly #waits: ((frame: Frame | undefined) => void)[] = [];
  #over = false;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("error", () => {});
    ws.on("message", (data, isBinary) => {
      // ws gives a Buffer for both, as its default binaryType says.
      const octets = data as Buffer;
      const carriage = isBinary ? binaryCarriage : textCarriage;
      const envelope = carriage.recognise(isBinary ? new Uint8Array(octets) : octets.toString());
      // A host's own.
      if (envelope === undefined) return;
      for (const frame of carriage.decode(envelope, LIMITS)) {
        const wait = this.#waits.shift();
        if (wait === undefined) this.#frames.push(frame);
        else wait(frame);
      }
    });
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => {
        this.#over = true;
        for (const wait of this.#waits.splice(0)) wait(undefined);
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Speaks on a socket that is there already. */
  static on(ws: WebSocket): RawClient {
    return new RawClient(ws);
  }

  /** Connects, without a word of turnmux. */
  static async open(url: string, options: ClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, options));
    onTestFinished(() => client.ws.terminate());
    await once(client.ws, "open");
    return client;
  }

  /** Sends a handshake frame, or any other under the tag zero. */
  say(frame: Frame, carriage: "binary" | "text" = "binary"): void {
    this.send(ZERO_TAG, [frame], carriage);
  }

  /** Sends frames in one message, under this tag. */
  send(tag: Uint8Array, frames: readonly Frame[], carriage: "binary" | "text" = "binary"): void {
    const message = carriage === "binary" ? binaryCarriage.encode(tag, frames) : textCarriage.encode(tag, frames);
    if (typeof message === "string" || message instanceof Uint8Array) this.ws.send(message);
  }

  /** Shakes hands with {@link anybody}, and gives back the gateway's tag. WELCOME and OFFER have been taken. */
  async welcomed(): Promise<Uint8Array> {
    this.say(hello());
    const challenge = await this.next();
    const { nonce } = hello();
    this.say({ type: "proof", clientNonce: nonce, method: anybody.name, keyId: "", proof: new Uint8Array(1) });
    const [welcome, offer] = [await this.next(), await this.next()];
    if (challenge?.type !== "challenge" || welcome?.type !== "welcome" || offer?.type !== "offer") {
      throw new Error(`not welcome: ${challenge?.type}, ${welcome?.type}, ${offer?.type}`);
    }
    return challenge.tag;
  }

  /** The next frame of the gateway's, of whatever message; undefined when the connection closes without one. */
  async next(): Promise<Frame | undefined> {
    const frame = this.#frames.shift();
    if (frame !== undefined || this.#over) return frame;
    return new Promise((resolve) => this.#waits.push(resolve));
  }
}

/** What the server answers to an upgrade that it refuses. */
export async function refusedUpgrade(
  url: string,
  options: ClientOptions = {},
): Promise<{ readonly status: number; readonly body: string; readonly headers: Record<string, unknown> }> {
  const ws = new WebSocket(url, options);
  ws.on("error", () => {});
  const opened = once(ws, "open").then(
    () => {
      ws.terminate();
      throw new Error("the upgrade was not refused");
    },
    () => new Promise<never>(() => {}),
  );
  const refused = new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve) => {
    ws.on("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
  });
  return Promise.race([refused, opened]);
}
