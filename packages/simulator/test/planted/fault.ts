/**
 * A fault that is planted to see the simulator find it.
 *
 * @module
 */
import type { Change } from "../support/program.ts";

/** See the module's comment. */
export interface PlantedFault {
  /** What the core does wrong then. */
  readonly name: string;
  readonly changes: readonly Change[];
  /**
   * In how many schedules it is found: many times the number that it takes on average, so that no run of the tests misses
   * it by chance.
   */
  readonly within: number;
}

/** A fault that is one change to a file of the core. `file` is a path in its `src`. */
export function plant(name: string, within: number, file: string, find: string, replace: string): PlantedFault {
  return { name, within, changes: [{ file: `packages/core/src/${file}`, find, replace }] };
}
