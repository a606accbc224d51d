/**
 * An endpoint of the gateway's own: WebSockets on a path of an HTTP server, with challenge and proof.
 *
 * @module
 */

import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Server as SecureServer } from "node:tls";
import type { Admission } from "@turnmux/core";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { chooseAudience } from "../auth/audience.ts";
import { authenticator, type Authenticator } from "../auth/authenticator.ts";
import { checkOrigin } from "../auth/origin.ts";
import type { House } from "../session/house.ts";
import { Connection } from "./connection.ts";
import { answer } from "./http-answer.ts";
import {
  methodsOf,
  resolveListenOptions,
  type Endpoint,
  type ListenOptions,
  type ResolvedListenOptions,
  type TlsOptions,
} from "./options.ts";
import { pathOf, takePath, type UpgradeServer } from "./routes.ts";
import { urlOf } from "./url.ts";

/** How long a peer may take to answer a closing handshake, in milliseconds, before its connection is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Octets of frames after which a sender closes a message (CHAN-006). */
const BATCH_OCTETS = 64 * 1024;

/** What JSON may make of an octet of text at worst: `\u0000`. */
const ESCAPED = 6;

/** Seconds after which a client may try again that met {@link ListenOptions.maxUnauthenticated}. */
const BUSY_RETRY_S = 1;

/** `ws` takes `closeTimeout`, which its types do not know yet. */
type WsServerOptions = ServerOptions & { readonly closeTimeout: number };

/** See {@link Endpoint}. */
export class OwnEndpoint implements Endpoint {
  readonly ready: Promise<void>;
  readonly #house: House;
  readonly #options: ListenOptions;
  readonly #resolved: ResolvedListenOptions;
  readonly #server: UpgradeServer;
  readonly #sockets: WebSocketServer;
  readonly #authenticator: Authenticator;
  readonly #connections = new Map<WebSocket, Connection>();
  readonly #unauthenticated = new Set<Duplex>();
  readonly #gone: () => void;
  readonly #counted: (unauthenticated: number) => void;
  #letGo: () => void;
  #closed: Promise<void> | undefined;
  #toldAudience = false;
  #toldCrowded = false;

