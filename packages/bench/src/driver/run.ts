/**
 * One run of a bench, from the working folder to its rows.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Bench, BenchContext, Row, StartOptions } from "../bench.ts";
import { bundlePrograms } from "./bundle.ts";
import { type Actions, Program } from "./program.ts";

/** How a bench is run. */
export interface RunOptions {
  readonly quick: boolean;
  readonly rounds: number;
  /** Names of what is measured beside the floor; empty: everything. */
  readonly only?: readonly string[];
  /** How many calls, or sessions, there are at once; empty: whatever the bench measures by itself. */
  readonly concurrency?: readonly number[];
  /** Where CPU profiles go. */
  readonly profile: string | undefined;
}

/** Runs a bench. Rejects where that fails, and with the signal's reason; no process and no file is left then. */
export async function runBench(
  bench: Bench,
  options: RunOptions,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "turnmux-bench-"));
  const programs: Program<Actions>[] = [];
  let over = false;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const stop = (): void => stopped.reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    const files = await bundlePrograms(bench.programs, options.profile ?? folder);
    const start = async <A extends Actions>(
      program: string,
      settings: unknown,
      { execArgv = [], name = program }: StartOptions = {},
    ): Promise<Program<A>> => {
      if (over) throw new Error("the run is over");
      const entry = files.get(program);
      if (entry === undefined) throw new Error(`the bench ${bench.name} has no program ${program}`);
      const started = new Program<A>({
        name,
        entry,
        settings,
        log: join(folder, `${programs.length}.log`),
        execArgv: [...profileOptions(options.profile, `${bench.name}-${name}`), ...execArgv],
        env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
      });
      programs.push(started);
      say(`${name} is process ${started.pid}`);
      await started.ready;
      return started;
    };
    const { quick, rounds, only = [], concurrency = [] } = options;
    const wants = (name: string): boolean => only.length === 0 || only.includes(name);
    const concurrencies = (usual: readonly number[]): readonly number[] =>
      concurrency.length === 0 ? usual : concurrency;
    const context: BenchContext = { quick, rounds, wants, concurrencies, folder, signal, say, start };
    const rows = await Promise.race([bench.run(context), stopped.promise]);
    await Promise.race([Promise.all(programs.map((program) => program.leave())), stopped.promise]);
    return rows;
  } finally {
    over = true;
    signal.removeEventListener("abort", stop);
    await Promise.all(programs.map((program) => program.kill()));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function profileOptions(folder: string | undefined, name: string): string[] {
  if (folder === undefined) return [];
  const file = `${name.replaceAll(/[^\w.-]+/g, "-")}.cpuprofile`;
  return ["--cpu-prof", `--cpu-prof-dir=${resolve(folder)}`, `--cpu-prof-name=${file}`];
}
