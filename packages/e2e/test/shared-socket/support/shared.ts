/** A host's server and client on real sockets, with turnmux on both ends of one connection. */
import { once } from "node:events";
import { attach, type AttachedSession, type AttachOptions } from "@turnmux/client";
import { createGateway, type Attachment, type Gateway, type GatewaySession, type HostGrant } from "@turnmux/gateway";
import { onTestFinished } from "vitest";
import { type ClientOptions, type ServerOptions, WebSocket as Ws, WebSocketServer } from "ws";
import { implementation, tools, type Implementation } from "../traffic/tools.ts";

/** What may differ. */
export interface SharedOptions {
  readonly client?: AttachOptions;
  readonly gateway?: Parameters<typeof createGateway>[0];
  readonly grant?: HostGrant;
  readonly server?: ServerOptions;
  readonly dial?: ClientOptions;
  /** Called with the server's socket in the connection event, before turnmux attaches. */
  readonly near?: (socket: Ws) => void;
  /** Called with the client's socket before turnmux attaches. */
  readonly far?: (socket: Ws) => void;
  /** Where the client dials, given where the server listens. */
  readonly through?: (port: number) => Promise<number>;
}

/** Both ends. */
export interface Shared {
  readonly gateway: Gateway;
  /** The server's socket. */
  readonly near: Ws;
  /** The client's socket. */
  readonly far: Ws;
  readonly attachment: Attachment;
  readonly client: AttachedSession;
  /** The tools as the gateway implements them. */
  readonly atGateway: Implementation;
  /** The tools as the client implements them. */
  readonly atClient: Implementation;
}

/** {@link Shared} with the session that stands on it. */
export interface Standing extends Shared {
  readonly session: GatewaySession;
}

/**
 * Attaches in the connection event, and at the client before that, and implements the tools at both ends. Resolves when the
 * socket is open. All is gone when the test is.
 */
export async function openShared(options: SharedOptions = {}): Promise<Shared> {
  const gateway = createGateway({ logger: silent, ...options.gateway });
  const atGateway = implementation();
  gateway.implement(tools, atGateway.handlers);
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options.server });
  await once(server, "listening");
  onTestFinished(async () => {
    await gateway.close();
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const connected = new Promise<{ near: Ws; attachment: Attachment }>((resolve) => {
    server.once("connection", (near) => {
      options.near?.(near);
      resolve({ near, attachment: gateway.attach(near, options.grant ?? { principal: "alice", scopes: [] }) });
    });
  });
  const port = portOf(server.address());
  const far = new Ws(`ws://127.0.0.1:${(await options.through?.(port)) ?? port}`, options.dial);
  const opened = once(far, "open");
  options.far?.(far);
  const client = attach(far, options.client);
  const atClient = implementation();
  client.implement(tools, atClient.handlers);
  const { near, attachment } = await connected;
  await opened;
  return { gateway, near, far, attachment, client, atGateway, atClient };
}

/** {@link openShared}, until the session stands. */
export async function openStanding(options: SharedOptions = {}): Promise<Standing> {
  const shared = await openShared(options);
  const session = await shared.attachment.session;
  await shared.client.ready;
  return { ...shared, session };
}

/** The port of a server that listens. */
export function portOf(address: ReturnType<WebSocketServer["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Code and reason with which a socket closed. */
export function closing(socket: Ws): Promise<[code: number, reason: string]> {
  return new Promise((resolve) => {
    socket.on("close", (code, reason) => resolve([code, reason.toString()]));
  });
}

/** A logger that says nothing. */
export const silent = { debug() {}, info() {}, warn() {}, error() {} };
