/** A gateway of a few lines, made of the core alone: what a client's tests need at the other end. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import {
  Acceptor,
  memoryJournal,
  OnceCalls,
  resolveLimits,
  ResumableSessions,
  Session,
  systemEnvironment,
  ToolRegistry,
  toolServer,
  wsCarrier,
  type Admission,
  type Limits,
  type SessionControl,
} from "@turnmux/core";
import { nanoid } from "nanoid";
import { onTestFinished } from "vitest";
import { type ServerOptions, type WebSocket as Ws, WebSocketServer } from "ws";

/** What may differ between gateways. */
export interface TestGatewayOptions {
  /** Default: everybody is alice, and may do everything. */
  readonly admission?: () => Admission;
  readonly limits?: Partial<Limits>;
  /** True where clients may resume their sessions. Default: each session ends with its connection. */
  readonly resumable?: boolean;
  /** True where a test attaches turnmux itself, beside a host on the same sockets. */
  readonly hosted?: boolean;
  readonly server?: ServerOptions;
}

/** One session, as the gateway has it. */
export interface GatewaySide {
  readonly session: Session;
  readonly socket: Ws;
  readonly acceptor: Acceptor;
}

/** See the module's comment. */
export class TestGateway {
  readonly registry: ToolRegistry;
  readonly sessions: GatewaySide[] = [];
  readonly sockets: Ws[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly url: string;
  readonly server: WebSocketServer;
  readonly #options: TestGatewayOptions;
  readonly #environment = systemEnvironment({ globals: globalThis, id: () => nanoid() });
  readonly #once = new OnceCalls(memoryJournal(), this.#environment);
  readonly #resumable: ResumableSessions | undefined;
  readonly #waits: { readonly done: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(server: WebSocketServer, options: TestGatewayOptions) {
    this.#options = options;
    this.server = server;
    this.registry = new ToolRegistry({ hasJournal: true });
    if (options.resumable === true) {
      this.#resumable = new ResumableSessions({
        environment: this.#environment,
        limits: resolveLimits(options.limits),
      });
    }
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.url = `ws://127.0.0.1:${address.port}`;
    server.on("connection", (socket, request) => {
      this.sockets.push(socket);
      this.requests.push(request);
      if (options.hosted !== true) this.accept(socket, false);
      this.#changed();
    });
  }

  /** A gateway on a free port, or on the given one, gone when the test is. */
  static async listen(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options.server });
    await once(server, "listening");
    const gateway = new TestGateway(server, options);
    onTestFinished(() => gateway.stop());
    return gateway;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The latest session. */
  get latest(): GatewaySide {
    const side = this.sessions.at(-1);
    if (side === undefined) throw new Error("there is no session");
    return side;
  }

  /** Attaches turnmux to a socket. */
  accept(socket: Ws, shared = true): Acceptor {
    const limits = resolveLimits(this.#options.limits);
    const environment = this.#environment;
    const acceptor: Acceptor = new Acceptor({
      carrier: wsCarrier(socket, { shared }),
      environment,
      limits,
      admission:
        this.#options.admission ?? ((): Admission => ({ kind: "vouched", grant: { principal: "alice", scopes: [] } })),
      sessions: this.#resumable,
      makeSession: (identity) => {
        let control: SessionControl | undefined;
        const session = new Session(
          {
            environment,
            limits,
            incoming: toolServer({ registry: this.registry, once: this.#once }),
            peer: { principal: identity.principal },
          },
          (made) => {
            control = made;
          },
        );
        if (control === undefined) throw new Error("no control");
        this.sessions.push({ session, socket, acceptor });
        this.#changed();
        return control;
      },
      over: () => {},
    });
    return acceptor;
  }

  /** Until there have been this many sessions. */
  async session(count: number): Promise<GatewaySide> {
    await this.#until(() => this.sessions.length >= count);
    const side = this.sessions[count - 1];
    if (side === undefined) throw new Error("no session");
    return side;
  }

  /** Until there have been this many sockets. */
  async socket(count: number): Promise<Ws> {
    await this.#until(() => this.sockets.length >= count);
    const socket = this.sockets[count - 1];
    if (socket === undefined) throw new Error("no socket");
    return socket;
  }

  /** Cuts every connection, without a word. */
  cut(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  /** Cuts every connection, and takes no others. Sessions end. */
  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
    this.#resumable?.close("the gateway was stopped");
  }

  async #until(done: () => boolean): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve) => this.#waits.push({ done, resolve }));
  }

  #changed(): void {
    for (const wait of this.#waits) if (wait.done()) wait.resolve();
  }
}
