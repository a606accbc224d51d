/**
 * The gateway: an HTTP and WebSocket server with sessions, turns and cron jobs.
 *
 * @module
 */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tokenAuth, type Endpoint, type Gateway } from "@turnmux/gateway";
import { WebSocketServer, type WebSocket } from "ws";
import type { Job } from "../cron/job.ts";
import { CronService } from "../cron/service.ts";
import { onSession } from "../doors/on-session.ts";
import { ChatDelta, ChatReply, HostError } from "../host/message.ts";
import type { HostPeer } from "../host/peer.ts";
import { CONNECT_LIMIT_MS, DRAIN_MS, SESSION, TICK_MS, TURNMUX_PATH } from "../settings.ts";
import type { ModelSettings } from "../turn/model.ts";
import type { TurnRecord } from "../turn/record.ts";
import { runTurn } from "../turn/turn.ts";
import { within } from "../within.ts";
import { Busy } from "./busy.ts";
import { Calls } from "./calls.ts";
import { grantFor } from "./grant.ts";
import { HostSocket } from "./host-socket.ts";
import { httpCalls } from "./http-calls.ts";
import type { Lanes } from "./lanes.ts";
import { turnmuxFor } from "./turnmux.ts";

/** How a gateway is started. */
export interface GatewayOptions {
  /** The secret that every client has to know. */
  readonly token: string;
  /** The SQLite file of the jobs. */
  readonly database: string;
  /** How long the event loop stands still at the first `cron.add`; 0 for not at all. */
  readonly blockMs: number;
  /** The port on loopback; 0 for any. */
  readonly port: number;
  /** Whether it also takes connections of turnmux's own in a thread of its own, for the session that is measured. */
  readonly ioThread?: boolean | undefined;
}

/** What became of a turn, as the gateway saw it. */
export interface Said {
  /** The reply as the runner gave it at the end. */
  readonly reply: string;
  /** The reply as it came in deltas. */
  readonly streamed: string;
  /** Connections that were opened while the turn ran. */
  readonly connections: number;
}

/** A turn that the gateway took itself. */
export interface TurnTaken {
  readonly said: Said;
  readonly record: TurnRecord;
}

/** What the gateway has counted since it started, and the jobs that there are. */
export interface GatewayState {
  readonly connections: number;
  readonly jobs: readonly Job[];
}

