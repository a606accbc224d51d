/**
 * The gateway: tools for the clients of a server, and calls to them.
 *
 * @module
 */

import {
  UsageError,
  type Carrier,
  type Share,
  type ShareOptions,
  type ToolHandlers,
  type ToolTree,
  type WebSocketLike,
  type WsLike,
} from "@turnmux/core";
import type { Endpoint, ListenOptions } from "./endpoint/options.ts";
import { OwnEndpoint } from "./endpoint/endpoint.ts";
import { GatewayEventTarget } from "./events.ts";
import { IoThread } from "./io-thread/main/io-thread.ts";
import { runTurn, type RunningTurn, type RunTurnOptions } from "./lanes/run-turn.ts";
import { stderrLogger, unfailing } from "./observe/logger.ts";
import { sum, type GatewayStats } from "./observe/stats.ts";
import { sumWorkers } from "./worker-tools/stats.ts";
import { checkDelay } from "./check.ts";
import { checkGatewayOptions, type DrainOptions, type DrainReport, type GatewayOptions } from "./options.ts";
import { attach, type Attachment, type AttachOptions, type HostGrant } from "./session/attachment.ts";
import type { GatewaySession } from "./session/gateway-session.ts";
import { House, type Closing } from "./session/house.ts";
import type { InProcessSession } from "./session/in-process-session.ts";
import { openLocalSession, type OpenSessionOptions } from "./session/local.ts";
import { shareTurn, type TurnToShare } from "./session/share-turn.ts";

/**
 * Makes a gateway. It listens nowhere and runs no timer that keeps the process up until it is told to.
 *
 * @throws {UsageError} where an option is not what it should be
 */
export function createGateway(options: GatewayOptions = {}): Gateway {
  checkGatewayOptions(options);
  return new Gateway(options);
}

/** How long {@link Gateway.drain} lets calls finish. */
const DEFAULT_GRACE_MS = 30_000;

const SHUTTING_DOWN = "the gateway is shutting down";

/** See {@link createGateway}. */
export class Gateway extends GatewayEventTarget {
  readonly #house: House;
  readonly #endpoints = new Set<OwnEndpoint>();
  /** Started with the first endpoint that is to be in it. */
  #ioThread: IoThread | undefined;
  #drained: Promise<DrainReport> | undefined;
  #closed: Promise<void> | undefined;
  #cut: () => void = () => {};

  /** For {@link createGateway}. */
  constructor(options: GatewayOptions) {
    const log = unfailing(options.logger ?? stderrLogger);
    super(log);
    this.#house = new House(options, log, (session) => this.emit("session", { session }));
  }

  /** The sessions that stand now. The set is live. */
  get sessions(): ReadonlySet<GatewaySession> {
    return this.#house.sessions;
  }

