/**
 * What every call comes through, whichever way it came: the busy moment, and the session's lane.
 *
 * @module
 */

import type { Busy } from "./busy.ts";
import type { Lanes } from "./lanes.ts";

/** What the gateway knows about a call. */
export interface Origin {
  readonly session: string;
  /** The lineage of the turn on whose behalf the call is, where the way in can say so. */
  readonly lineage?: string | undefined;
}

/** Runs the work of calls. */
export class Work {
  readonly #lanes: Lanes;
  readonly #busy: Busy;

  constructor(lanes: Lanes, busy: Busy) {
    this.#lanes = lanes;
    this.#busy = busy;
  }

  /** Runs a call's work when the lane lets it: at once, where it is on behalf of the turn that holds the lane. */
  run<T>(tool: string, { session, lineage }: Origin, work: () => Promise<T> | T): Promise<T> {
    this.#busy.arrived(tool);
    return this.#lanes.enter(session, lineage, work);
  }
}
