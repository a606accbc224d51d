/**
 * What a run prints at its end.
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import type { Fault, Judgement } from "./judge.ts";
import { timelineOf } from "./timeline.ts";

/** What there is to print. */
export interface Report {
  readonly evidence: Evidence;
  readonly judgement: Judgement;
  /** Processes that were still at work when the time for that was over. */
  readonly unfinished: readonly string[];
  readonly kills: number;
  readonly seed: number;
}

/** Timelines that are printed; of further violations there is a line each. */
const TIMELINES = 10;

/** Lines about violations and problems that are printed at most, of each kind. */
const LINES = 500;

/** Prints violations with their timelines, and the last line. Gives back whether there are none. */
export function printJudgement(report: Report, say: (line: string) => void): boolean {
  const { evidence, judgement, unfinished, kills, seed } = report;
  const { calls, violations, problems, endings } = judgement;
  const told = [...endings].sort(([a], [b]) => a.localeCompare(b)).map(([how, count]) => `${how} ${count}`);
  const reconciled = evidence.diary.filter(({ kind }) => kind === "reconciled").length;
  say(`      effects ${evidence.ledger.length}, reconciled ${reconciled}; calls ended ${told.join(", ")}`);
  const shown = new Set<string>();
  for (const { fault, intent, sentence } of violations.slice(0, LINES)) {
    say(`\n${fault}: ${intent}: ${sentence}`);
    if (shown.has(intent) || shown.size >= TIMELINES) continue;
    shown.add(intent);
    for (const line of timelineOf(evidence, intent)) say(line);
  }
  if (violations.length > LINES) say(`\n... and ${violations.length - LINES} more`);
  for (const problem of problems.slice(0, LINES)) say(`problem: ${problem}`);
  for (const name of unfinished) say(`problem: ${name} had not finished when its time was over`);
  const bad = violations.length + problems.length + unfinished.length > 0;
  if (bad) say(`\nseed ${seed}`);
  const count = (fault: Fault): number => violations.filter((violation) => violation.fault === fault).length;
  say(
    `kills ${kills}, calls ${calls}, lost ${count("lost")}, duplicated ${count("duplicated")}, untrue ${count("untrue")}`,
  );
  return !bad;
}
