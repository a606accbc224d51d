/**
 * Milliseconds, as they travel and as they are waited for.
 *
 * @module
 */

/** Whole milliseconds, rounded up; undefined where there are none, or none that a frame can hold. */
export function wholeMs(milliseconds: number | undefined): number | undefined {
  if (milliseconds === undefined) return undefined;
  const whole = Math.max(0, Math.ceil(milliseconds));
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/** The lesser of the times that are set. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined;
  for (const time of times) {
    if (time !== undefined && (least === undefined || time < least)) least = time;
  }
  return least;
}
