/** A gateway for one test, with a log that remembers, and closed when the test is over. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect as connectSocket, type AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import {
  createGateway,
  memoryJournal,
  tokenAuth,
  type Endpoint,
  type Gateway,
  type GatewayOptions,
  type GatewaySession,
  type ListenOptions,
  type Logger,
} from "@turnmux/gateway";
import { connect, sharedToken, type ClientSession, type ConnectOptions } from "@turnmux/client";

/** The secret that {@link listening} takes, for `alice` with the scope `write`. */
export const SECRET = "correct horse battery staple";

/** One line of a {@link Log}. */
export interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Record<string, unknown> | undefined;
}

/** Remembers what was logged, and lets tests wait for it. */
export class Log implements Logger {
  readonly lines: Line[] = [];
  readonly #waits: { readonly matches: (line: Line) => boolean; readonly resolve: (line: Line) => void }[] = [];

  debug(message: string, fields?: Record<string, unknown>): void {
    this.#add({ level: "debug", message, fields });
  }

  info(message: string, fields?: Record<string, unknown>): void {
    this.#add({ level: "info", message, fields });
  }

  warn(message: string, fields?: Record<string, unknown>): void {
    this.#add({ level: "warn", message, fields });
  }

  error(message: string, fields?: Record<string, unknown>): void {
    this.#add({ level: "error", message, fields });
  }

  /** The first line whose message matches, once there is one. */
  async line(message: RegExp): Promise<Line> {
    const matches = (line: Line): boolean => message.test(line.message);
    const found = this.lines.find(matches);
    return found ?? (await new Promise<Line>((resolve) => this.#waits.push({ matches, resolve })));
  }

  /** Lines of a level. */
  of(level: keyof Logger): Line[] {
    return this.lines.filter((line) => line.level === level);
  }

  #add(line: Line): void {
    this.lines.push(line);
    for (const { matches, resolve } of this.#waits) if (matches(line)) resolve(line);
  }
}

/** A gateway with a journal in memory, closed at the end of the test. */
export function testGateway(options: GatewayOptions = {}): { readonly gateway: Gateway; readonly log: Log } {
  const log = new Log();
  const gateway = createGateway({ journal: memoryJournal(), logger: log, ...options });
  onTestFinished(() => gateway.close());
  return { gateway, log };
}

/** An endpoint of the gateway's on a free port. */
export async function listening(gateway: Gateway, options: Partial<ListenOptions> = {}): Promise<Endpoint> {
  const place = options.server === undefined ? { port: 0 } : {};
  const endpoint = gateway.listen({
    auth: tokenAuth(SECRET, { principal: "alice", scopes: ["write"] }),
    ...place,
    ...options,
  });
  await endpoint.ready;
  return endpoint;
}

/** A client of the endpoint, closed at the end of the test. It connects once. */
export async function connected(endpoint: Pick<Endpoint, "url">, options: ConnectOptions = {}): Promise<ClientSession> {
  const session = await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false, ...options });
  onTestFinished(() => session.close());
  return session;
}

/** Resolves when the port of this URL takes connections, which it may not for a while: its thread has died. */
export async function dialled(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const dial = async (): Promise<boolean> => {
    const socket = connectSocket(Number(port), hostname);
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  };
  await expect.poll(dial, { timeout: 30_000 }).toBe(true);
}

/** A server of the host's own. */
export interface HttpServer {
  readonly server: Server;
  readonly url: string;
  /** Until every connection that there has been is closed at this end. */
  readonly empty: () => Promise<void>;
}

/** A server of the host's own on a free port. */
export async function httpServer(): Promise<HttpServer> {
  const server = createServer((_request, response) => response.end("the host's own"));
  const closed: Promise<unknown>[] = [];
  server.on("connection", (socket) => {
    closed.push(new Promise((resolve) => socket.once("close", resolve)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return {
    server,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    empty: async () => {
      await Promise.all(closed);
    },
  };
}

/** The gateway's next session. Call it before the client connects. */
export function nextSession(gateway: Gateway): Promise<GatewaySession> {
  return new Promise((resolve) => {
    gateway.addEventListener("session", ({ detail }) => resolve(detail.session), { once: true });
  });
}
