/**
 * Limits of values (CONT-004).
 *
 * @module
 */

/** How deep and how wide a value may be. */
export interface BodyLimits {
  /** Arrays and objects around the innermost value. */
  readonly depth: number;
  /** Properties of one object. */
  readonly mapEntries: number;
  /** Entries of one array. */
  readonly arrayEntries: number;
}

/** The limits of section 13. */
export const DEFAULT_BODY_LIMITS: BodyLimits = { depth: 64, mapEntries: 10_000, arrayEntries: 1_000_000 };
