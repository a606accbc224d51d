/**
 * The report as JSON. Its shape is in README.md; what changes it for readers changes `format`.
 *
 * @module
 */
import type { RunReport, Verdict } from "../suite/verdict.ts";
import type { Assessment } from "./assessment.ts";
import type { Expected } from "./expectations.ts";

/** Version of the shape. */
export const JSON_FORMAT = 1;

/** The report, as it is written. */
export interface JsonReport {
  readonly format: typeof JSON_FORMAT;
  /** Version of the suite. */
  readonly suite: string;
  readonly protocol: "turnmux/1";
  readonly role: RunReport["role"];
  readonly peer: string;
  readonly seed: number;
  readonly timeScale: number;
  /** Patterns of the cases that were chosen; empty for all. */
  readonly only: readonly string[];
  /** The file of known failures. */
  readonly expect: string | null;
  /** Cases of the role and its carriages that were not chosen. */
  readonly left: number;
  readonly verdict: "conformant" | "not conformant" | "failed";
  readonly exitCode: 0 | 1 | 2;
  readonly counts: Readonly<Record<Verdict, number>> & { readonly expected: number };
  readonly clauses: {
    readonly kept: readonly string[];
    readonly broken: readonly string[];
    readonly unseen: readonly string[];
  };
  readonly stale: readonly { readonly id: string; readonly line: number; readonly sentence: string }[];
  readonly objections: readonly string[];
  readonly runs: readonly {
    readonly carriage: string;
    /** How long the run took, in milliseconds. */
    readonly ms: number;
    readonly results: readonly JsonResult[];
  }[];
}

/** One case in the report. */
export interface JsonResult {
  readonly id: string;
  readonly title: string;
  readonly covers: readonly string[];
  readonly verdict: Verdict;
  /** It failed, and is on the list of known failures. */
  readonly expected: boolean;
  readonly sentence: string | null;
  readonly requirement: string | null;
  readonly trace: readonly string[];
  readonly ms: number;
}

/** What a report is made of. */
export interface JsonSource {
  readonly version: string;
  readonly runs: readonly [RunReport, ...RunReport[]];
  readonly assessment: Assessment;
  readonly expectations: readonly Expected[];
  /** What was chosen. */
  readonly only: readonly string[];
  readonly expect: string | undefined;
  readonly left: number;
}

/** The report as a text that ends with a line feed. */
export function jsonReport(source: JsonSource): string {
  return `${JSON.stringify(jsonReportOf(source), undefined, 2)}\n`;
}

/** The report as a value. */
export function jsonReportOf({ version, runs, assessment, expectations, only, expect, left }: JsonSource): JsonReport {
  const [{ role, peer, seed, timeScale }] = runs;
  const { counts, coverage, stale, objections, exitCode } = assessment;
  const listed = new Set(expectations.map(({ id }) => id));
  return {
    format: JSON_FORMAT,
    suite: version,
    protocol: "turnmux/1",
    role,
    peer,
    seed,
    timeScale,
    only,
    expect: expect ?? null,
    left,
    verdict: exitCode === 0 ? "conformant" : exitCode === 1 ? "not conformant" : "failed",
    exitCode,
    counts: { ...counts, expected: assessment.expected.length },
    clauses: { kept: coverage.kept, broken: coverage.broken, unseen: coverage.unseen },
    stale: stale.map(({ expected: { id, line }, sentence }) => ({ id, line, sentence })),
    objections,
    runs: runs.map(({ carriage, results, ms: took }) => ({
      carriage,
      ms: took,
      results: results.map(({ id, title, covers, verdict, sentence, requirement, trace, ms }) => ({
        id,
        title,
        covers,
        verdict,
        expected: verdict === "fail" && listed.has(id),
        sentence: sentence ?? null,
        requirement: requirement ?? null,
        trace: trace ?? [],
        ms: Math.round(ms),
      })),
    })),
  };
}
