/**
 * Records how runs end whose I/O thread is gone for good: handlers that are kept may go on when their gateway is closed.
 *
 * @module
 */

import { Execution, OnceCalls, type Environment, type Journal } from "@turnmux/core";
import type { EndedRun } from "./runs.ts";

/** What an {@link Heir} works with. */
export interface HeirOptions {
  readonly journal: Journal;
  readonly environment: Environment;
  /** The thread's name in the journal. */
  readonly owner: string;
}

/** See the module's comment. */
export class Heir {
  readonly #options: HeirOptions;
  readonly #once: OnceCalls;

  constructor(options: HeirOptions) {
    const { journal, environment, owner } = options;
    this.#options = options;
    this.#once = new OnceCalls(journal, environment, { owner });
  }

  /** Records the end of a run. Resolves when that is done, or cannot be. */
  async record({ tool, data, settled }: EndedRun): Promise<void> {
    const { context, claimed } = data;
    const { principal, key, callId } = context;
    if (key === undefined || claimed === undefined) return;
    const execution = new Execution(tool, undefined, claimed.fingerprint);
    execution.repeats = claimed.repeats;
    this.#once.adopt(principal, key, callId, claimed.epoch, execution);
    try {
      await this.#once.end(principal, key, execution, settled);
    } catch (error) {
      this.#options.environment.log.error("turnmux: the end of a call could not be recorded", { error });
    }
  }
}
