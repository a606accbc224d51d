/**
 * The command line.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";

/** What was asked for. */
export interface Options {
  readonly help: boolean;
  readonly bench: Bench | undefined;
  readonly quick: boolean;
  readonly rounds: number;
  /** Where the report goes. */
  readonly json: string | undefined;
  /** Names of what is measured beside the floor; empty: everything. */
  readonly only: readonly string[];
  /** How many calls, or sessions, there are at once; empty: whatever the bench measures by itself. */
  readonly concurrency: readonly number[];
  readonly check: boolean;
  /** A Markdown file whose figures of this bench are replaced. */
  readonly doc: string | undefined;
  /** A file of targets that count in place of those of `targets.ts`. */
  readonly targets: string | undefined;
  /** Where CPU profiles of all processes go. */
  readonly profile: string | undefined;
}

/** How often everything is measured. */
const ROUNDS = 5;

/** What `--help` prints. */
export function help(benches: readonly Bench[]): string {
  const counting = (what: Bench["counts"]): string => listed(benches.filter(({ counts }) => counts === what));
  const width = Math.max(...benches.map(({ name }) => name.length));
  return `How fast turnmux is: ratios to raw WebSockets with JSON that are measured in the same run.

  npm run bench -- <name> [options]

${benches.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join("\n")}

  --quick            little of everything, to see that it works; the figures mean nothing
  --rounds N         how often everything is measured (default ${ROUNDS}, with --quick 1)
  --only NAME        measures this beside the floor, and nothing else; may be given several times
  --concurrency N    so many calls at once, and no other number; may be given several times. For ${counting("sessions")} it is the
                     number of sessions; ${counting(undefined)} have no such number
  --json FILE        writes the report to this file
  --doc FILE         puts the table into this Markdown file, between the comments that keep a place for it:
                     figures of a whole run, so without --quick, --only, --concurrency and --profile
  --check            exits 1 where a figure misses its target, and says which. With --only or --concurrency it judges what was
                     measured, beside what else was measured. With --quick it needs --targets
  --targets FILE     targets to check instead, as JSON
  --profile FOLDER   writes a CPU profile of each process there, and the programs that it speaks of; figures of such a run are
                     those of a profiled program
  --help             this

Exit codes: 0 done, 1 a target was missed or something failed, 2 wrong arguments, 128 and more ended by a signal.`;
}

/** Reads the arguments. Throws an error that says what is wrong with them. */
export function readOptions(args: string[], benches: readonly Bench[]): Options {
  const { values, positionals } = parseArgs({
    // Whoever runs the script by itself may still write what npm wants between its arguments and a script's.
    args: args[0] === "--" ? args.slice(1) : args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      concurrency: { type: "string", multiple: true, default: [] },
      doc: { type: "string" },
      json: { type: "string" },
      check: { type: "boolean", default: false },
      targets: { type: "string" },
      profile: { type: "string" },
    },
  });
  const names = listed(benches);
  const [name, ...others] = positionals;
  const bench = benches.find((one) => one.name === name);
  if (!values.help) {
    if (name === undefined) throw new Error(`which bench? There are ${names}`);
    if (bench === undefined) throw new Error(`there is no bench "${name}"; there are ${names}`);
    if (others.length > 0) throw new Error("one bench at a time: they would slow each other down");
  }
  const options: Options = {
    help: values.help,
    bench,
    quick: values.quick,
    rounds: whole("--rounds", values.rounds ?? (values.quick ? 1 : ROUNDS), 1, 1_000),
    only: values.only,
    concurrency: values.concurrency.map((value) => whole("--concurrency", value, 1, 65_536)),
    json: values.json,
    doc: values.doc,
    check: values.check,
    targets: values.targets,
    profile: values.profile,
  };
  if (bench !== undefined && !values.help) {
    checkOnly(bench, options.only);
    checkConcurrency(bench, options, benches);
    checkTogether(options);
  }
  return options;
}

function listed(benches: readonly Bench[]): string {
  return benches.map(({ name }) => name).join(", ");
}

/** A number that a bench does not ask for would change nothing. */
function checkConcurrency({ name, counts }: Bench, { concurrency }: Options, benches: readonly Bench[]): void {
  if (concurrency.length === 0 || counts !== undefined) return;
  const those = listed(benches.filter((bench) => bench.counts !== undefined));
  throw new Error(`${name} has no --concurrency: it measures by a plan of its own; ${those} have one`);
}

/** A document tells of whole runs, and a check is worth what its figures are. */
function checkTogether({ quick, only, concurrency, profile, doc, check, targets }: Options): void {
  const partial = [
    quick && "--quick",
    only.length > 0 && "--only",
    concurrency.length > 0 && "--concurrency",
    profile !== undefined && "--profile",
  ].filter((name) => name !== false);
  if (doc !== undefined && partial.length > 0) {
    throw new Error(`--doc puts the figures of a whole run into a document: leave out ${partial.join(", ")}`);
  }
  if (targets !== undefined && !check) throw new Error("--targets goes with --check");
  if (check && quick && targets === undefined) {
    throw new Error(
      "--check judges figures, and those of --quick mean nothing: leave one of them out, or give --targets",
    );
  }
}

/** Nobody is to wait for minutes for nothing, or for everything. */
function checkOnly({ name, parts = [] }: Bench, only: readonly string[]): void {
  for (const one of only) {
    if (parts.includes(one)) continue;
    const there =
      parts.length === 0
        ? "it measures everything together"
        : `there are ${parts.map((part) => `"${part}"`).join(", ")}`;
    throw new Error(`${name} has no "${one}" for --only: ${there}`);
  }
}

function whole(name: string, given: string | number, least: number, most: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is a whole number from ${least} to ${most}`);
}
