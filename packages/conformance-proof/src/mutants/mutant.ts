/**
 * Mutants: faults that are put into the reference on purpose, to show that the suite finds them.
 *
 * @module
 */

import type { PeerRole, Way } from "@turnmux/conformance";

/** One change to one file of the repository. */
export interface Edit {
  /** From the root of the repository, such as `packages/core/src/wire/binary.ts`. */
  readonly file: string;
  /** Exact text of the source, which is in it once. */
  readonly find: string;
  readonly replace: string;
}

/** What every mutant says of itself. */
interface MutantHead {
  /** `area.what-it-does`, unique. */
  readonly id: string;
  /** The clause that it breaks: `FRAME-003`, or `FLOW-001.2` where the requirement has several. */
  readonly breaks: string;
  /** The reference peers that break it when they are changed like this: each has to be found out. */
  readonly roles: readonly PeerRole[];
  /** The ways of reaching the peer on which the fault shows. Default: all that have cases. */
  readonly ways?: readonly Way[];
  /** What the changed peer does, as a sentence without a subject. */
  readonly why: string;
}

/** What {@link mutant} takes: one edit, or several. */
export type MutantDefinition = MutantHead & (Edit | { readonly edits: readonly Edit[] });

/** A mutant that is registered. */
export interface Mutant extends MutantHead {
  readonly edits: readonly Edit[];
}

const mutants = new Map<string, Mutant>();

/** Plants a mutant. Throws where its id is taken, or where it changes nothing or nobody. */
export function mutant(definition: MutantDefinition): void {
  const { id, breaks, roles, ways, why } = definition;
  const edits = "edits" in definition ? definition.edits : [definition];
  if (mutants.has(id)) throw new Error(`There are two mutants ${id}.`);
  if (edits.length === 0 || roles.length === 0) throw new Error(`Mutant ${id} changes nothing, or nobody.`);
  mutants.set(id, { id, breaks, roles, ...(ways === undefined ? {} : { ways }), why, edits });
}

/** All that are planted, in the order in which they were. */
export function allMutants(): readonly Mutant[] {
  return [...mutants.values()];
}
