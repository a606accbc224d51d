/**
 * Limits of values (CONT-004).
 *
 * @module
 */

/** How deep and how wide a value may be, and how much it may hold. */
export interface BodyLimits {
  /** Arrays and objects around the innermost value. */
  readonly depth: number;
  /** Properties of one object. */
  readonly mapEntries: number;
  /** Entries of one array. */
  readonly arrayEntries: number;
  /**
   * Arrays, objects and octets in one body together, at whatever depth. Each costs the reader far more than the octet or two
   * that it may take on the wire. In JSON of up to 16 KiB, which cannot hold many, nobody counts them.
   */
  readonly containers: number;
}

/** The limits of section 13. */
export const DEFAULT_BODY_LIMITS: BodyLimits = {
  depth: 64,
  mapEntries: 10_000,
  arrayEntries: 1_000_000,
  containers: 500_000,
};

/** What is wrong with a body of more {@link BodyLimits.containers} than that, and what to do. */
export function tooMany(limits: BodyLimits): string {
  return `a body must have at most ${limits.containers} arrays, objects and octets in it; send fewer at once, or items`;
}
