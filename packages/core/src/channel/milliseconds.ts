/**
 * Milliseconds as they travel.
 *
 * @module
 */

/** Whole milliseconds, rounded up; undefined where there are none, or none that a frame can hold. */
export function wholeMs(milliseconds: number | undefined): number | undefined {
  if (milliseconds === undefined) return undefined;
  const whole = Math.max(0, Math.ceil(milliseconds));
  return Number.isSafeInteger(whole) ? whole : undefined;
}
