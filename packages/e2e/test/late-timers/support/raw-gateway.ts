/** A gateway that knows frames and no rules, for what a client must bear. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { binaryCarriage, ZERO_TAG } from "../../../../core/src/wire/carriage.ts";
import type { Frame } from "../../../../core/src/wire/frame.ts";

const LIMITS = { framePayload: 1 << 20, message: 1 << 24, streams: 256, assembling: 1 << 25 };

/** Octets of a flood that wait in the process, behind those that the kernel has taken. */
const FLOOD_OCTETS = 1 << 20;

/** See the module's comment. It vouches for everybody, and offers nothing. */
export class RawGateway {
  readonly url: string;
  readonly #heartbeatMs: number;
  readonly #frames: Frame[] = [];
  #changed: () => void = () => {};
  #ws: WebSocket | undefined;
  #socket: Duplex | undefined;
  #peerTag = ZERO_TAG;
  #closed = false;

  private constructor(server: WebSocketServer, heartbeatMs: number) {
    this.#heartbeatMs = heartbeatMs;
    // It listens on a port.
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (ws, request) => {
      this.#socket = request.socket;
      this.#connected(ws);
    });
  }

  static async start(heartbeatMs: number): Promise<RawGateway> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const gateway = new RawGateway(server, heartbeatMs);
    onTestFinished(() => {
      gateway.#ws?.terminate();
      server.close();
    });
    return gateway;
  }

  /** False once the connection is gone. */
  get open(): boolean {
    return this.#ws?.readyState === this.#ws?.OPEN;
  }

  /** Sends these frames over and over, a message each, until the socket takes no more at present. */
  flood(...frames: Frame[]): void {
    const socket = this.#socket;
    if (socket === undefined) throw new Error("no flood");
    const messages = Buffer.concat(frames.map((frame) => this.#message(frame)));
    const many = Buffer.concat(Array.from({ length: Math.ceil(10_000 / frames.length) }, () => messages));
    while (socket.writable && socket.writableLength < FLOOD_OCTETS) socket.write(many);
  }

  /** A short WebSocket message with this frame, which is not masked (RFC 6455 section 5.2). */
  #message(frame: Frame): Buffer {
    const payload = binaryCarriage.encode(this.#peerTag, [frame]);
    if (!(payload instanceof Uint8Array) || payload.length > 125) throw new Error("that is not short");
    return Buffer.concat([Buffer.of(0x82, payload.length), payload]);
  }

  /** Sends frames in one message. */
  send(...frames: Frame[]): void {
    const message = binaryCarriage.encode(this.#peerTag, frames);
    if (message instanceof Uint8Array) this.#ws?.send(message);
  }

  /** The next frame of this type, of those that came and come; undefined when the connection closes without one. */
  async next<T extends Frame["type"]>(type: T): Promise<Extract<Frame, { type: T }> | undefined> {
    for (;;) {
      const index = this.#frames.findIndex((frame) => frame.type === type);
      const [frame] = index < 0 ? [] : this.#frames.splice(index, 1);
      if (frame !== undefined) return frame as Extract<Frame, { type: T }>;
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  #connected(ws: WebSocket): void {
    this.#ws = ws;
    ws.on("message", (data) => {
      // ws gives a Buffer, as its default binaryType says.
      const envelope = binaryCarriage.recognise(new Uint8Array(data as Buffer));
      if (envelope === undefined) throw new Error("that was no message of turnmux's");
      for (const frame of binaryCarriage.decode(envelope, LIMITS)) this.#take(frame);
      this.#changed();
    });
    ws.on("close", () => {
      this.#closed = true;
      this.#changed();
    });
  }

  #take(frame: Frame): void {
    if (frame.type !== "hello") {
      this.#frames.push(frame);
      return;
    }
    this.#peerTag = frame.tag;
    const welcome: Frame = {
      type: "welcome",
      clientNonce: frame.nonce,
      tag: new Uint8Array(8).fill(7),
      version: 1,
      features: [],
      limits: LIMITS,
      contents: [1, 2, 3, 4],
      heartbeatMs: this.#heartbeatMs,
      sessionId: "raw",
      principal: "raw",
      scopes: [],
    };
    const message = binaryCarriage.encode(ZERO_TAG, [welcome]);
    if (message instanceof Uint8Array) this.#ws?.send(message);
    this.send({ type: "offer", mode: 0, tools: [], names: [] });
  }
}
