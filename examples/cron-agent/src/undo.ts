/**
 * What has been started is ended, in the reverse order, whatever happens in between.
 *
 * @module
 */

/** Takes what has to be done at the end. */
export type Undo = (end: () => Promise<unknown>) => void;

/** Runs the work and then all that it gave to `undo`, the latest first, also when one of them fails. */
export async function withUndo<T>(work: (undo: Undo) => Promise<T>): Promise<T> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    return await work((end) => ends.push(end));
  } finally {
    const failures: unknown[] = [];
    for (const end of ends.toReversed()) await end().catch((error: unknown) => failures.push(error));
    for (const failure of failures) console.error("cron-agent: at the end:", failure);
  }
}
