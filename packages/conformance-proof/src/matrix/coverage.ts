/**
 * What the cases cover of the specification.
 *
 * @module
 */

import type { Case, CaseResult, Requirement } from "@turnmux/conformance";

/** What the cases of one section of the specification cover. */
export interface SectionCoverage {
  readonly section: string;
  /** Clauses with a MUST. */
  readonly musts: number;
  readonly covered: number;
  readonly excused: number;
}

/** What all cases cover. */
export interface Coverage {
  readonly sections: readonly SectionCoverage[];
  readonly musts: number;
  readonly covered: number;
  readonly excused: ReadonlyMap<string, string>;
  /** What is wrong: sentences. */
  readonly problems: readonly string[];
}

/** What coverage is made of. */
export interface CoverageSource {
  readonly requirements: readonly Requirement[];
  readonly cases: readonly Case[];
  /** By clause or requirement: why no case can be about it. */
  readonly excused: Readonly<Record<string, string>>;
  /** Of the reference, all rows together; undefined where it was not run. */
  readonly results: readonly CaseResult[] | undefined;
}

/** Holds cases and excuses against the specification. */
export function coverageOf({ requirements, cases, excused, results }: CoverageSource): Coverage {
  const clauses = new Map(requirements.flatMap((one) => one.clauses.map((clause) => [clause.id, clause])));
  const covering = new Map<string, string[]>();
  const problems: string[] = [];
  for (const { id, covers } of cases) {
    for (const clause of covers) {
      if (!clauses.has(clause)) problems.push(`${id} covers ${clause}, and there is no such clause`);
      covering.set(clause, [...(covering.get(clause) ?? []), id]);
    }
  }
  for (const id of Object.keys(excused)) {
    if (!clauses.has(id)) problems.push(`${id} is excused, and there is no such clause`);
    else if (covering.has(id)) problems.push(`${id} is excused, and ${covering.get(id)?.join(", ")} covers it`);
  }
  const passed = results === undefined ? undefined : new Set(results.filter(isPass).map(({ id }) => id));
  const sections = new Map<string, { musts: number; covered: number; excused: number }>();
  for (const { section, clauses: own } of requirements) {
    const counts = sections.get(section) ?? { musts: 0, covered: 0, excused: 0 };
    sections.set(section, counts);
    for (const clause of own.filter(({ level }) => level === "MUST")) {
      const ids = covering.get(clause.id) ?? [];
      const shown = passed === undefined || ids.some((id) => passed.has(id));
      counts.musts += 1;
      if (ids.length > 0 && shown) counts.covered += 1;
      else if (ids.length > 0) problems.push(`${clause.id}: no case that covers it passed: ${ids.join(", ")}`);
      else if (Object.hasOwn(excused, clause.id)) counts.excused += 1;
      else problems.push(`${clause.id} has no case, and no excuse: ${clause.text}`);
    }
  }
  const list = [...sections].map(([section, counts]) => ({ section, ...counts })).filter(({ musts }) => musts > 0);
  return {
    sections: list,
    musts: sum(list.map(({ musts }) => musts)),
    covered: sum(list.map(({ covered }) => covered)),
    excused: new Map(Object.entries(excused)),
    problems,
  };
}

function isPass({ verdict }: CaseResult): boolean {
  return verdict === "pass";
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
