/** The server's side of a host whose client has a standard WebSocket. */
import type { Server } from "node:http";
import { createGateway } from "@turnmux/gateway";
import { expect } from "vitest";
import { type WebSocket as Ws, WebSocketServer } from "ws";
import { makeCalls } from "../traffic/calls.ts";
import { digestOfAll } from "../traffic/digest.ts";
import {
  clientMessages,
  packed,
  serverMessages,
  type StandardReport,
  type StandardRun,
} from "../traffic/standard-host.ts";
import { implementation, tools } from "../traffic/tools.ts";
import { listenInEveryWay } from "./forms.ts";
import { recordSession } from "./recording.ts";
import { silent } from "./shared.ts";
import { WsHost } from "./ws-host.ts";

/** {@link StandardRun} with messages of another session. */
export async function standardRun(run: Omit<StandardRun, "recorded">): Promise<StandardRun> {
  const recorded = [...(await recordSession("binary")), ...(await recordSession("text"))];
  return { ...run, recorded: recorded.map(packed) };
}

const CLOSED = [4321, "the host has said it all"] as const;

/** Waits on a path of a server for one client, talks and calls until all is said and heard, and closes the socket. */
export class StandardServer {
  readonly #run: StandardRun;
  readonly #served: Promise<Served>;

  constructor(server: Server, path: string, run: StandardRun) {
    this.#run = run;
    const sockets = new WebSocketServer({ server, path });
    this.#served = new Promise((resolve, reject) => {
      sockets.once("connection", (socket) => {
        this.#serve(socket).then(resolve, reject);
      });
    });
    this.#served.catch(() => {});
  }

  /** Resolves when all that either side saw is as it should be. `report` is what the client's side has to say. */
  async check(report: Promise<StandardReport>): Promise<void> {
    const { calls, messages } = this.#run;
    const [client, served] = await Promise.all([report, this.#served]);
    expect(client).toEqual({
      heard: expect.any(Object),
      digest: digestOfAll(serverMessages(this.#run)),
      made: calls,
      ran: calls,
      turns: expect.any(Number),
      closed: CLOSED,
    });
    expect([...new Set(Object.values(client.heard))]).toEqual([messages]);
    expect(served).toEqual({ made: calls, ran: calls, pongs: served.pings, pings: served.pings });
    // They did come among each other.
    expect(client.turns).toBeGreaterThan(messages / 20);
  }

  async #serve(socket: Ws): Promise<Served> {
    const { seed, calls: count } = this.#run;
    const hearings = listenInEveryWay(socket, "the server", clientMessages(this.#run));
    const host = new WsHost(socket, serverMessages(this.#run), seed + 2);
    await using gateway = createGateway({ logger: silent });
    const { handlers, runs } = implementation();
    gateway.implement(tools, handlers);
    const session = await gateway.attach(socket, { principal: "alice", scopes: [] }).session;
    const made = await makeCalls(session, { seed: seed + 5, count, before: () => host.say() });
    await host.finish();
    await Promise.all(hearings.map((hearing) => hearing.until()));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.close(...CLOSED);
    await closed;
    for (const hearing of hearings) hearing.finish();
    return { made, ran: runs.count, pings: host.pings.length, pongs: host.pongs.length };
  }
}

interface Served {
  readonly made: number;
  readonly ran: number;
  readonly pings: number;
  readonly pongs: number;
}
