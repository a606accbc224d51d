/**
 * The driver: see README.md.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Bench } from "./bench.ts";
import { BENCHES } from "./benches.ts";
import { checkTargets, readTargets, type Target } from "./check.ts";
import { checkPlace, withFigures } from "./document.ts";
import { runBench } from "./driver/run.ts";
import { checkWritable, forOption, writeWhole } from "./files.ts";
import { describeMachine } from "./machine.ts";
import { help, readOptions, type Options } from "./options.ts";
import { machineLine, type Report, rounded, table } from "./report.ts";
import { TARGETS } from "./targets.ts";

/** Signals that end a run early. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(error: unknown): void {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
}

/** Looks at the files that the options name, before the minutes of measuring. Throws an error that says what is wrong. */
function checkFiles({ name }: Bench, { targets, json, doc }: Options): readonly Target[] {
  if (json !== undefined) forOption("--json", json, checkWritable);
  if (doc !== undefined) {
    forOption("--doc", doc, (file) => {
      checkPlace(readFileSync(file, "utf8"), name);
      checkWritable(file);
    });
  }
  if (targets === undefined) return TARGETS;
  return forOption("--targets", targets, (file) => readTargets(file, name));
}

async function measure(
  bench: Bench,
  options: Options,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<number> {
  const { quick, rounds, json, doc, only, concurrency } = options;
  const machine = describeMachine();
  say(machineLine(machine));
  const measured = await runBench(bench, options, (line) => say(`...  ${line}`), signal);
  const report: Report = { bench: bench.name, quick, rounds, machine, rows: measured.map(rounded) };
  say("");
  for (const line of table(bench, report.rows)) say(line);
  if (json !== undefined) writeWhole(json, `${JSON.stringify(report, null, 2)}\n`);
  if (doc !== undefined) writeWhole(doc, withFigures(readFileSync(doc, "utf8"), bench, report));
  const lost = report.rows.filter((row) => (row.lost ?? 0) > 0);
  for (const row of lost) complain(`${row.name}: ${row.lost} of ${row.calls} calls were lost`);
  if (lost.length > 0) return 1;
  if (!options.check) return 0;
  const partial = only.length > 0 || concurrency.length > 0;
  const { met, missed, left } = checkTargets(bench.name, report.rows, targets, partial);
  say("");
  for (const line of met) say(`yes  ${line}`);
  for (const line of left) say(`-    ${line}`);
  for (const line of missed) say(`NO   ${line}`);
  if (met.length + missed.length === 0) {
    complain("nothing that was measured has a target");
    return 1;
  }
  return missed.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2), BENCHES);
  } catch (error) {
    complain(error);
    process.stderr.write(`\n${help(BENCHES)}\n`);
    return 2;
  }
  if (options.help || options.bench === undefined) {
    say(help(BENCHES));
    return 0;
  }
  let targets: readonly Target[];
  try {
    targets = checkFiles(options.bench, options);
  } catch (error) {
    complain(error);
    return 2;
  }
  const abort = new AbortController();
  let signalled = 0;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      signalled ||= constants.signals[signal];
      abort.abort(new Error(`ended by ${signal}`));
    });
  }
  try {
    return await measure(options.bench, options, targets, abort.signal);
  } catch (error) {
    complain(error);
    return signalled === 0 ? 1 : 128 + signalled;
  }
}

process.exitCode = await main();
