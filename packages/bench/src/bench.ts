/**
 * What a bench is, and what it gives back.
 *
 * @module
 */

import type { Actions, Program } from "./driver/program.ts";

/** One measured thing at one setting. The names of the figures are what targets and columns speak of. */
export interface Row {
  /** What was measured: a contender, a size, a direction. */
  readonly name: string;
  /** Calls under way at the same time. */
  readonly concurrency?: number;
  /** Work for each second, divided by that of the floor in the same run: the median of the rounds. */
  readonly ratio?: number;
  readonly ratioMin?: number;
  readonly ratioMax?: number;
  /** CPU for each piece of work, both processes, divided by the floor's: the median of the rounds. */
  readonly cpuRatio?: number;
  readonly cpuRatioMin?: number;
  readonly cpuRatioMax?: number;
  /** CPU microseconds for each piece of work in both processes together. */
  readonly cpuUs?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Work for each second. Says something about one machine at one moment only. */
  readonly perSecond?: number;
  /** How much was done, all rounds together. */
  readonly calls?: number;
  /** What was begun and not answered, or answered wrongly. */
  readonly lost?: number;
  /** Whatever else this bench has to say. */
  readonly [figure: string]: string | number | undefined;
}

/** A column of the table that is printed. */
export interface Column {
  /** The name of a figure. */
  readonly figure: string;
  readonly title: string;
  /** Digits behind the point. Default: 2. */
  readonly digits?: number;
}

/** What a bench is given. */
export interface BenchContext {
  /** Little of everything: what is measured counts for nothing, and only has to work. */
  readonly quick: boolean;
  /** How often everything is measured. */
  readonly rounds: number;
  /** False for what was left out on the command line (`--only`). A bench that measures several things beside a floor asks for each. */
  readonly wants: (name: string) => boolean;
  /** Of what {@link Bench.counts} names, one measurement after the other: what was asked for (`--concurrency`), or else these. */
  readonly concurrencies: (usual: readonly number[]) => readonly number[];
  /** A folder that is removed at the end. */
  readonly folder: string;
  /** Aborts when the run is to end early. What waits on programs rejects by itself. */
  readonly signal: AbortSignal;
  /** Prints a line of progress. */
  readonly say: (line: string) => void;
  /**
   * Starts one of the bench's programs as a process of its own; resolves when it is ready. `settings` is what
   * `serveProgram` hands to it, as JSON.
   */
  readonly start: <A extends Actions>(
    program: string,
    settings: unknown,
    options?: StartOptions,
  ) => Promise<Program<A>>;
}

/** How a program is started. */
export interface StartOptions {
  /** Options of Node in front of it, such as `--expose-gc`. */
  readonly execArgv?: readonly string[];
  /** What messages and the names of CPU profiles call it. Default: the program's name. */
  readonly name?: string;
}

/** A bench. */
export interface Bench {
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  readonly columns: readonly Column[];
  /** What `--only` may name: what {@link BenchContext.wants} is asked for. Without it everything is measured together. */
  readonly parts?: readonly string[];
  /** What `--concurrency` counts: what {@link BenchContext.concurrencies} is asked for. Without it the option is refused. */
  readonly counts?: "calls" | "sessions";
  /** The files of the programs that {@link BenchContext.start} starts, by name. */
  readonly programs: Readonly<Record<string, URL>>;
  /** Measures, and gives back the rows. Rejects where something does not work, and never because something is slow. */
  readonly run: (context: BenchContext) => Promise<readonly Row[]>;
}
