/**
 * Runs the suite against the rows of the matrix.
 *
 * @module
 */

import { run, type CaseResult, type Verdict } from "@turnmux/conformance";
import type { Row } from "./rows.ts";

/** What came of one row. */
export interface RowResult {
  readonly row: Row;
  readonly results: readonly CaseResult[];
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly ms: number;
  /** Why the row could not be run at all. */
  readonly error: string | undefined;
}

/** How rows are run. */
export interface RowOptions {
  readonly seed: number;
  readonly jobs: number | undefined;
  readonly onresult?: ((result: CaseResult, done: number, total: number) => void) | undefined;
}

/** Runs one row. Never rejects. */
export async function runRow(row: Row, { seed, jobs, onresult }: RowOptions): Promise<RowResult> {
  const startedAt = performance.now();
  const results: CaseResult[] = [];
  let error: string | undefined;
  try {
    await run({
      role: row.role,
      way: row.way,
      target: row.target,
      seed,
      ...(jobs === undefined ? {} : { jobs }),
      onresult: (result, total) => {
        results.push(result);
        onresult?.(result, results.length, total);
      },
    });
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
  }
  return { row, results, counts: countsOf(results), ms: Math.round(performance.now() - startedAt), error };
}

/** How many results have each verdict. */
export function countsOf(results: readonly CaseResult[]): Readonly<Record<Verdict, number>> {
  const counts: Record<Verdict, number> = { pass: 0, fail: 0, warn: 0, unsupported: 0, error: 0 };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

/** Whether a verdict is bad. The reference keeps every SHOULD; another implementation need not. */
export function isBad(verdict: Verdict, { part }: Row): boolean {
  return verdict === "fail" || verdict === "error" || (verdict === "warn" && part === "reference");
}

/** What is wrong with a row: results that should not be, and that it could not be run. */
export function wrongIn({ results, error, row }: RowResult): readonly string[] {
  const bad = results.filter(({ verdict }) => isBad(verdict, row));
  return [
    ...(error === undefined ? [] : [`${row.name}: ${error}`]),
    ...bad.map(({ id, verdict, sentence = "", requirement = "" }) =>
      [`${row.name}:`, verdict, id, requirement, sentence].filter((part) => part !== "").join(" "),
    ),
  ];
}
