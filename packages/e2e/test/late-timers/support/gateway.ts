/** A gateway in the test's own process, whose client is blocked. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { createGateway, type ToolCall } from "@turnmux/gateway";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { tools } from "./tools.ts";

/** Turns of the event loop in which a socket takes nothing more before it is taken to be full. */
const IDLE_TURNS = 100;

/** A call of `answer` that waits for the test. */
export interface Asked {
  readonly call: ToolCall;
  /** Lets the handler answer. */
  answer(): void;
}

/** See the module's comment. */
export class AnsweringGateway {
  readonly url: string;
  readonly #sockets: Socket[];
  readonly #asked: Promise<Asked>;

  private constructor(url: string, sockets: Socket[], asked: Promise<Asked>) {
    this.url = url;
    this.#sockets = sockets;
    this.#asked = asked;
  }

  static async start(): Promise<AnsweringGateway> {
    const gateway = createGateway();
    const asked = Promise.withResolvers<Asked>();
    gateway.implement(tools, {
      answer: async (length, call) => {
        await new Promise<void>((resolve) => asked.resolve({ call, answer: resolve }));
        return "a".repeat(length);
      },
      echo: (text) => text,
    });
    const sockets: Socket[] = [];
    const http = createServer().on("connection", (socket: Socket) => sockets.push(socket));
    const server = new WebSocketServer({ server: http });
    server.on("connection", (socket) => {
      gateway.attach(socket, { principal: "alice", scopes: [] });
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(async () => {
      await gateway.close();
      for (const socket of sockets) socket.destroy();
      server.close();
      http.close();
    });
    // It listens on a port.
    const { port } = http.address() as AddressInfo;
    return new AnsweringGateway(`ws://127.0.0.1:${port}`, sockets, asked.promise);
  }

  /** The first call of `answer`, once its handler runs. */
  asked(): Promise<Asked> {
    return this.#asked;
  }

  /** Until the kernel has taken all that the gateway has to say at present, or takes no more of it. */
  async written(): Promise<void> {
    let before = -1;
    for (let idle = 0; idle < IDLE_TURNS; idle += 1) {
      const now = this.#taken;
      if (now !== before) idle = 0;
      before = now;
      await turn();
    }
  }

  get #taken(): number {
    let octets = 0;
    for (const { bytesWritten, writableLength } of this.#sockets) octets += bytesWritten - writableLength;
    return octets;
  }
}
