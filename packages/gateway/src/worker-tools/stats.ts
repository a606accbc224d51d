/**
 * What a pool of worker tools counts.
 *
 * @module
 */

/** The pool of worker tools now. */
export interface WorkerStats {
  /** Threads that there are, also those that are about to end. */
  readonly threads: number;
  /** Calls that have a thread. */
  readonly running: number;
  /** Calls that wait for one. */
  readonly queued: number;
}
