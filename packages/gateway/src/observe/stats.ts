/**
 * What a gateway counts.
 *
 * @module
 */

import type { Outcome } from "@turnmux/core";
import type { EventLoopDelays } from "./delays.ts";
import type { WorkerStats } from "../worker-tools/stats.ts";

/** Calls that are over, by how they ended: with a result, or with an error of this outcome. */
export type CallsByOutcome = { readonly [O in "ok" | Outcome]: number };

/** What `gateway.stats()` gives: plain numbers, fit for JSON. Counters start at zero with the gateway and only grow. */
export interface GatewayStats {
  /** Sessions that stand now, those in process included. */
  readonly sessions: number;
  /** Connections to the gateway's own endpoints that have no session: in the handshake, or closing. */
  readonly unauthenticated: number;
  /** Calls that are not over, of all sessions. */
  readonly running: {
    /** Calls of the clients. */
    readonly incoming: number;
    /** Calls of the gateway to its clients. */
    readonly outgoing: number;
    /** Handlers that run, also those whose callers have left. */
    readonly handlers: number;
  };
  /** Turns that have the lane of a session, calls of tools with a lane among them, and those that wait for one. */
  readonly lanes: { readonly running: number; readonly waiting: number };
  /** Handshakes since the start. */
  readonly handshakes: { readonly accepted: number; readonly refused: number };
  /** Calls that ended since the start. */
  readonly ended: {
    /** Clients' calls, as they were answered. Those that nobody was there to hear about are not among them. */
    readonly incoming: CallsByOutcome;
    /** The gateway's calls, as they ended here. */
    readonly outgoing: CallsByOutcome;
  };
  /** Of worker tools. */
  readonly workers: WorkerStats;
  /** How late the event loop is now, in milliseconds. */
  readonly lagMs: number;
  /** How late it was since these numbers were read before. */
  readonly eventLoop: EventLoopDelays;
}

/** Calls counted in two places. */
export function sum(a: CallsByOutcome, b: CallsByOutcome | undefined): CallsByOutcome {
  if (b === undefined) return a;
  return {
    ok: a.ok + b.ok,
    not_started: a.not_started + b.not_started,
    failed: a.failed + b.failed,
    completed: a.completed + b.completed,
    unknown: a.unknown + b.unknown,
  };
}

/** One counter for each way to end. */
export class OutcomeCounter {
  readonly #counts: Record<keyof CallsByOutcome, number> = {
    ok: 0,
    not_started: 0,
    failed: 0,
    completed: 0,
    unknown: 0,
  };

  /** Counts one call. */
  add(end: { readonly ok: boolean; readonly outcome?: Outcome | undefined }): void {
    this.#counts[end.ok ? "ok" : (end.outcome ?? "unknown")] += 1;
  }

  /** How many there were of one kind since this was asked before; they are counted no more. */
  protected take(name: keyof CallsByOutcome): number {
    const count = this.#counts[name];
    this.#counts[name] = 0;
    return count;
  }

  /** A copy. */
  read(): CallsByOutcome {
    return { ...this.#counts };
  }
}
