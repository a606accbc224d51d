/**
 * Lists of known failures.
 *
 * @module
 */

/** A case that is known to fail. */
export interface Expected {
  readonly id: string;
  /** The comment behind the id, or the ones above it. Empty where there is none. */
  readonly reason: string;
  /** Where it is in the file, from 1. */
  readonly line: number;
}

/** The list cannot be read; the message says which line, and why. */
export class ExpectationError extends Error {}

/**
 * Reads a list: one case id a line, `#` begins a comment. Comments on lines of their own are the reason of the ids below
 * them, up to an empty line, unless those have one of their own. Throws {@link ExpectationError}.
 */
export function readExpectations(text: string): readonly Expected[] {
  const expected = new Map<string, Expected>();
  let above: string[] = [];
  for (const [index, whole] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const at = whole.indexOf("#");
    const id = (at === -1 ? whole : whole.slice(0, at)).trim();
    const comment = at === -1 ? "" : whole.slice(at + 1).trim();
    if (id !== "") {
      if (/\s/.test(id)) throw new ExpectationError(`line ${line}: one case id a line, and a comment behind #`);
      const before = expected.get(id);
      if (before !== undefined) throw new ExpectationError(`line ${line}: ${id} is on line ${before.line} already`);
      expected.set(id, { id, reason: comment === "" ? above.join(" ") : comment, line });
    } else if (comment !== "") {
      // A comment that follows ids begins a reason of its own.
      above = isBelowId(expected, line) ? [comment] : [...above, comment];
    } else {
      above = [];
    }
  }
  return [...expected.values()];
}

function isBelowId(expected: ReadonlyMap<string, Expected>, line: number): boolean {
  return [...expected.values()].at(-1)?.line === line - 1;
}
