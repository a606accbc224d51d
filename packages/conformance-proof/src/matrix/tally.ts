/**
 * Counts for continuous integration: `scripts/dev.mjs tally` adds them up.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./page.ts";
import { isBad } from "./rows-run.ts";

const FILE = fileURLToPath(new URL("../../../../.cache/reports/tally-conformance.json", import.meta.url));

/** What passed and what failed. Each case counts against each peer, each mutant, and each peer that is none. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Counts. `problems`: what else is wrong. */
export function tallyOf({ rows, mutants = [], degenerate = [] }: Outcome, problems: number): Tally {
  let passed = 0;
  let failed = 0;
  for (const { row, results, counts, error } of rows) {
    passed += counts.pass;
    failed += results.filter(({ verdict }) => isBad(verdict, row)).length + (error === undefined ? 0 : 1);
  }
  for (const { fate } of mutants) {
    if (fate === "killed") passed += 1;
    else failed += 1;
  }
  for (const result of degenerate) {
    if (result.problems.length === 0) passed += 1;
    else failed += 1;
  }
  return { passed, failed: failed === 0 && problems > 0 ? 1 : failed };
}

/** Writes them where they are looked for. */
export function writeTally(tally: Tally, file: string = FILE): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(tally)}\n`);
}
