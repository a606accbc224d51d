/**
 * Clauses that no case can be about, since nothing of them can be seen from outside.
 *
 * @module
 */

/** By clause: why it cannot be seen, and which unit test of this repository keeps it, as a sentence. */
export const EXCUSED: Readonly<Record<string, string>> = {};
