/**
 * What a pool of worker tools counts.
 *
 * @module
 */

/** Worker tools now: of the pools of both threads, where there is an I/O thread. */
export interface WorkerStats {
  /** Threads that there are, also those that are about to end. */
  readonly threads: number;
  /** Calls that have a thread. */
  readonly running: number;
  /** Calls that wait for one. */
  readonly queued: number;
}

/** Two pools. */
export function sumWorkers(a: WorkerStats, b: WorkerStats | undefined): WorkerStats {
  if (b === undefined) return a;
  return { threads: a.threads + b.threads, running: a.running + b.running, queued: a.queued + b.queued };
}
