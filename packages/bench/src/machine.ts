/**
 * The machine that figures come from.
 *
 * @module
 */

import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

/** See {@link describeMachine}. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core in the minute before the run: near zero on an idle machine. */
  readonly loadBefore: number;
  readonly at: string;
}

/** What a reader has to know of the machine; nothing that names it. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    at: new Date().toISOString(),
  };
}
