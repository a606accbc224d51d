/**
 * Lanes: one per session, so that what belongs to a session happens one after the other.
 *
 * A turn holds its session's lane from the request to the reply. Any other work for the session queues behind it, and
 * there lies the fault of the original report: a tool call that belongs to the very turn that holds the lane, and does
 * not say so, waits for a turn that waits for it. A call that names the turn which holds the lane is let in at once.
 *
 * @module
 */

interface Lane {
  /** Taken by a turn or by other work. */
  taken: boolean;
  /** The turn that holds the lane, when a turn does. */
  turn: string | undefined;
  readonly queue: (() => void)[];
}

/** The lanes of all sessions. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #idle: (() => void)[] = [];
  #active = 0;

  /** Runs a turn, which holds the lane until the promise of `work` is settled. */
  hold<T>(session: string, turn: string, work: () => Promise<T>): Promise<T> {
    return this.#count(() => this.#queued(session, turn, work));
  }

  /** Runs work for a session: at once when it belongs to the turn that holds the lane, otherwise in its turn. */
  enter<T>(session: string, turn: string | undefined, work: () => Promise<T> | T): Promise<T> {
    const inside = turn !== undefined && this.#lane(session).turn === turn;
    return this.#count(async () => (inside ? await work() : await this.#queued(session, undefined, work)));
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

  async #queued<T>(session: string, turn: string | undefined, work: () => Promise<T> | T): Promise<T> {
    const lane = this.#lane(session);
    if (lane.taken) await new Promise<void>((resolve) => lane.queue.push(resolve));
    lane.taken = true;
    lane.turn = turn;
    try {
      return await work();
    } finally {
      lane.turn = undefined;
      const next = lane.queue.shift();
      // The lane passes straight to the next in the queue: nobody gets in between.
      if (next === undefined) this.#lanes.delete(session);
      else next();
    }
  }

  #lane(session: string): Lane {
    let lane = this.#lanes.get(session);
    if (lane === undefined) {
      lane = { taken: false, turn: undefined, queue: [] };
      this.#lanes.set(session, lane);
    }
    return lane;
  }
}
