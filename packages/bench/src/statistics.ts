/**
 * Medians, spreads and percentiles.
 *
 * @module
 */

/** The middle of some figures, and how far they are apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws where there is nothing to be in the middle of. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const min = sorted[0];
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new Error("no figures were measured");
  return { median: percentile(sorted, 0.5), min, max };
}

/** The median alone. */
export function median(values: readonly number[]): number {
  return spread(values).median;
}

/** The value below which that share of all values lies, between the two nearest ones. `sorted` is in rising order. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}
