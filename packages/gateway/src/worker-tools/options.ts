/**
 * How many threads run worker tools, and what each may have.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import type { ResourceLimits } from "node:worker_threads";
import { UsageError } from "@turnmux/core";
import { checkCount, checkDelay } from "../check.ts";

/** `createGateway({ workers })`: the pool of threads that run worker tools. Plain data. No thread is started before there is such a tool. */
export interface WorkersOptions {
  /** Threads at most, and so calls that run at once. Default: one fewer than the machine has cores, but two at least. */
  readonly maxThreads?: number | undefined;
  /** Threads that are kept while there is nothing to do: a call that has to wait for one to start takes some 50 ms longer. Default: 1. */
  readonly minThreads?: number | undefined;
  /** How long a thread beyond `minThreads` waits for another call before it ends, in milliseconds. Default: 30,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** Calls that may wait for a thread; more are refused as `resource_exhausted`. Default: 1,000. */
  readonly maxQueue?: number | undefined;
  /** The memory of each thread: a call that takes more ends, with its thread. Default: Node's. */
  readonly resourceLimits?: Readonly<ResourceLimits> | undefined;
  /** Options of Node's for the threads, such as `["--import", "./register.js"]`. Default: those of the process. */
  readonly execArgv?: readonly string[] | undefined;
}

/** {@link WorkersOptions} with all defaults. */
export interface PoolSettings {
  readonly maxThreads: number;
  readonly minThreads: number;
  readonly idleTimeoutMs: number;
  readonly maxQueue: number;
  readonly resourceLimits: Readonly<ResourceLimits> | undefined;
  readonly execArgv: readonly string[] | undefined;
}

/** Fills in the defaults. Throws {@link UsageError} where an option is not what it should be. */
export function poolSettings(options: WorkersOptions = {}): PoolSettings {
  const { idleTimeoutMs = 30_000, maxQueue = 1_000, resourceLimits, execArgv } = options;
  checkCount("workers.maxThreads", options.maxThreads);
  checkCount("workers.minThreads", options.minThreads);
  checkDelay("workers.idleTimeoutMs", idleTimeoutMs);
  if (!(Number.isSafeInteger(maxQueue) && maxQueue >= 0)) {
    throw new UsageError("workers.maxQueue must be a whole number, zero or more");
  }
  if (execArgv !== undefined && !(Array.isArray(execArgv) && execArgv.every((each) => typeof each === "string"))) {
    throw new UsageError("workers.execArgv must be an array of strings");
  }
  for (const [name, value] of Object.entries(resourceLimits ?? {})) checkMb(`workers.resourceLimits.${name}`, value);
  const minThreads = options.minThreads ?? Math.min(1, options.maxThreads ?? 1);
  const maxThreads = options.maxThreads ?? Math.max(2, availableParallelism() - 1, minThreads);
  if (minThreads > maxThreads) throw new UsageError("workers.minThreads must not be above maxThreads");
  return { maxThreads, minThreads, idleTimeoutMs, maxQueue, resourceLimits, execArgv };
}

function checkMb(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "number" && value > 0)) return;
  throw new UsageError(`${name} must be a positive number of megabytes`);
}
