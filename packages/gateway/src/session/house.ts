/**
 * What all sessions of one gateway share: its tools, its limits, its hooks, and the list of who is there.
 *
 * @module
 */

import { hash } from "node:crypto";
import {
  LagMeter,
  LaneBook,
  OnceCalls,
  resolveLimits,
  ResumableSessions,
  systemEnvironment,
  ToolRegistry,
  toolServer,
  type Admission,
  type Environment,
  type Lag,
  type Limits,
  type Logger,
  type OnceOptions,
  type OnceVerdict,
  type OtherKeys,
  type SessionControl,
  type SessionEnd,
  type SessionOptions,
  type SessionState,
  type TakesCalls,
} from "@turnmux/core";
import { nanoid } from "nanoid";
import { guard } from "../events.ts";
import { publish, traceCall, tracesCalls } from "../observe/diagnostics.ts";
import { DelayMeter } from "../observe/delays.ts";
import { OutcomeCounter } from "../observe/stats.ts";
import type { GatewayOptions } from "../options.ts";
import { WorkerPool } from "../worker-tools/pool.ts";
import type { WorkerStats } from "../worker-tools/stats.ts";
import { workerStandIn } from "../worker-tools/stand-in.ts";
import { GatewaySession } from "./gateway-session.ts";
import { SettlementWatch } from "./settlement-watch.ts";

/** A client in the same process publishes on the same channels. */
const side = "gateway";

/** What the journal has as another's is another process's where there is no other thread. */
const ELSEWHERE: OnceVerdict = { kind: "elsewhere" };

/** One way into the gateway that can be drained and closed: a carrier with its sessions, or a session in process. */
export interface Entry {
  /** Takes no further calls; ends when the ones under way are over. */
  drain(message: string, retryAfterMs: number | undefined): void;
  /** Ends at once. */
  close(message: string): void;
}

/** Something else that has to be over before a gateway is. */
export interface Guest {
  readonly idle: boolean;
  /** Handlers that it runs. */
  readonly handlers: number;
}

/** What a house has from somebody else, where it is one of several threads. */
export interface HouseParts extends OnceOptions {
  /** Default: that of this thread's event loop. */
  readonly lag?: Lag | undefined;
  /** Counts the calls of clients. */
  readonly answered?: OutcomeCounter | undefined;
  /** Tells those who trace calls. Default: those of this thread. */
  readonly tracing?: Pick<Environment, "tracesCalls" | "traceCall"> | undefined;
  /** Told whenever the pool of worker tools does something else. */
  readonly workersChanged?: ((stats: WorkerStats) => void) | undefined;
  /** Told how many handlers run whenever that changes. */
  readonly handlersChanged?: ((count: number) => void) | undefined;
  /** Called before anything is done about what came in from a peer. */
  readonly beforeInput?: (() => void) | undefined;
}

/** What is special about a session. */
export interface SessionParts {
  /** Takes the peer's calls. Default: runs the house's tools. */
  readonly incoming?: TakesCalls | undefined;
  readonly create?: ((options: SessionOptions, own: (control: SessionControl) => void) => GatewaySession) | undefined;
}

/** Why nobody is let in. */
export interface Closing {
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** See the module's comment. */
export class House {
  readonly options: GatewayOptions;
  readonly limits: Limits;
  readonly log: Logger;
  readonly environment: Environment;
  /** The same for the other side of a session in process: its calls are traced, and are not the gateway's to count. */
  readonly visitorEnvironment: Environment;
  readonly registry: ToolRegistry;
  readonly workers: WorkerPool;
  readonly once: OnceCalls | undefined;
  readonly lanes: LaneBook;
  readonly lag: Lag;
  readonly delays: DelayMeter;
  readonly sessions: Set<GatewaySession> = new Set();
  /** The sessions that clients may resume. */
  readonly resumable: ResumableSessions;
  readonly entries: Set<Entry> = new Set();
  readonly guests: Set<Guest> = new Set();
  /** Keys that another thread of this gateway holds. */
  otherKeys: OtherKeys | undefined;
  readonly answered: OutcomeCounter;
  readonly called: OutcomeCounter = new OutcomeCounter();
  accepted = 0;
  refused = 0;
  /** Set once the gateway drains or is closed. */
  closing: Closing | undefined;
  readonly #incoming: TakesCalls;
  readonly #announce: (session: GatewaySession) => void;
  readonly #changed = new Set<() => void>();
  #handlers = 0;

