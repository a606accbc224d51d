import type { CaseResult, RunReport, Verdict } from "../../src/suite/verdict.ts";

/** What became of a case. */
export function result(id: string, verdict: Verdict, more: Partial<CaseResult> = {}): CaseResult {
  const sentence = verdict === "pass" ? {} : { sentence: `${id} says why` };
  return { id, title: `what ${id} shows`, covers: ["FRAME-003"], verdict, ms: 12.4, ...sentence, ...more };
}

/** A run with these results. */
export function run(results: readonly CaseResult[], more: Partial<RunReport> = {}): RunReport {
  return { role: "gateway", peer: "ws://a/", carriage: "binary", seed: 7, timeScale: 1, results, ms: 1_500, ...more };
}
