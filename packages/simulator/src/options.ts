/**
 * The command line.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** What --help says. */
export const HELP = `usage: npm run sim -- [options]

Runs gateways, clients and their journals on a bad network, in one process and on virtual time, and checks what must
always hold. The same seed does the same every time.

  --runs N        how many schedules (default 10000)
  --seed S        of the run, a whole number (default: another one each time; it is printed)
  --jobs J        threads (default: one for each processor)
  --replay SEED   one schedule, by its own seed, as a violation prints it
  --only A,B,...  with --replay: only these steps of it; "none" for none of them
  --trace         print everything that happens; with --runs: of the first schedule that goes wrong
  --no-shrink     print a schedule that goes wrong as it is
  --help

Exit code: 0 without a violation, 1 with one, 2 where the options are wrong.
`;

/** What is to be done. */
export interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
  readonly replay: number | undefined;
  readonly only: ReadonlySet<number> | undefined;
  readonly trace: boolean;
  readonly shrink: boolean;
}

/** The options are wrong; the message says which. */
export class OptionsError extends Error {}

/** Reads the command line. Undefined where help is asked for. Throws {@link OptionsError}. */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parsed(args);
  if (values.help === true) return undefined;
  const { runs, seed, jobs, replay, only } = values;
  if (only !== undefined && replay === undefined) throw new OptionsError("--only goes with --replay");
  return {
    runs: runs === undefined ? 10_000 : whole("--runs", runs, 1),
    seed: seed === undefined ? randomInt(2 ** 32) : whole("--seed", seed, 0),
    jobs: jobs === undefined ? availableParallelism() : whole("--jobs", jobs, 1),
    replay: replay === undefined ? undefined : whole("--replay", replay, 0),
    only: only === undefined ? undefined : new Set(stepsOf(only)),
    trace: values.trace === true,
    shrink: values["no-shrink"] !== true,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const options = {
      runs: text,
      seed: text,
      jobs: text,
      replay: text,
      only: text,
      trace: flag,
      "no-shrink": flag,
      help: { type: "boolean", short: "h" },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error));
  }
}

function stepsOf(text: string): number[] {
  return text === "none" ? [] : text.split(",").map((step) => whole("--only", step, 0));
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new OptionsError(`${name} takes a whole number of at least ${least}`);
}