/** A gateway that listens on loopback. `stop` drains it. */
export class AgentGateway {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #lanes: Lanes;
  readonly #cron: CronService;
  readonly #calls: Calls;
  readonly #turnmux: Gateway;
  readonly #endpoint: Endpoint;
  readonly #thread: Endpoint | undefined;
  readonly #options: GatewayOptions;
  readonly #runners = new Map<string, HostPeer>();
  readonly #streamed = new Map<string, string>();
  readonly #stopping = new AbortController();
  #ticks: NodeJS.Timeout | undefined;
  #connections = 0;
  #turns = 0;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    this.#cron = new CronService(options.database, (job) => {
      for (const peer of this.#runners.values()) peer.event("cron.due", { id: job.id, message: job.message });
    });
    const { gateway, lanes, work } = turnmuxFor(this.#cron, new Busy(options.blockMs));
    this.#turnmux = gateway;
    this.#lanes = lanes;
    this.#calls = new Calls(this.#cron, work);
    this.#server = createServer(httpCalls(this.#calls, options.token));
    // Every TCP connection counts, whatever it is used for.
    this.#server.on("connection", () => (this.#connections += 1));
    this.#server.on("upgrade", (request, socket, head) => {
      if (request.url === TURNMUX_PATH) return;
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#greet(ws));
    });
    // Beside the sessions' sockets there is an endpoint of turnmux's own, for clients that have no such socket.
    const auth = tokenAuth(options.token, grantFor("guest"));
    this.#endpoint = this.#turnmux.listen({ server: this.#server, path: TURNMUX_PATH, auth });
    if (options.ioThread === true) {
      this.#thread = this.#turnmux.listen({
        port: 0,
        auth: tokenAuth(options.token, grantFor(SESSION)),
        ioThread: true,
        onSession: () => (this.#connections += 1),
      });
    }
  }

  /** Starts a gateway, and settles when it listens. */
  static async start(options: GatewayOptions): Promise<AgentGateway> {
    const gateway = new AgentGateway(options);
    await new Promise<void>((resolve, reject) => {
      gateway.#server.once("error", reject);
      gateway.#server.listen(options.port, "127.0.0.1", resolve);
    });
    await gateway.#thread?.ready;
    gateway.#ticks = setInterval(() => {
      for (const peer of gateway.#runners.values()) peer.event("tick", { at: Date.now() });
    }, TICK_MS);
    return gateway;
  }

  /** Where it listens, as `http://127.0.0.1:port`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where clients of turnmux connect, as `ws://127.0.0.1:port/path`. */
  get turnmuxUrl(): string {
    return this.#endpoint.url;
  }

  /** Where its I/O thread takes connections of turnmux's own, where it has one. */
  get threadUrl(): string | undefined {
    return this.#thread?.url;
  }

  /** Says something to a session: its runner takes a turn, which holds the session's lane until the reply. */
  async say(session: string, text: string): Promise<Said> {
    const { said } = await this.#turn(session, async ({ turn, lineage }) => {
      const runner = this.#runners.get(session);
      if (runner === undefined) throw new HostError("unavailable", `nobody runs turns of session ${session}`);
      return { reply: ChatReply.parse(await runner.request("chat", { turn, lineage, text })).text };
    });
    return said;
  }

  /** Says something to a session whose turns this process takes itself: its tools are called in process. */
  take(session: string, text: string, model: ModelSettings): Promise<TurnTaken> {
    return this.#turn(session, async ({ turn, lineage }) => {
      const door = onSession(this.#turnmux.openSession(grantFor(session)));
      try {
        const onDelta = (delta: string) => this.#delta({ turn, text: delta });
        return await runTurn({ turn, lineage, model, text, door, signal: this.#stopping.signal, onDelta });
      } finally {
        await door.close();
      }
    });
  }

  /** Waits until nothing runs or waits in any lane, and says what there is then. */
  async settle(): Promise<GatewayState> {
    await this.#lanes.idle();
    return { connections: this.#connections, jobs: this.#cron.list() };
  }

  /** Takes no new connections and calls, lets what runs finish for a while, and closes everything. */
  async stop(): Promise<void> {
    clearInterval(this.#ticks);
    this.#stopping.abort(new HostError("unavailable", "the gateway stops"));
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([this.#turnmux.drain({ graceMs: DRAIN_MS }), within(DRAIN_MS, this.#lanes.idle())]);
    const gone = [...this.#sockets.clients].map((ws) => new Promise((resolve) => ws.once("close", resolve)));
    for (const ws of this.#sockets.clients) ws.close(1001, "the gateway stops");
    await within(DRAIN_MS, Promise.all(gone));
    for (const ws of this.#sockets.clients) ws.terminate();
    this.#server.closeAllConnections();
    await closed;
    this.#cron.close();
  }

  #turn<T extends { readonly reply: string }>(
    session: string,
    run: (running: { readonly turn: string; readonly lineage: string }) => Promise<T>,
  ): Promise<{ readonly said: Said; readonly record: T }> {
    const turn = `turn-${++this.#turns}`;
    return this.#lanes.hold(session, turn, async (lineage) => {
      const before = this.#connections;
      this.#streamed.set(turn, "");
      const record = await run({ turn, lineage });
      const streamed = this.#streamed.get(turn) ?? "";
      this.#streamed.delete(turn);
      return { said: { reply: record.reply, streamed, connections: this.#connections - before }, record };
    });
  }

  #greet(ws: WebSocket): void {
    const socket = new HostSocket(ws, this.#options.token, this.#calls, CONNECT_LIMIT_MS, (event, payload) => {
      if (event === "chat.delta") this.#delta(payload);
    });
    // turnmux is there from the first message on, and lets nobody in before the host does.
    this.#turnmux.attach(
      ws,
      socket.connected.then(({ session }) => grantFor(session)),
    );
    socket.connected.then(
      ({ session, role }) => {
        if (role !== "runner") return;
        this.#runners.set(session, socket.peer);
        ws.once("close", () => {
          if (this.#runners.get(session) === socket.peer) this.#runners.delete(session);
        });
      },
      () => undefined,
    );
  }

  #delta(payload: unknown): void {
    const delta = ChatDelta.safeParse(payload);
    if (!delta.success) return;
    const sofar = this.#streamed.get(delta.data.turn);
    if (sofar !== undefined) this.#streamed.set(delta.data.turn, sofar + delta.data.text);
  }
}
