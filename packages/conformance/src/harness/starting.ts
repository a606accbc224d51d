/**
 * Processes start a few at a time: a machine on which many start at once is slow to start any, and those that run have to wait for it.
 *
 * @module
 */

/** Processes that start at once. */
const AT_ONCE = 2;

let starting = 0;
const waiting: (() => void)[] = [];

/** Starts a process when there is room for that. */
export async function inTurn<T>(start: () => Promise<T>): Promise<T> {
  if (starting < AT_ONCE) starting++;
  // Whoever is done hands its place on.
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await start();
  } finally {
    const next = waiting.shift();
    if (next === undefined) starting--;
    else next();
  }
}
