/**
 * What all sessions of an I/O thread share.
 *
 * @module
 */

import {
  LateTools,
  toolServer,
  ToolRegistry,
  type Environment,
  type Execution,
  type Journal,
  type Limits,
  type Logger,
  type OtherKeys,
  type OwnerLife,
  type Session,
  type SessionControl,
} from "@turnmux/core";
import type { GatewaySession } from "../../session/gateway-session.ts";
import { House } from "../../session/house.ts";
import { RemoteLanes } from "../../lanes/remote.ts";
import type { WorkersOptions } from "../../worker-tools/options.ts";
import type { WorkerStats } from "../../worker-tools/stats.ts";
import type { ToMain } from "../messages.ts";
import type { LagOfMain, SharedOutcomes } from "../shared.ts";
import type { Outbox } from "./outbox.ts";
import { Refusals } from "./refusals.ts";
import { TapControl } from "./tap-control.ts";

/** What a {@link ThreadHouse} works with. */
export interface ThreadHouseOptions {
  readonly limits: Limits;
  readonly workers: WorkersOptions | undefined;
  readonly journal: Journal | undefined;
  readonly owner: string;
  readonly life: OwnerLife;
  readonly others: OtherKeys;
  /** A key was let go of. */
  readonly released: (execution: Execution, refused: boolean) => void;
  /** A session is over. */
  readonly sessionOver: (sessionId: string) => void;
  readonly log: Logger;
  readonly lag: LagOfMain;
  readonly outcomes: SharedOutcomes;
  readonly tracing: Pick<Environment, "tracesCalls" | "traceCall">;
  readonly workersChanged: (stats: WorkerStats) => void;
  readonly handlersChanged: (count: number) => void;
  readonly box: Outbox<ToMain>;
  /** Called before anything is done about what came in from a peer. */
  readonly beforeInput: () => void;
}

/** A house whose handlers, hooks and statistics are in the main thread. */
export class ThreadHouse extends House {
  /** Those of the main thread, where turns of the gateway run. */
  readonly remoteLanes: RemoteLanes;
  readonly #box: Outbox<ToMain>;
  readonly #taps = new Map<string, TapControl>();
  readonly #bySession = new Map<Session, TapControl>();
  readonly #uncounted = new Set<TapControl>();
  readonly #sessionOver: (sessionId: string) => void;
  readonly #refusals: Refusals;
  #held = 0;

  constructor({
    limits,
    workers,
    journal,
    owner,
    life,
    others,
    released,
    sessionOver,
    log,
    lag,
    outcomes,
    box,
    handlersChanged,
    ...parts
  }: ThreadHouseOptions) {
    super({ limits, workers, journal }, log, () => {}, {
      lag,
      answered: outcomes,
      owner,
      life,
      released,
      handlersChanged: (count) => {
        handlersChanged(count);
        // Who waits for the gateway to have nothing to do looks at that number again when it is told of something.
        if (count === 0 && this.closing !== undefined) box.post({ kind: "held", keys: this.#held }, undefined, "held");
      },
      ...parts,
    });
    this.otherKeys = others;
    this.#box = box;
    this.remoteLanes = new RemoteLanes({
      environment: this.environment,
      limits: this.limits,
      post: (question) =>
        box.post(
          question,
          undefined,
          question.kind === "enterLane" || question.kind === "waitForKey" ? laneKey(question.id) : undefined,
        ),
      takeBack: (id) => box.takeBack(laneKey(id)),
    });
    this.#sessionOver = sessionOver;
    this.#refusals = new Refusals(box);
    box.beforeFlush = () => {
      outcomes.publish();
      this.#refusals.tell();
      this.#count();
    };
  }

  /** The session of this identifier. */
  tap(sessionId: string): TapControl | undefined {
    return this.#taps.get(sessionId);
  }

  /** A session stands, at this endpoint. */
  announce(session: GatewaySession, endpoint: number): void {
    const tap = this.#bySession.get(session);
    if (tap === undefined) return;
    this.#taps.set(session.id, tap);
    tap.announce(endpoint);
  }

  override makeSession(first?: (session: GatewaySession) => void): {
    session: GatewaySession;
    control: SessionControl;
  } {
    const { once, remoteLanes: lanes } = this;
    const late = new LateTools("the gateway's main thread has not come to this session yet");
    const registry = new ToolRegistry({ hasJournal: once !== undefined, hasLanes: true, parent: this.registry });
    const { session, control: inner } = super.makeSession(first, {
      incoming: toolServer({ registry, once, lanes, late }),
    });
    const control = new TapControl({
      inner,
      registry,
      late,
      box: this.#box,
      counted: (tap) => {
        this.#uncounted.add(tap);
        this.#box.wake();
      },
      over: (tap) => {
        this.#taps.delete(session.id);
        this.#bySession.delete(session);
        this.#uncounted.delete(tap);
        this.#sessionOver(session.id);
      },
    });
    this.#bySession.set(session, control);
    return { session, control };
  }

  override handshakeRefused(code: string, message: string, requirement: string | undefined): void {
    this.#refusals.add(code, message, requirement);
    this.#box.wake();
  }

  override changed(): void {
    super.changed();
    const held = this.once?.running ?? 0;
    if (held === this.#held) return;
    this.#held = held;
    this.#box.post({ kind: "held", keys: held }, undefined, "held");
  }

  #count(): void {
    if (this.#uncounted.size === 0) return;
    for (const tap of this.#uncounted) tap.tellCount();
    this.#uncounted.clear();
  }
}

function laneKey(id: number): string {
  return `lane ${id}`;
}
