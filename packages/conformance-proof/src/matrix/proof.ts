/**
 * Runs what was asked for, and says what came of it.
 *
 * @module
 */

import { allCases, allRequirements, EXCUSED } from "@turnmux/conformance";
import { bundlePeers, type Programs } from "../bundle.ts";
import { runDegenerate } from "../degenerate/run.ts";
import { loadCatalogue } from "../mutants/catalogue.ts";
import { lineOf } from "../mutants/command.ts";
import { runMutants } from "../mutants/run.ts";
import type { Options } from "../options.ts";
import { coverageOf } from "./coverage.ts";
import { matrix, page, type Outcome } from "./page.ts";
import { differences, publishedPage, writePage } from "./published.ts";
import { burn, unsteady } from "./repeat.ts";
import { allRows, type Row } from "./rows.ts";
import { runRow, wrongIn, type RowResult } from "./rows-run.ts";
import { tallyOf, writeTally } from "./tally.ts";

type Say = (line: string) => void;

/** Milliseconds between two words while something runs. */
const PULSE_MS = 10_000;

/** Mutants at once: most are found by waiting for what they do not say. */
const MUTANTS = 6;

/** Runs it all; the exit code. */
export async function prove(options: Options, say: Say): Promise<0 | 1> {
  const programs = options.parts.has("reference") ? await bundlePeers() : undefined;
  try {
    return await proveWith(programs, options, say);
  } finally {
    await programs?.remove();
  }
}

async function proveWith(programs: Programs | undefined, options: Options, say: Say): Promise<0 | 1> {
  const { rows, missing } = allRows(programs?.files);
  const chosen = rows.filter(({ name, part }) => options.parts.has(part) && (options.peers?.includes(name) ?? true));
  const problems: string[] = [];
  if (options.parts.has("python")) {
    for (const sentence of missing) {
      say(sentence);
      if (process.env["TURNMUX_REQUIRE_ALL"] === "1") problems.push(sentence);
    }
  }
  if (options.repeat !== undefined) return repeat(chosen, options, options.repeat, say);

  const outcome = await runAll(chosen, options, problems, say);
  say("");
  for (const line of matrix(outcome)) say(line);
  // What was not run stays as it is on the page.
  const text = page(outcome, publishedPage());
  if (options.write) writePage(text);
  if (options.check) problems.push(...differences(text));
  const wrong = [...outcome.rows.flatMap(wrongIn), ...problems];
  if (wrong.length > 0) say(`\nWhat is wrong:`);
  for (const sentence of wrong) say(`  ${sentence}`);
  const tally = tallyOf(outcome, wrong.length);
  writeTally(tally);
  say(`\n${tally.passed} passed, ${tally.failed} failed`);
  return wrong.length === 0 ? 0 : 1;
}

/** Adds what is wrong beside the rows to `problems`. */
async function runAll(rows: readonly Row[], options: Options, problems: string[], say: Say): Promise<Outcome> {
  const { parts } = options;
  const results: RowResult[] = [];
  for (const row of rows) results.push(await runRowAloud(row, options, say));

  const reference = results.filter(({ row }) => row.part === "reference");
  const coverage = parts.has("coverage")
    ? coverageOf({
        requirements: allRequirements(),
        cases: allCases(),
        excused: EXCUSED,
        results: reference.map(({ row: { role }, results: found }) => ({ role, results: found })),
      })
    : undefined;
  problems.push(...(coverage?.problems ?? []));

  const catalogue = await loadCatalogue();
  let mutants: Outcome["mutants"];
  if (parts.has("mutants")) {
    problems.push(...catalogue.problems);
    const pulse = new Pulse(say);
    mutants = await runMutants(catalogue.mutants, {
      jobs: MUTANTS,
      onresult: (result, done, total) => {
        if (result.fate !== "killed") {
          say(lineOf(result));
          problems.push(lineOf(result));
        }
        pulse.beat(`mutants: ${done} of ${total}`);
      },
    });
  }
  let degenerate: Outcome["degenerate"];
  if (parts.has("degenerate")) {
    degenerate = await runDegenerate({
      onresult: ({ peer, role, cases, failed, passed, problems: found }) => {
        say(`${peer.id} as a ${role}: fails ${failed} of ${cases} cases; passes ${passed.join(", ") || "none"}`);
        problems.push(...found);
      },
    });
  }
  return { rows: results, coverage, mutants, areas: catalogue.areas, degenerate };
}

async function runRowAloud(row: Row, { seed, jobs }: Options, say: Say): Promise<RowResult> {
  const pulse = new Pulse(say);
  const result = await runRow(row, {
    seed,
    jobs,
    onresult: ({ id, verdict, sentence = "" }, done, total) => {
      if (verdict === "fail" || verdict === "error" || verdict === "warn")
        say(`${row.name}: ${verdict} ${id}: ${sentence}`);
      pulse.beat(`${row.name}: ${done} of ${total}`);
    },
  });
  const { pass, fail, warn, unsupported, error } = result.counts;
  const told = `${pass} pass, ${fail + error} fail, ${warn} warn, ${unsupported} unsupported`;
  say(`${row.name}: ${told} (${(result.ms / 1000).toFixed(1)} s)`);
  return result;
}

/** Runs each row often; the exit code. */
async function repeat(rows: readonly Row[], options: Options, times: number, say: Say): Promise<0 | 1> {
  const stop = options.load ? burn() : undefined;
  const sentences: string[] = [];
  try {
    for (const row of rows) {
      const runs: RowResult[] = [];
      for (let turn = 1; turn <= times; turn++) {
        const result = await runRow(row, { seed: options.seed + turn - 1, jobs: options.jobs });
        const bad = wrongIn(result);
        say(`${row.name}: run ${turn} of ${times}, ${(result.ms / 1000).toFixed(1)} s, ${bad.length} bad`);
        for (const sentence of bad) say(`  ${sentence}`);
        runs.push(result);
      }
      sentences.push(...unsteady(runs));
    }
  } finally {
    stop?.();
  }
  say(sentences.length === 0 ? `\nEvery case had the same verdict ${times} times.` : "\nWhat is wrong:");
  for (const sentence of sentences) say(`  ${sentence}`);
  return sentences.length === 0 ? 0 : 1;
}

/** Says how far something is, now and then. */
class Pulse {
  readonly #say: Say;
  #last = performance.now();

  constructor(say: Say) {
    this.#say = say;
  }

  beat(line: string): void {
    const now = performance.now();
    if (now - this.#last < PULSE_MS) return;
    this.#last = now;
    this.#say(`...  ${line}`);
  }
}