  /** `announce` is called with each session once it stands. */
  constructor(
    options: GatewayOptions,
    log: Logger,
    announce: (session: GatewaySession) => void,
    {
      lag,
      answered,
      tracing = { tracesCalls, traceCall },
      workersChanged,
      handlersChanged,
      beforeInput,
      ...once
    }: HouseParts = {},
  ) {
    this.options = options;
    this.log = log;
    this.answered = answered ?? new OutcomeCounter();
    this.#announce = announce;
    this.limits = resolveLimits(options.limits);
    const environment = systemEnvironment({
      globals: globalThis,
      id: nanoid,
      log: this.log,
      lagMs: () => this.lag.lagMs,
      publish,
      ...tracing,
      handlerBegan: () => {
        this.#handlers += 1;
        handlersChanged?.(this.#handlers);
      },
      handlerEnded: () => {
        this.#handlers -= 1;
        handlersChanged?.(this.#handlers);
        this.changed();
      },
      callAnswered: (end) => this.answered.add(end),
      callEnded: (end) => this.called.add(end),
      sha256: (text) => hash("sha256", text, "hex"),
    });
    this.lag = lag ?? new LagMeter(environment);
    this.delays = new DelayMeter(this.lag);
    this.environment =
      beforeInput === undefined
        ? environment
        : {
            ...environment,
            arrived: () => {
              beforeInput();
              environment.arrived?.();
            },
          };
    this.visitorEnvironment = {
      ...this.environment,
      handlerBegan: undefined,
      handlerEnded: undefined,
      callAnswered: undefined,
      callEnded: undefined,
    };
    const { journal } = options;
    if (journal !== undefined) {
      const watched = new SettlementWatch(journal, () => this.changed());
      this.once = new OnceCalls(watched, this.environment, {
        others: {
          join: async (claim, execution) =>
            this.otherKeys === undefined ? ELSEWHERE : this.otherKeys.join(claim, execution),
          ask: async (claim) => (this.otherKeys === undefined ? ELSEWHERE : this.otherKeys.ask(claim)),
        },
        ...once,
      });
    }
    this.lanes = new LaneBook({ environment: this.environment, limits: this.limits });
    this.resumable = new ResumableSessions({ environment: this.environment, limits: this.limits });
    this.entries.add(this.resumable);
    this.workers = new WorkerPool(options.workers, this.log, workersChanged);
    this.registry = new ToolRegistry({
      overrides: options.tools,
      hasJournal: journal !== undefined,
      hasLanes: true,
      standIn: workerStandIn(this.workers),
    });
    this.#incoming = toolServer(this);
  }

  /** Why nobody gets a further session, while the gateway drains and once it is closed. */
  get closed(): Extract<Admission, { kind: "closed" }> | undefined {
    return this.closing === undefined ? undefined : { kind: "closed", ...this.closing };
  }

  /** Handlers that run, also those whose session is over. */
  get handlers(): number {
    let count = this.#handlers;
    for (const guest of this.guests) count += guest.handlers;
    return count;
  }

  /** Calls that are not over, and handlers that run although their callers have left. */
  get runningCalls(): number {
    let incoming = 0;
    let outgoing = 0;
    for (const { activeCalls } of this.sessions) {
      incoming += activeCalls.incoming;
      outgoing += activeCalls.outgoing;
    }
    return Math.max(incoming, this.handlers) + outgoing;
  }

  /** True when nothing runs, nobody is there, and every ending is recorded. */
  get idle(): boolean {
    if (this.sessions.size > 0 || this.handlers > 0 || (this.once?.running ?? 0) > 0) return false;
    return [...this.guests].every(({ idle }) => idle);
  }

  /** Makes a session. Its owner attaches it; then it is announced, first to `first`. */
  makeSession(
    first?: (session: GatewaySession) => void,
    parts: SessionParts = {},
  ): { session: GatewaySession; control: SessionControl } {
    let own: SessionControl | undefined;
    const { environment, limits, options } = this;
    const { interceptors, timeoutMs, acceptTimeoutMs } = options;
    const incoming = parts.incoming ?? this.#incoming;
    const made: SessionOptions = { environment, limits, incoming, interceptors, timeoutMs, acceptTimeoutMs };
    const take = (control: SessionControl): void => {
      own = control;
    };
    const session = parts.create?.(made, take) ?? new GatewaySession(made, take);
    // The constructor has set it.
    const control = own as unknown as SessionControl;
    control.onState = (state, end) => {
      if (state === "closed") this.#closed(session, end);
      else if (this.sessions.has(session)) this.#moved(session, state, end);
      else if (state === "ready") this.#opened(session, first);
    };
    return { session, control };
  }

  /** The session behind a control that {@link makeSession} gave. */
  sessionOf(control: SessionControl): GatewaySession | undefined {
    return control.session instanceof GatewaySession ? control.session : undefined;
  }

  /** A handshake came to nothing, or so many did. */
  handshakeRefused(code: string, message: string, requirement: string | undefined, times = 1): void {
    const many = times === 1 ? {} : { times };
    this.refused += times;
    publish("session", { event: "refused", fields: { side, code, message, requirement, ...many } });
    this.log.info("turnmux: a handshake was refused", { code, message, ...many });
  }

  /** Resolves once `done` holds, looked at after each {@link changed}; at the latest when the clock has reached `atMs`. */
  async until(done: () => boolean, atMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    await new Promise<void>((resolve) => {
      let cancel = (): void => {};
      const finish = (): void => {
        this.#changed.delete(check);
        cancel();
        resolve();
      };
      const check = (): void => {
        if (done()) finish();
      };
      this.#changed.add(check);
      if (done()) {
        finish();
        return;
      }
      if (Number.isFinite(atMs)) cancel = this.environment.setTimer(atMs, finish);
    });
  }

  /** Something that {@link until} may wait for has happened. */
  changed(): void {
    for (const check of this.#changed) check();
  }

  #opened(session: GatewaySession, first: ((session: GatewaySession) => void) | undefined): void {
    this.accepted += 1;
    this.sessions.add(session);
    const { id: sessionId, principal, scopes } = session;
    publish("session", { event: "opened", sessionId, fields: { side, principal, scopes } });
    if (first !== undefined) guard(this.log, "onSession threw", () => first(session));
    this.#announce(session);
  }

  /** The session has lost its connection, or was resumed on another one. */
  #moved(session: GatewaySession, state: SessionState, end: SessionEnd | undefined): void {
    const { id: sessionId, principal } = session;
    const event = state === "ready" ? "resumed" : "suspended";
    publish("session", { event, sessionId, fields: { side, principal, cause: end?.cause, message: end?.message } });
    this.changed();
  }

  #closed(session: GatewaySession, end: SessionEnd | undefined): void {
    // One whose WELCOME came to nothing was never there.
    if (!this.sessions.delete(session)) return;
    const { id: sessionId, principal } = session;
    const { cause, code, message, requirement } = end ?? {};
    publish("session", { event: "closed", sessionId, fields: { side, principal, cause, code, message, requirement } });
    this.changed();
  }
}
