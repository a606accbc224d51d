/**
 * The command line.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { isPlant, PLANTS, type Plant } from "./plants.ts";

/** What was asked for. */
export interface Options {
  readonly help: boolean;
  readonly kills: number;
  readonly clients: number;
  readonly seed: number;
  /** Milliseconds over which the kills are spread. */
  readonly durationMs: number;
  readonly keep: boolean;
  readonly plants: readonly Plant[];
}

/** Milliseconds between two kills, on average, where no duration is given. */
const PACE_MS = 1_200;

const QUICK = { kills: 6, clients: 2 } as const;
const DEFAULTS = { kills: 200, clients: 3 } as const;

const plantLines = Object.entries(PLANTS).map(([name, what]) => `                   ${name.padEnd(15)}  ${what}`);

/** What `--help` prints. */
export const HELP: string = `A gateway and its clients as processes under load. They are killed (kill -9) at random moments and started again, and
their connections are cut and stalled. At the end what every caller was told is held against what happened.

  npm run crash -- [options]

  --kills N      processes to kill (default ${DEFAULTS.kills})
  --clients N    client processes (default ${DEFAULTS.clients})
  --seed S       repeats the faults that another run drew, though not the moments at which they meet the calls
  --duration S   seconds over which the kills are spread (default ${PACE_MS / 1_000} for each kill)
  --quick        ${QUICK.kills} kills and ${QUICK.clients} clients, unless others are given
  --keep         keeps the working folder: ledger, stores, journals and logs
  --plant F      has a fault, to see that it is found; may be given several times:
${plantLines.join("\n")}
  --help         this

The last line says what came of it, and the exit code is 0 only where all of it is zero:
  kills K, calls N, lost 0, duplicated 0, untrue 0`;

/** Reads the arguments. Throws an error that says what is wrong with them. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h", default: false },
      kills: { type: "string" },
      clients: { type: "string" },
      seed: { type: "string" },
      duration: { type: "string" },
      quick: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      plant: { type: "string", multiple: true, default: [] },
    },
  });
  const defaults = values.quick ? QUICK : DEFAULTS;
  const kills = number("--kills", values.kills, defaults.kills, 0, 100_000);
  const plants = values.plant.filter(isPlant);
  if (plants.length < values.plant.length) {
    throw new Error(`--plant: there is no such fault; there are ${Object.keys(PLANTS).join(", ")}`);
  }
  return {
    help: values.help,
    kills,
    clients: number("--clients", values.clients, defaults.clients, 1, 64),
    seed: number("--seed", values.seed, Math.floor(Math.random() * 2 ** 31), 0, 2 ** 31),
    durationMs: 1_000 * number("--duration", values.duration, Math.max(2, (kills * PACE_MS) / 1_000), 1, 86_400),
    keep: values.keep,
    plants,
  };
}

function number(name: string, given: string | undefined, fallback: number, least: number, most: number): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} is a whole number from ${least} to ${most}`);
}