  /** Throws {@link UsageError}. `gone` is called once the endpoint is closed, `counted` whenever {@link unauthenticated} changes. */
  constructor(
    house: House,
    options: ListenOptions,
    gone: (endpoint: OwnEndpoint) => void,
    counted: (unauthenticated: number) => void = () => {},
  ) {
    this.#house = house;
    this.#options = options;
    this.#resolved = resolveListenOptions(options);
    this.#gone = () => gone(this);
    this.#counted = counted;
    this.#authenticator = authenticator(methodsOf(options.auth), {
      onFault: ({ method, error }) => house.log.error(`turnmux: the method ${method} could not decide`, { error }),
    });
    const wsOptions: WsServerOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxPayload ?? ESCAPED * (BATCH_OCTETS + house.limits.framePayload) + BATCH_OCTETS,
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    this.#sockets = new WebSocketServer(wsOptions);
    const { place, path } = this.#resolved;
    this.#server = place.server ?? makeServer(path, place.tls);
    this.#letGo = takePath(this.#server, path, (request, socket, head) => this.#upgrade(request, socket, head));
    this.ready = this.#listening();
    this.ready.catch(() => {});
  }

  /** Connections without a session. */
  get unauthenticated(): number {
    return this.#unauthenticated.size;
  }

  address(): AddressInfo | string | null {
    return this.#server.address();
  }

  get url(): string {
    return urlOf(this.#server.address(), this.#server instanceof SecureServer, this.#resolved.path);
  }

  close(message = "the endpoint was closed"): Promise<void> {
    this.#closed ??= this.#close(message);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listening(): Promise<void> {
    const server = this.#server;
    if (server.listening) return;
    const { place } = this.#resolved;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const listening = (): void => resolve(undefined);
    server.once("listening", listening);
    if (place.server === undefined) {
      server.on("error", (error) => {
        this.#house.log.error("turnmux: the server of an endpoint failed", { error });
        reject(error);
      });
      server.listen(place.port, place.host);
    }
    await promise;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#house.environment.arrived?.();
    const { headers } = request;
    if (!checkOrigin(headers.origin, this.#options.origins, headers.host)) {
      this.#refuse(socket, 403, "This gateway takes no connections from pages of this origin.");
      return;
    }
    const most = this.#resolved.maxUnauthenticated;
    if (this.#unauthenticated.size >= most) {
      this.#crowded(most);
      this.#refuse(socket, 503, `${most} connections are in their handshake already. Try again.`, {
        "Retry-After": String(BUSY_RETRY_S),
      });
      return;
    }
    this.#enters(socket);
    this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#connected(ws, request, socket));
  }

  /** Says so once, and again after half of them have left: who is refused must not fill the log. */
  #crowded(most: number): void {
    if (this.#toldCrowded) return;
    this.#toldCrowded = true;
    this.#house.log.warn("turnmux: too many connections without a session", { maxUnauthenticated: most });
  }

  /** A function of its own: a listener keeps all that the function knows which made it, and so would keep the request. */
  #enters(socket: Duplex): void {
    this.#unauthenticated.add(socket);
    this.#counted(this.#unauthenticated.size);
    socket.once("close", () => this.#left(socket));
  }

  #left(socket: Duplex): void {
    if (this.#unauthenticated.delete(socket)) this.#counted(this.#unauthenticated.size);
    if (this.#unauthenticated.size <= this.#resolved.maxUnauthenticated / 2) this.#toldCrowded = false;
  }

  #refuse(socket: Duplex, status: number, sentence: string, headers?: Readonly<Record<string, string>>): void {
    this.#house.handshakeRefused(`http_${status}`, sentence, undefined);
    answer(socket, status, sentence, headers);
  }

  #connected(ws: WebSocket, request: IncomingMessage, socket: Duplex): void {
    const { host } = request.headers;
    const port = request.socket.localPort ?? 0;
    const connection = new Connection(this.#house, {
      ws,
      socket,
      // The request is not kept: its headers would be a good part of what an idle session holds.
      admission: () => this.#admission(host, port),
      onSession: this.#options.onSession,
      authenticated: () => this.#left(socket),
    });
    this.#connections.set(ws, connection);
    ws.once("close", () => {
      this.#connections.delete(ws);
      this.#house.changed();
    });
  }

  /** `host` as the client's request has it, and the port that it came to. */
  #admission(host: string | undefined, port: number): Admission {
    const audience = chooseAudience(this.#resolved.audience, host, port);
    if (audience !== undefined) {
      return {
        kind: "proof",
        audience,
        methods: this.#authenticator.methods,
        verify: (proof) => this.#authenticator.authenticate(proof),
      };
    }
    if (!this.#toldAudience) {
      this.#toldAudience = true;
      this.#house.log.warn(NO_AUDIENCE);
    }
    return { kind: "closed", message: NO_AUDIENCE };
  }

  async #close(message: string): Promise<void> {
    this.#letGo();
    const { place } = this.#resolved;
    const server = this.#server;
    const connections = [...this.#connections];
    const closed = connections.map(([ws]) => new Promise((resolve) => ws.once("close", resolve)));
    for (const [, connection] of connections) connection.close(message);
    if (place.server === undefined) {
      await this.ready.catch(() => {});
      closed.push(new Promise((resolve) => server.close(resolve)));
      server.closeAllConnections();
    }
    await Promise.all(closed);
    this.#gone();
  }
}

const UPGRADE = { Connection: "Upgrade", Upgrade: "websocket" } as const;

/** A server of the gateway's own. */
function makeServer(path: string, tls: TlsOptions | undefined): UpgradeServer {
  const answerPlain: RequestListener = (request, response) => {
    const here = pathOf(request) === path;
    response.writeHead(here ? 426 : 404, { "Content-Type": "text/plain; charset=utf-8", ...(here ? UPGRADE : {}) });
    response.end(here ? "This path takes WebSockets that speak turnmux.\n" : "There is nothing at this path.\n");
  };
  if (tls === undefined) return createServer(answerPlain);
  // Node takes buffers of its own class.
  const octets = (part: string | Uint8Array): string | Buffer => (typeof part === "string" ? part : Buffer.from(part));
  const { cert, key, ca, passphrase, ciphers, minVersion } = tls;
  const more = {
    ...(ca === undefined ? {} : { ca: octets(ca) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
  return createSecureServer({ cert: octets(cert), key: octets(key), ...more }, answerPlain);
}

const NO_AUDIENCE =
  "this gateway does not know its name, and so cannot ask for a proof: pass `audience` to listen(), as host and port by which clients dial it [AUTH-007]";
