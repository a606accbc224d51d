/**
 * `npm run sim`.
 *
 * @module
 */
import { isMainThread } from "node:worker_threads";
import { runOne } from "./batch.ts";
import type { Summary } from "./batch.ts";
import { runJobs } from "./jobs.ts";
import { HELP, OptionsError, readOptions, type Options } from "./options.ts";
import type { Result } from "./schedule.ts";
import { shrink } from "./shrink.ts";

/** Milliseconds between two lines that say how far it is. */
const PROGRESS_MS = 5_000;

/** Lines of a trace that are printed unless all are asked for. */
const TAIL = 150;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  return options.replay === undefined ? await hunt(options) : await replay(options, options.replay);
}

/** One schedule. */
async function replay({ only, trace }: Options, seed: number): Promise<number> {
  const result = await runOne(seed, { traced: true, only });
  const { violation, events, calls, faults } = result;
  if (trace || violation !== undefined) printTrace(result, trace);
  if (violation === undefined) {
    say(`seed ${seed}: no violation (${events} events, ${calls} calls, ${faults} faults)`);
    return 0;
  }
  say(`seed ${seed}: VIOLATION of "${violation.invariant}": ${violation.what}`);
  return 1;
}

async function hunt(options: Options): Promise<number> {
  const { seed, runs } = options;
  say(`seed ${seed}: ${runs} schedules`);
  const startedAt = performance.now();
  let toldAt = startedAt;
  const summary = await runJobs(options, (done) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    const rate = Math.round((done * 1_000) / (now - startedAt));
    process.stderr.write(`${done} of ${runs}, ${rate} a second\n`);
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  printSummary(summary, seconds);
  const { found } = summary;
  if (found === undefined) return 0;
  await printFound(found.result, found.index, options);
  return 1;
}

function printSummary({ runs, events, calls, faults, tally, found }: Summary, seconds: number): void {
  const told = Object.entries(tally).sort(([, a], [, b]) => b - a);
  const verdict = found === undefined ? "no violation" : "1 VIOLATION";
  const rate = Math.round(runs / seconds);
  say(`${runs} schedules in ${seconds.toFixed(1)} s, ${rate} a second: ${verdict}`);
  say(`median: ${events} events, ${calls} calls, ${faults} faults`);
  say(`told: ${told.map(([name, count]) => `${name} ${count}`).join(", ")}`);
}

async function printFound({ seed, violation }: Result, index: number, options: Options): Promise<void> {
  if (violation === undefined) return;
  const steps = options.shrink ? await shrink(seed, violation.invariant) : undefined;
  const only = steps === undefined ? undefined : new Set(steps);
  const again = await runOne(seed, { traced: true, only });
  say("");
  printTrace(again, options.trace);
  const what = again.violation ?? violation;
  say("");
  say(`VIOLATION of "${what.invariant}": ${what.what}`);
  say(`schedule ${index} of seed ${options.seed} has seed ${seed}`);
  say(`replay:  npm run sim -- --trace --replay ${seed}`);
  if (steps !== undefined)
    say(`smaller: npm run sim -- --trace --replay ${seed} --only ${steps.length === 0 ? "none" : steps.join(",")}`);
}

function printTrace({ trace = [] }: Result, whole: boolean): void {
  const left = whole ? 0 : Math.max(0, trace.length - TAIL);
  if (left > 0) say(`(${left} lines before; --trace prints them)`);
  for (const line of trace.slice(left)) say(line);
}

// Whoever reads the beginning of a trace has had enough.
process.stdout.on("error", (error: Error & { readonly code?: unknown }) => {
  if (error.code !== "EPIPE") throw error;
});

if (isMainThread) process.exitCode = await main(process.argv.slice(2));
