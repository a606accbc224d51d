/**
 * Lanes: one per session, so that what belongs to a session happens one after the other. turnmux keeps them.
 *
 * A turn holds its session's lane from the request to the reply. Any other work for the session queues behind it, and
 * there lies the fault of the original report: a tool call on behalf of the very turn that holds the lane, and that has
 * no means to say so, waits for a turn that waits for it. A call that carries the turn's lineage is let in at once,
 * whichever way it came.
 *
 * @module
 */

import type { Gateway, GatewaySession } from "@turnmux/gateway";
import { grantFor } from "./grant.ts";

/** The lanes of all sessions. */
export class Lanes {
  readonly #gateway: Gateway;
  /** One of turnmux's for each session of the host, whether that has a socket or not: it has the lane. */
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #idle: (() => void)[] = [];
  #active = 0;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Runs a turn, which holds the lane until the promise of `work` is settled. `lineage` is for whatever it causes. */
  hold<T>(session: string, turn: string, work: (lineage: string) => Promise<T>): Promise<T> {
    return this.#count(() => this.#gateway.runTurn(this.#session(session), turn, ({ lineage }) => work(lineage)));
  }

  /** Runs work for a session: at once on behalf of the turn that holds the lane, as `lineage` says, otherwise in its turn. */
  enter<T>(session: string, lineage: string | undefined, work: () => Promise<T> | T): Promise<T> {
    return this.#count(() => this.#gateway.runTurn(this.#session(session), "work", work, { lineage }));
  }

  /** Settles when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #count<T>(work: () => Promise<T>): Promise<T> {
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #session(name: string): GatewaySession {
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const { id } = this.#gateway.openSession(grantFor(name));
    const session = [...this.#gateway.sessions].find((one) => one.id === id);
    if (session === undefined) throw new Error("the gateway has opened no session");
    this.#sessions.set(name, session);
    return session;
  }
}
