/**
 * Whether what the package carries is what the specification says, and whether the cases were looked at since it says so.
 *
 * @module
 */
import type { Requirement } from "./extract.ts";

/** For each requirement the hash that its text had when its cases were last looked at. */
export type Reviewed = Readonly<Record<string, string>>;

/** `requirements.json` for the specification as it is. */
export function bookOf(requirements: readonly Requirement[]): string {
  return `${JSON.stringify({ requirements }, undefined, 2)}\n`;
}

/** What is to be done before the cases can be relied on: sentences. */
export function reviewProblems(requirements: readonly Requirement[], reviewed: Reviewed): string[] {
  const problems: string[] = [];
  for (const { id, hash } of requirements) {
    const before = reviewed[id];
    if (before === hash) continue;
    const what = before === undefined ? "is new: give it cases" : "changed: look at its cases";
    problems.push(
      `${id} ${what} (turnmux-conformance list --requirement ${id}), then run node scripts/dev.mjs requirements --reviewed ${id}`,
    );
  }
  const ids = new Set(requirements.map(({ id }) => id));
  for (const id of Object.keys(reviewed)) {
    if (!ids.has(id))
      problems.push(`${id} is gone from the specification: identifiers stay, with a sentence that says so`);
  }
  return problems;
}

/** The record behind a review of `ids`; those that are gone leave it. */
export function reviewedAfter(
  requirements: readonly Requirement[],
  before: Reviewed,
  ids: ReadonlySet<string>,
): Reviewed {
  const after: Record<string, string> = {};
  for (const { id, hash } of requirements) {
    const known = ids.has(id) ? hash : before[id];
    if (known !== undefined) after[id] = known;
  }
  return after;
}
