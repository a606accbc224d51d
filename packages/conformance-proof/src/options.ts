/**
 * The command line of `npm run conformance`.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** What can be run by itself. */
export const PARTS = ["reference", "python", "coverage", "mutants", "degenerate"] as const;

/** One of them. */
export type Part = (typeof PARTS)[number];

/** What was asked for. */
export interface Options {
  readonly help: boolean;
  readonly parts: ReadonlySet<Part>;
  /** Names of rows; undefined for all. */
  readonly peers: readonly string[] | undefined;
  readonly write: boolean;
  readonly check: boolean;
  /** How often each peer is run; undefined for once, with the matrix. */
  readonly repeat: number | undefined;
  readonly load: boolean;
  readonly seed: number;
  readonly jobs: number | undefined;
}

/** What `--help` prints. */
export const HELP = `The conformance suite against the reference and the Python peers; what its cases cover of the specification; whether it finds mutants
of the reference, and fails peers that are none. Prints one matrix.

  npm run conformance -- [options]
  npm run conformance -- mutants [options]     mutants alone: see mutants --help

  --only PARTS   some of ${PARTS.join(", ")}
  --peer NAMES   some rows of the matrix: gateway-binary, client-shared, ...
  --write        writes docs/conformance.md; what --only leaves out stays as it is there
  --check        fails where docs/conformance.md says something else of what was run
  --repeat N     runs each peer N times, and reports every case whose verdict differs or is bad
  --load         with --repeat: keeps another core busy meanwhile
  --seed S       what is drawn at random (1)
  --jobs N       cases at once
  --help         this

Exit code 0: all is as it should be. 1: it is not. 2: it could not be run.`;

/** What is wrong with a command line. */
export class OptionError extends Error {
  override readonly name: string = "OptionError";
}

/** Reads the arguments. Throws {@link OptionError}. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parsed(args);
  const parts = new Set(values.only === undefined ? PARTS : values.only.split(",").map(partOf));
  const repeat = countOf("--repeat", values.repeat);
  if ((values.write || values.check) && (values.peer !== undefined || repeat !== undefined)) {
    throw new OptionError("--write and --check are about whole parts: leave --peer and --repeat out");
  }
  if ((values.write || values.check) && parts.has("coverage") && !parts.has("reference")) {
    throw new OptionError("coverage is what passes against the reference: --only reference,coverage");
  }
  if (values.write && values.check) throw new OptionError("pass --write or --check");
  if (values.load && repeat === undefined) throw new OptionError("--load goes with --repeat");
  return {
    help: values.help,
    parts,
    peers: values.peer?.split(","),
    write: values.write,
    check: values.check,
    repeat,
    load: values.load,
    seed: countOf("--seed", values.seed) ?? 1,
    jobs: countOf("--jobs", values.jobs),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h", default: false },
        only: { type: "string" },
        peer: { type: "string" },
        write: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        repeat: { type: "string" },
        load: { type: "boolean", default: false },
        seed: { type: "string" },
        jobs: { type: "string" },
      },
    });
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function partOf(name: string): Part {
  const part = PARTS.find((one) => one === name);
  if (part === undefined) throw new OptionError(`--only ${name}: there are ${PARTS.join(", ")}`);
  return part;
}

function countOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new OptionError(`${name} takes a whole number above zero, not ${text}`);
  return Number(text);
}
