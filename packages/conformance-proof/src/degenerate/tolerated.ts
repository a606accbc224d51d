/**
 * The cases that peers pass which are none, and why they may. Whatever else such a peer passes is a case that proves nothing.
 *
 * @module
 */

/** By the id of a case: by which peers it may be passed, as which role, and why. */
export interface Tolerated {
  readonly peers: readonly string[];
  readonly reason: string;
}

/** By the id of a case. */
export const TOLERATED: Readonly<Record<string, Tolerated>> = {};
