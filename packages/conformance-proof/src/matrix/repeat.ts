/**
 * Whether verdicts are the same every time.
 *
 * @module
 */

import { spawn } from "node:child_process";
import type { CaseResult } from "@turnmux/conformance";
import { isBad, type RowResult } from "./rows-run.ts";

/** A program that keeps a core busy until its standard input ends, however that comes about. */
const BUSY = `process.stdin.on("end", () => process.exit(0)).resume();
(function work() { const until = Date.now() + 50; while (Date.now() < until); setImmediate(work); })();`;

/** Keeps a core busy; what it gives back makes it stop. */
export function burn(): () => void {
  const child = spawn(process.execPath, ["-e", BUSY], { stdio: ["pipe", "ignore", "ignore"] });
  return () => child.kill();
}

/** The cases of one row whose verdict was not the same in every run, or was bad: sentences. */
export function unsteady(runs: readonly RowResult[]): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  const { row } = first;
  const verdicts = new Map<string, CaseResult[]>();
  for (const { results } of runs) {
    for (const result of results) verdicts.set(result.id, [...(verdicts.get(result.id) ?? []), result]);
  }
  const sentences = runs.flatMap(({ error }) => (error === undefined ? [] : [`${row.name}: ${error}`]));
  for (const [id, results] of verdicts) {
    const counts = Map.groupBy(results, ({ verdict }) => verdict);
    const bad = results.find(({ verdict }) => isBad(verdict, row));
    if (counts.size === 1 && bad === undefined && results.length === runs.length) continue;
    const told = [...counts].map(([verdict, ones]) => `${verdict} ${ones.length} times`).join(", ");
    const why = bad === undefined ? "" : `: ${bad.sentence ?? ""}`;
    sentences.push(`${row.name}: ${id}: ${told} in ${runs.length} runs${why}`);
  }
  return sentences;
}
