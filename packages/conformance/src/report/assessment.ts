/**
 * What the results of a run come to.
 *
 * @module
 */
import type { CaseResult, RunReport, Verdict } from "../suite/verdict.ts";
import type { Expected } from "./expectations.ts";

/** A case that ended badly in one of the runs. */
export interface Finding {
  readonly run: RunReport;
  readonly result: CaseResult;
}

/** A line in the list of known failures that has to go. */
export interface Stale {
  readonly expected: Expected;
  /** Why, as a sentence. */
  readonly sentence: string;
}

/** What all results come to. */
export interface Assessment {
  readonly counts: Readonly<Record<Verdict, number>>;
  /** Failures that are on no list. */
  readonly failures: readonly Finding[];
  /** Failures that are on the list. */
  readonly expected: readonly Finding[];
  readonly warnings: readonly Finding[];
  /** Cases that the suite itself could not finish. */
  readonly errors: readonly Finding[];
  readonly stale: readonly Stale[];
  readonly coverage: Coverage;
  /** Why the run is not conformant although nothing failed: sentences. */
  readonly objections: readonly string[];
  readonly exitCode: 0 | 1 | 2;
}

/** MUST clauses of the specification that the cases were about. */
export interface Coverage {
  /** That a passed case is about, and no failed one. */
  readonly kept: readonly string[];
  /** That a failed case says was broken. Where that is none of those that it is about, or it does not say which, all these as well. */
  readonly broken: readonly string[];
  /** Whose cases were all unsupported, or could not be finished. */
  readonly unseen: readonly string[];
}

/** What the results are judged by. */
export interface Standard {
  readonly expectations: readonly Expected[];
  /** Ids of all cases that there are, whomever they are for. */
  readonly caseIds: ReadonlySet<string>;
  /** All MUST clauses of the specification. */
  readonly mustClauses: ReadonlySet<string>;
  /** Why not all cases were run: a sentence. */
  readonly stopped?: string | undefined;
}

/** Judges the results of the runs of one peer. */
export function assess(runs: readonly RunReport[], standard: Standard): Assessment {
  const findings = runs.flatMap((run) => run.results.map((result) => ({ run, result })));
  const having = (verdict: Verdict): Finding[] => findings.filter(({ result }) => result.verdict === verdict);
  const listed = new Set(standard.expectations.map(({ id }) => id));
  const failures = having("fail");
  const unexpected = failures.filter(({ result }) => !listed.has(result.id));
  const errors = having("error");
  const stale = staleOf(findings, standard);
  const passed = having("pass").length;
  const objections = objectionsTo(passed, failures.length + errors.length, standard);
  const bad = unexpected.length > 0 || stale.length > 0 || objections.length > 0;
  return {
    counts: {
      pass: passed,
      fail: failures.length,
      warn: having("warn").length,
      unsupported: having("unsupported").length,
      error: errors.length,
    },
    failures: unexpected,
    expected: failures.filter(({ result }) => listed.has(result.id)),
    warnings: having("warn"),
    errors,
    stale,
    coverage: coverageOf(findings, standard.mustClauses),
    objections,
    exitCode: errors.length > 0 ? 2 : bad ? 1 : 0,
  };
}

function objectionsTo(passed: number, bad: number, { stopped }: Standard): string[] {
  if (stopped !== undefined) return [stopped];
  return passed === 0 && bad === 0 ? ["No case passed: nothing was seen of this peer that conforms."] : [];
}

/** A case that could not be finished, or that was unsupported, shows nothing about the list. */
function staleOf(findings: readonly Finding[], { expectations, caseIds }: Standard): Stale[] {
  return expectations.flatMap((expected) => {
    const { id } = expected;
    if (!caseIds.has(id)) return [{ expected, sentence: `There is no case ${id}.` }];
    const seen = findings.filter(({ result }) => result.id === id).map(({ result }) => result.verdict);
    if (seen.includes("fail") || !seen.some((verdict) => verdict === "pass" || verdict === "warn")) return [];
    return [{ expected, sentence: `${id} is listed as failing, and does not fail any more.` }];
  });
}

function coverageOf(findings: readonly Finding[], mustClauses: ReadonlySet<string>): Coverage {
  const kept = new Set<string>();
  const broken = new Set<string>();
  const unseen = new Set<string>();
  for (const { result } of findings) {
    const clauses = result.covers.filter((clause) => mustClauses.has(clause));
    const { verdict, requirement } = result;
    if (verdict === "fail") {
      const named = requirement !== undefined && mustClauses.has(requirement) ? [requirement] : [];
      const own = named.some((clause) => clauses.includes(clause)) ? [] : clauses;
      for (const clause of [...named, ...own]) broken.add(clause);
    }
    const into = verdict === "pass" ? kept : unseen;
    for (const clause of clauses) into.add(clause);
  }
  const sorted = (clauses: Iterable<string>): string[] => [...clauses].sort(byClause);
  return {
    kept: sorted([...kept].filter((clause) => !broken.has(clause))),
    broken: sorted(broken),
    unseen: sorted([...unseen].filter((clause) => !broken.has(clause) && !kept.has(clause))),
  };
}

/** By area, number and clause: `FLOW-001.2` comes before `FLOW-001.10`. */
export function byClause(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