  /**
   * Offers tools to the clients of all sessions, as far as their scopes allow, and gives back what takes them away again.
   *
   * @throws {UsageError} when a handler is missing or no function, a handler has no tool, a name is taken, or a `once` tool
   *   has no journal to be recorded in (KEY-006)
   */
  implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): () => void {
    return this.#house.registry.implement(tools, handlers);
  }

  /**
   * Puts turnmux on a socket of the host's: best in the connection event, before any message can arrive, whether or not the host has
   * authenticated its peer by then. The host's own traffic passes; turnmux never closes the socket.
   *
   * A grant that is refused (a promise that rejects, a function that throws) refuses the handshake, and nothing else.
   *
   * @throws {UsageError} when turnmux is on this socket already, for what is no socket, and for what is no grant
   */
  attach(socket: WsLike | WebSocketLike | Carrier, grant: HostGrant, options?: AttachOptions): Attachment {
    return attach(this.#house, socket, grant, options);
  }

  /**
   * Opens an endpoint of its own, where clients prove who they are.
   *
   * With `ioThread: true` it is in a thread of its own, which answers while this one is busy. `docs/guide.md` section 3 says when.
   *
   * @throws {UsageError} where an option is not what it should be, or cannot be handed to another thread; and once the gateway is
   *   closed. That a port is in use is told by `ready`.
   */
  listen(options: ListenOptions): Endpoint {
    if (this.#closed !== undefined) throw new UsageError("listen(): this gateway is closed: create another one");
    if (options.ioThread === true) {
      this.#ioThread ??= new IoThread(this.#house);
      return this.#ioThread.listen(options);
    }
    const endpoint = new OwnEndpoint(this.#house, options, (gone) => this.#endpoints.delete(gone));
    this.#endpoints.add(endpoint);
    return endpoint;
  }

  /**
   * Opens a session in this process: no socket, and otherwise the same, with its scopes, checks, deadlines and cancellation.
   * Values are copied when they pass.
   *
   * @throws {UsageError} for what is no grant
   * @throws {TurnmuxError} `unavailable` while the gateway drains or once it is closed, `unauthenticated` for an expired grant
   */
  openSession(options: OpenSessionOptions): InProcessSession {
    return openLocalSession(this.#house, options);
  }

  /**
   * Shares this gateway's tools with child processes that it starts inside a turn, as `session.share(turn)` does for a client's: of a turn that
   * {@link runTurn} runs, or on behalf of the call that a handler is at.
   *
   * ```ts
   * exec: async ({ command }, call) => {
   *   await using share = await gateway.share({ ...call, turn: call.turn ?? call.callId });
   *   return run(command, { env: { ...process.env, ...share.env } });
   * }
   * ```
   *
   * @throws {UsageError} where an option is not what it should be
   * @throws {TurnmuxError} where the turn is over already, or the gateway drains or is closed
   */
  share(of: RunningTurn | TurnToShare, options: ShareOptions = {}): Promise<Share> {
    return shareTurn(this.#house, of, options);
  }

  /**
   * Runs a turn of a session, once the session's lane is free: one turn of a session runs at a time, in the order in which they were
   * asked for. Gives what `run` gives. Calls made through what `run` gets are on behalf of the turn, and never wait for its lane, over
   * any number of hops on which `lineage` is passed on. The lane is free again when `run` has ended, or the turn is cancelled.
   *
   * ```ts
   * await gateway.runTurn(session, "turn-7", async (turn) => turn.client(deviceTools).screen.read({}));
   * ```
   *
   * @throws {TurnmuxError} `not_started`, where it did not run: `failed_precondition` where the wait could never end, since it is a
   *   cycle, `resource_exhausted` where too many wait already, `unavailable` where the session is over, `deadline_exceeded` and
   *   `cancelled`. Otherwise what `run` throws
   * @throws {UsageError} where an argument is not what it should be
   */
  runTurn<T>(
    session: GatewaySession,
    turn: string,
    run: (running: RunningTurn) => T | PromiseLike<T>,
    options?: RunTurnOptions,
  ): Promise<T> {
    return runTurn(this.#house, session, turn, run, options);
  }

  /** What it has done and does. `eventLoop` is about the time since it was asked before. */
  stats(): GatewayStats {
    const { sessions, handlers, accepted, refused, answered, called, lag, delays, workers } = this.#house;
    let incoming = 0;
    let outgoing = 0;
    for (const { activeCalls } of sessions) {
      incoming += activeCalls.incoming;
      outgoing += activeCalls.outgoing;
    }
    let unauthenticated = this.#ioThread?.unauthenticated ?? 0;
    for (const endpoint of this.#endpoints) unauthenticated += endpoint.unauthenticated;
    return {
      sessions: sessions.size,
      unauthenticated,
      running: { incoming, outgoing, handlers },
      lanes: this.#house.lanes.counts,
      handshakes: { accepted, refused },
      ended: { incoming: sum(answered.read(), this.#ioThread?.answered), outgoing: called.read() },
      workers: sumWorkers(workers.stats, this.#ioThread?.workers),
      lagMs: lag.lagMs,
      eventLoop: delays.read(),
    };
  }

  /**
   * Ends in order: no further sessions and calls, those that run may finish, and then everything is closed as by {@link close}. Calls
   * that are not over when the grace is are cut off. The first call counts; later ones get its report.
   */
  drain(options: DrainOptions = {}): Promise<DrainReport> {
    const { graceMs = DEFAULT_GRACE_MS, retryAfterMs, message = SHUTTING_DOWN } = options;
    checkDelay("graceMs", graceMs);
    checkDelay("retryAfterMs", retryAfterMs);
    this.#drained ??= this.#drain(graceMs, { message, retryAfterMs });
    return this.#drained;
  }

  /**
   * Ends at once: sessions, endpoints and their sockets (1001), servers of its own, timers. Resolves when all are closed. Calls under
   * way end with their outcome, and handlers are aborted or kept, as their tools say.
   *
   * Sockets of hosts stay open. What turnmux clients still send there is kept from the host and refused, until the socket closes or is
   * detached.
   */
  close(message: string = SHUTTING_DOWN): Promise<void> {
    this.#closed ??= this.#close(message);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #drain(graceMs: number, closing: Closing): Promise<DrainReport> {
    const house = this.#house;
    house.closing ??= closing;
    for (const entry of house.entries) entry.drain(closing.message, closing.retryAfterMs);
    let over = this.#closed !== undefined;
    let cutCalls = 0;
    this.#cut = () => {
      over = true;
      cutCalls = house.runningCalls;
      house.changed();
    };
    await house.until(() => over || house.idle, house.environment.now() + graceMs);
    await this.close(closing.message);
    return { cutCalls };
  }

  async #close(message: string): Promise<void> {
    const house = this.#house;
    house.closing ??= { message };
    this.#cut();
    for (const entry of house.entries) entry.close(message);
    const threadClosed = this.#ioThread?.closeEndpoints(message);
    await Promise.all([...[...this.#endpoints].map((endpoint) => endpoint.close(message)), house.workers.close()]);
    await threadClosed;
    await house.until(() => house.sessions.size === 0);
    await this.#ioThread?.end();
    house.lag.close();
    house.delays.close();
  }
}
