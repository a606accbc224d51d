/**
 * The cases and the requirements that they are about, for those who look for one.
 *
 * @module
 */
import type { Excuses } from "../spec/excused.ts";
import type { Requirement } from "../spec/extract.ts";
import { requirementOf } from "../spec/requirements.ts";
import type { Case } from "../suite/case.ts";
import type { PeerRole } from "../suite/verdict.ts";
import { UsageError, type CommandName } from "./arguments.ts";
import { nearestTo } from "./nearest.ts";

/** All that there is. */
export interface Catalogue {
  readonly cases: readonly Case[];
  readonly requirements: readonly Requirement[];
  /** Why a clause has no case for a role, or for both, by its id. */
  readonly excused: Excuses;
}

/** The requirement that has a clause, or that has this id itself. */
export function requirementWith({ requirements }: Catalogue, id: string): Requirement | undefined {
  const whole = requirements.find((one) => one.id === requirementOf(id));
  return id === whole?.id || whole?.clauses.some((clause) => clause.id === id) === true ? whole : undefined;
}

/** What a clause says; of a requirement all its text. */
export function textOf(catalogue: Catalogue, id: string): string | undefined {
  const whole = requirementWith(catalogue, id);
  return whole?.clauses.find((clause) => clause.id === id)?.text ?? whole?.text;
}

/** Cases about a requirement, or about one of its clauses. */
export function casesAbout(catalogue: Catalogue, id: string): readonly Case[] {
  return catalogue.cases.filter(({ covers }) => covers.some((clause) => clause === id || requirementOf(clause) === id));
}

/** Whether a case can be run against a peer of this role. */
export function isFor(entry: Case, role: PeerRole): boolean {
  return entry.role === role || (entry.role === "both" && role !== "behaviour");
}

/** Ids of the MUST clauses of all requirements. */
export function mustClauses({ requirements }: Catalogue): ReadonlySet<string> {
  const clauses = requirements.flatMap((one) => one.clauses);
  return new Set(clauses.filter(({ level }) => level === "MUST").map(({ id }) => id));
}

/**
 * Cases that a pattern names: the id of a case, of a requirement or of a clause, with `*` for anything. Throws
 * {@link UsageError} where it names none.
 */
export function matching(catalogue: Catalogue, pattern: string, about: CommandName): readonly Case[] {
  if (!pattern.includes("*")) {
    const one = catalogue.cases.find(({ id }) => id === pattern);
    if (one !== undefined) return [one];
    if (requirementWith(catalogue, pattern) !== undefined) {
      const found = casesAbout(catalogue, pattern);
      if (found.length > 0) return found;
      const why = catalogue.excused[pattern]?.why;
      throw new UsageError(`${pattern} has no case${why === undefined ? "" : `: ${why}`}`, about);
    }
    throw new UsageError(unknownId(catalogue, pattern), about);
  }
  const source = pattern.replace(/[\\^$.|?+()[\]{}]/g, "\\$&").replaceAll("*", ".*");
  const expression = new RegExp(`^${source}$`);
  const found = catalogue.cases.filter(({ id, covers }) => [id, ...covers].some((name) => expression.test(name)));
  if (found.length === 0)
    throw new UsageError(`${JSON.stringify(pattern)} matches no case and no requirement of one`, about);
  return found;
}

/** Says that an id is unknown, and which ones are like it. */
export function unknownId(catalogue: Catalogue, id: string): string {
  const names = [
    ...catalogue.cases.map((entry) => entry.id),
    ...catalogue.requirements.flatMap((one) => [one.id, ...one.clauses.map((clause) => clause.id)]),
  ];
  const near = nearestTo(id, [...new Set(names)]);
  const hint = near.length === 0 ? "" : `; the nearest: ${near.join(", ")}`;
  return `there is no case and no requirement ${JSON.stringify(id)}${hint}`;
}
