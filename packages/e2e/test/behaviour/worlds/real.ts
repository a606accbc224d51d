/** The worlds with real time: gateway and client as their users have them. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { attach, connect, sharedToken } from "@turnmux/client";
import type { Session } from "@turnmux/core";
import { createGateway, memoryJournal, tokenAuth, type Gateway, type GatewaySession } from "@turnmux/gateway";
import { WebSocket, WebSocketServer } from "ws";
import type { Pair, PairOptions, WorldKind } from "./pair.ts";

const SECRET = "a shared secret of the tests";

function gatewayOf(options: PairOptions): Gateway {
  return createGateway({
    journal: memoryJournal(),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...(options.overrides === undefined ? {} : { tools: options.overrides }),
    ...(options.gatewayInterceptors === undefined ? {} : { interceptors: options.gatewayInterceptors }),
  });
}

function pairOf(gateway: Gateway, client: Session, session: GatewaySession, end: () => Promise<void>): Pair {
  return {
    client,
    gateway: session,
    implement: (tools, handlers) => void gateway.implement(tools, handlers),
    updateScopes: (scopes) => session.updateScopes(scopes),
    drain: () => void gateway.drain(),
    until: (promise) => promise,
    close: async () => {
      await client.close();
      await gateway.close();
      await end();
    },
  };
}

function firstSession(gateway: Gateway): GatewaySession {
  const [session] = gateway.sessions;
  if (session === undefined) throw new Error("the gateway has no session");
  return session;
}

/** The session that the gateway has, or is about to have. */
function someSession(gateway: Gateway): Promise<GatewaySession> {
  return new Promise((resolve) => {
    for (const session of gateway.sessions) resolve(session);
    gateway.addEventListener("session", ({ detail }) => resolve(detail.session), { once: true });
  });
}

/** A session in the gateway's own process. */
export const localWorld: WorldKind = {
  name: "in process",
  open: (options: PairOptions = {}) => {
    const gateway = gatewayOf(options);
    const interceptors = options.clientInterceptors;
    const client = gateway.openSession({
      principal: "alice",
      scopes: options.scopes ?? [],
      ...(interceptors === undefined ? {} : { interceptors }),
    });
    return Promise.resolve(pairOf(gateway, client, firstSession(gateway), () => Promise.resolve()));
  },
};

/** An endpoint of the gateway's own, with challenge and proof; `ioThread` puts it into a thread. */
export function endpointWorld(carriage: "binary" | "text", ioThread = false): WorldKind {
  return {
    name: `ws, ${carriage} carriage${ioThread ? ", I/O thread" : ""}`,
    open: async (options: PairOptions = {}) => {
      const gateway = gatewayOf(options);
      const auth = tokenAuth(SECRET, { principal: "alice", scopes: options.scopes ?? [] });
      const endpoint = gateway.listen({ port: 0, host: "127.0.0.1", auth, ioThread });
      await endpoint.ready;
      const interceptors = options.clientInterceptors;
      const client = await connect(endpoint.url, {
        auth: sharedToken(SECRET),
        carriage,
        reconnect: false,
        ...(interceptors === undefined ? {} : { interceptors }),
      });
      return pairOf(gateway, client, await someSession(gateway), () => Promise.resolve());
    },
  };
}

/** A socket of a host, which talks on it all the time. */
export const sharedWorld: WorldKind = {
  name: "a socket shared with a host",
  open: async (options: PairOptions = {}) => {
    const gateway = gatewayOf(options);
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    const session = new Promise<GatewaySession>((resolve, reject) => {
      server.once("connection", (socket) => {
        const attachment = gateway.attach(socket, { principal: "alice", scopes: options.scopes ?? [] });
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
        attachment.session.then(resolve, reject);
      });
    });
    await listening(http);
    const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const host = new TalkingHost(socket);
    const interceptors = options.clientInterceptors;
    const client = attach(socket, interceptors === undefined ? {} : { interceptors });
    await client.ready;
    return pairOf(gateway, client, await session, async () => {
      await host.finish();
      socket.terminate();
      server.close();
      http.close();
      await once(http, "close");
    });
  },
};

async function listening(http: Server): Promise<void> {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
}

/** Sends numbers to an echo, each when the one before came back, and sees that nothing else arrives. */
class TalkingHost {
  readonly #socket: WebSocket;
  #next = 0;
  #finishing: (() => void) | undefined;
  #fault: string | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("open", () => this.#say());
    socket.on("message", (data: Buffer) => this.#hear(data.toString()));
  }

  /** Resolves when the last word came back. Throws where the host heard what it did not say. */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#finishing = resolve;
      this.#say();
    });
    if (this.#fault !== undefined) throw new Error(this.#fault);
  }

  #say(): void {
    this.#next += 1;
    this.#socket.send(`host ${this.#next}`);
  }

  #hear(text: string): void {
    if (!text.startsWith("host ")) this.#fault ??= `the host heard what it did not say: ${text.slice(0, 40)}`;
    if (this.#finishing === undefined) this.#say();
    else if (text === `host ${this.#next}`) this.#finishing();
  }
}
