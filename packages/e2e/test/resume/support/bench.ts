/** A gateway with an endpoint of its own, and a client that reaches it over a cable. */
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { connect, sharedToken, type ClientSession, type ConnectOptions } from "@turnmux/client";
import { createGateway, memoryJournal, tokenAuth, type Gateway, type GatewaySession } from "@turnmux/gateway";
import { onTestFinished } from "vitest";
import { WebSocket as Ws } from "ws";
import { Application, tools } from "../../../../core/test/delivery/support/exchange.ts";
import { Cable } from "./cable.ts";

const SECRET = "a shared secret of the tests";

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Silence is found soon, and a cancelled call waits for the truth. */
export const LIMITS = { heartbeatMs: 200, cancelVerdictMs: 600_000 } as const;

/** Both sides, with the tools of an exchange at either. */
export interface Bench {
  readonly gateway: Gateway;
  readonly client: ClientSession;
  /** The gateway's end of the session. */
  readonly session: GatewaySession;
  readonly cable: Cable;
  readonly atClient: Application;
  readonly atGateway: Application;
  /** Every WebSocket of the client's, the latest last. */
  readonly near: readonly Ws[];
  /** Every TCP connection of the gateway's, the latest last. */
  readonly far: readonly Socket[];
  /** Sessions that the gateway has granted. */
  readonly sessions: readonly GatewaySession[];
}

/** What may differ. */
export interface BenchOptions {
  readonly carriage?: "binary" | "text";
  readonly client?: ConnectOptions;
}

/** Resumes when the session stands, and both sides have been heard. All is gone when the test is. */
export async function openBench({ carriage = "binary", client: options = {} }: BenchOptions = {}): Promise<Bench> {
  const gateway = createGateway({ logger: silent, journal: memoryJournal(), limits: LIMITS });
  onTestFinished(() => gateway.close());
  const http = createServer();
  const far: Socket[] = [];
  http.on("connection", (socket) => far.push(socket));
  http.listen(0, "127.0.0.1");
  onTestFinished(() => {
    http.closeAllConnections();
    for (const socket of far) socket.destroy();
    http.close();
  });
  const [atClient, atGateway] = [new Application(), new Application()];
  gateway.implement(tools, atGateway.handlers);
  const sessions: GatewaySession[] = [];
  const endpoint = gateway.listen({
    server: http,
    auth: tokenAuth(SECRET, { principal: "alice", scopes: [] }),
    audience: "the.gateway:1",
    onSession: (session) => sessions.push(session),
  });
  await endpoint.ready;
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const cable = await Cable.before(address.port);
  const near: Ws[] = [];
  const url = new URL(endpoint.url);
  url.host = `127.0.0.1:${cable.port}`;
  const client = await connect(url, {
    auth: sharedToken(SECRET),
    audience: ["the.gateway:1"],
    carriage,
    journal: memoryJournal(),
    limits: LIMITS,
    reconnect: { initialMs: 1, maxMs: 50 },
    webSocket: (url, { headers }) => {
      const socket = new Ws(url, { headers });
      near.push(socket);
      return socket;
    },
    ...options,
  });
  onTestFinished(() => client.close());
  client.implement(tools, atClient.handlers);
  const [session] = sessions;
  if (session === undefined) throw new Error("the gateway has no session");
  // The gateway has heard the client behind its WELCOME, and what the client offers.
  await client.call("turnmux.describe", {});
  if (!session.offers.has("echo")) {
    await new Promise((resolve) => session.addEventListener("offer", resolve, { once: true }));
  }
  return { gateway, client, session, cable, atClient, atGateway, near, far, sessions };
}
