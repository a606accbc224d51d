/**
 * What the cases cover of the specification, for a gateway and for a client.
 *
 * @module
 */

import {
  excuseFor,
  type Case,
  type CaseResult,
  type Clause,
  type Excuses,
  type PeerRole,
  type Requirement,
} from "@turnmux/conformance";

/** The roles that a clause can bind. */
export const BOUND = ["gateway", "client"] as const;

/** A role that a clause can bind. */
export type Bound = (typeof BOUND)[number];

/** What the cases cover of the MUSTs that bind one role. */
export interface RoleCoverage {
  /** Clauses with a MUST. */
  readonly musts: number;
  /** Of those: a case for the role is about it, and passed. */
  readonly covered: number;
  readonly excused: number;
}

/** What the cases of one section of the specification cover. */
export interface SectionCoverage {
  readonly section: string;
  /** Clauses with a MUST, whomever they bind. */
  readonly musts: number;
  readonly roles: Readonly<Record<Bound, RoleCoverage>>;
}

/** What all cases cover. */
export interface Coverage {
  readonly sections: readonly SectionCoverage[];
  /** All sections together. */
  readonly all: Omit<SectionCoverage, "section">;
  readonly excused: Excuses;
  /** What is wrong: sentences. */
  readonly problems: readonly string[];
}

/** What was run of the reference as one role. */
export interface RoleResults {
  readonly role: PeerRole;
  readonly results: readonly CaseResult[];
}

/** What coverage is made of. */
export interface CoverageSource {
  readonly requirements: readonly Requirement[];
  readonly cases: readonly Case[];
  /** By clause: why no case for a role can be about it. */
  readonly excused: Excuses;
  /** Of the reference. A role that was not run at all is held to have passed. */
  readonly results: readonly RoleResults[];
}

/** Holds cases and excuses against the specification, for each role that a clause binds. */
export function coverageOf(source: CoverageSource): Coverage {
  const clauses = new Map(source.requirements.flatMap((one) => one.clauses.map((clause) => [clause.id, clause])));
  const problems = [...strangeCovers(source, clauses), ...strangeExcuses(source, clauses)];
  const passed = new Map(BOUND.map((role) => [role, passedAs(role, source.results)]));
  const sections = new Map<string, SectionCoverage>();
  for (const { section, clauses: own } of source.requirements) {
    for (const clause of own.filter(({ level }) => level === "MUST")) {
      const before = sections.get(section) ?? { section, ...NONE };
      const roles = { ...before.roles };
      for (const role of BOUND) {
        if (!isFor(clause, role)) continue;
        const verdict = verdictOn(source, clause, role, passed.get(role));
        if (typeof verdict === "object") problems.push(verdict.problem);
        roles[role] = added(roles[role], {
          musts: 1,
          covered: verdict === "covered" ? 1 : 0,
          excused: verdict === "excused" ? 1 : 0,
        });
      }
      sections.set(section, { section, musts: before.musts + 1, roles });
    }
  }
  const list = [...sections.values()];
  const all = list.reduce<Coverage["all"]>(
    (total, { musts, roles }) => ({
      musts: total.musts + musts,
      roles: { gateway: added(total.roles.gateway, roles.gateway), client: added(total.roles.client, roles.client) },
    }),
    NONE,
  );
  return { sections: list, all, excused: source.excused, problems };
}

const NOTHING: RoleCoverage = { musts: 0, covered: 0, excused: 0 };

const NONE: Coverage["all"] = { musts: 0, roles: { gateway: NOTHING, client: NOTHING } };

/** The counts of two together. */
function added(a: RoleCoverage, b: RoleCoverage): RoleCoverage {
  return { musts: a.musts + b.musts, covered: a.covered + b.covered, excused: a.excused + b.excused };
}

/** What is to be said of a clause for one role that it binds. */
function verdictOn(
  { cases, excused }: CoverageSource,
  { id, text }: Clause,
  role: Bound,
  passed: ReadonlySet<string> | undefined,
): "covered" | "excused" | { readonly problem: string } {
  const ids = cases.filter((entry) => isFor(entry, role) && entry.covers.includes(id)).map((entry) => entry.id);
  const excuse = excuseFor(excused, id, role);
  if (ids.length > 0 && excuse !== undefined) {
    return { problem: `${id} is excused for a ${role}, and ${ids.join(", ")} covers it` };
  }
  if (ids.length === 0 && excuse !== undefined) return "excused";
  if (ids.length === 0) return { problem: `${id} has no case for a ${role}, and no excuse: ${text}` };
  if (passed === undefined || ids.some((one) => passed.has(one))) return "covered";
  return { problem: `${id}: no case that covers it passed for a ${role}: ${ids.join(", ")}` };
}

function strangeCovers({ cases }: CoverageSource, clauses: ReadonlyMap<string, Clause>): string[] {
  return cases.flatMap(({ id, role, covers }) =>
    covers.flatMap((name) => {
      const clause = clauses.get(name);
      if (clause === undefined) return [`${id} covers ${name}, and there is no such clause`];
      const strange = role !== "both" && role !== "behaviour" && !isFor(clause, role);
      return strange ? [`${id} is for a ${role}, and covers ${name}, which binds a ${clause.role} alone`] : [];
    }),
  );
}

function strangeExcuses({ excused }: CoverageSource, clauses: ReadonlyMap<string, Clause>): string[] {
  return Object.entries(excused).flatMap(([id, { role }]) => {
    const clause = clauses.get(id);
    if (clause === undefined) return [`${id} is excused, and there is no such clause`];
    return role === "both" || isFor(clause, role) ? [] : [`${id} is excused for a ${role}, which it does not bind`];
  });
}

/** Whether a clause, or a case, is about this role. */
function isFor({ role }: Pick<Clause | Case, "role">, one: Bound): boolean {
  return role === "both" || role === one;
}

/** Ids of the cases that passed; undefined where the role was not run. */
function passedAs(role: Bound, results: readonly RoleResults[]): ReadonlySet<string> | undefined {
  const own = results.filter((one) => one.role === role);
  if (own.length === 0) return undefined;
  return new Set(own.flatMap((one) => one.results.filter(({ verdict }) => verdict === "pass").map(({ id }) => id)));
}
