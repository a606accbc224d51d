/**
 * Puts a pool's handlers where worker tools are implemented.
 *
 * @module
 */

import type { StandIn } from "@turnmux/core";
import type { WorkerPool } from "./pool.ts";
import { workerToolOf } from "./worker-tool.ts";

/** For the registry of a gateway. Contracts are checked in the thread that has the registry: their schemas are there. */
export function workerStandIn(pool: WorkerPool): StandIn {
  return (name, contract, handler) => {
    const description = workerToolOf(handler);
    if (description === undefined) return undefined;
    const { effect, item, output } = contract;
    const [hasItems, hasOutput] = [item !== undefined, output !== undefined];
    return pool.handler({ name, effect, hasItems, hasOutput, checksThere: false, description });
  };
}
