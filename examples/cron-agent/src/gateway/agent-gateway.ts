/**
 * The gateway: an HTTP and WebSocket server with sessions, turns and cron jobs.
 *
 * @module
 */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Job } from "../cron/job.ts";
import { CronService } from "../cron/service.ts";
import { ChatDelta, ChatReply, HostError } from "../host/message.ts";
import type { HostPeer } from "../host/peer.ts";
import { CONNECT_LIMIT_MS, DRAIN_MS, TICK_MS } from "../settings.ts";
import { Busy } from "./busy.ts";
import { Calls } from "./calls.ts";
import { HostSocket } from "./host-socket.ts";
import { httpCalls } from "./http-calls.ts";
import { Lanes } from "./lanes.ts";

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

/** What the gateway has counted since it started, and the jobs that there are. */
export interface GatewayState {
  readonly connections: number;
  readonly jobs: readonly Job[];
}

/** A gateway that listens on loopback. `stop` drains it. */
export class AgentGateway {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #lanes = new Lanes();
  readonly #cron: CronService;
  readonly #calls: Calls;
  readonly #options: GatewayOptions;
  readonly #runners = new Map<string, HostPeer>();
  readonly #streamed = new Map<string, string>();
  #ticks: NodeJS.Timeout | undefined;
  #connections = 0;
  #turns = 0;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    this.#cron = new CronService(options.database, (job) => {
      for (const peer of this.#runners.values()) peer.event("cron.due", { id: job.id, message: job.message });
    });
    this.#calls = new Calls(this.#cron, this.#lanes, new Busy(options.blockMs));
    this.#server = createServer(httpCalls(this.#calls, options.token));
    // Every TCP connection counts, whatever it is used for.
    this.#server.on("connection", () => (this.#connections += 1));
    this.#server.on("upgrade", (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#greet(ws));
    });
  }

  /** Starts a gateway, and settles when it listens. */
  static async start(options: GatewayOptions): Promise<AgentGateway> {
    const gateway = new AgentGateway(options);
    await new Promise<void>((resolve, reject) => {
      gateway.#server.once("error", reject);
      gateway.#server.listen(options.port, "127.0.0.1", resolve);
    });
    gateway.#ticks = setInterval(() => {
      for (const peer of gateway.#runners.values()) peer.event("tick", { at: Date.now() });
    }, TICK_MS);
    return gateway;
  }

  /** Where it listens, as `http://127.0.0.1:port`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Says something to a session: its runner takes a turn, which holds the session's lane until the reply. */
  say(session: string, text: string): Promise<Said> {
    return this.#turn(session, async (turn) => {
      const runner = this.#runners.get(session);
      if (runner === undefined) throw new HostError("unavailable", `nobody runs turns of session ${session}`);
      return ChatReply.parse(await runner.request("chat", { turn, text })).text;
    });
  }

  /** Waits until nothing runs or waits in any lane, and says what there is then. */
  async settle(): Promise<GatewayState> {
    await this.#lanes.idle();
    return { connections: this.#connections, jobs: this.#cron.list() };
  }

  /** Takes no new connections, lets what runs finish for a while, and closes everything. */
  async stop(): Promise<void> {
    clearInterval(this.#ticks);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const ws of this.#sockets.clients) ws.close(1001, "the gateway stops");
    await Promise.race([this.#lanes.idle(), new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
    for (const ws of this.#sockets.clients) ws.terminate();
    this.#server.closeAllConnections();
    await closed;
    this.#cron.close();
  }

  #turn(session: string, run: (turn: string) => Promise<string>): Promise<Said> {
    const turn = `turn-${++this.#turns}`;
    return this.#lanes.hold(session, turn, async () => {
      const before = this.#connections;
      this.#streamed.set(turn, "");
      const reply = await run(turn);
      const streamed = this.#streamed.get(turn) ?? "";
      this.#streamed.delete(turn);
      return { reply, streamed, connections: this.#connections - before };
    });
  }

  #greet(ws: WebSocket): void {
    const socket = new HostSocket(ws, this.#options.token, this.#calls, CONNECT_LIMIT_MS, (event, payload) => {
      if (event === "chat.delta") this.#delta(payload);
    });
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
