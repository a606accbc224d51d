/**
 * A closed loop of calls: so many are under way all the time. Runs in the client's process.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { cpuUs } from "./process/program.ts";
import type { Program } from "./driver/program.ts";
import type { Sample } from "./rounds.ts";
import { percentile } from "./statistics.ts";

/** How much to do. */
export interface LoadPlan {
  readonly concurrency: number;
  /** No call is begun after so many milliseconds, once there were `calls` of them. */
  readonly ms: number;
  readonly calls: number;
}

/** What the client's process measured. */
export interface Loaded extends Omit<Sample, "serverUs"> {
  /** The first thing that went wrong, where something was lost. */
  readonly failure?: string;
}

/** What a client's program offers to {@link measureLoad}. */
export type LoadActions = { readonly load: (plan: LoadPlan) => Promise<Loaded> };

/** Latencies that are kept; beyond it the latest take the place of the first. */
const KEPT = 1 << 20;

/** One call, with a number that no other call of this process has. Resolves with whether the answer was the right one. */
export type Call = (number: number) => Promise<boolean>;

/** Makes the action of a client's program from its way to make a call. */
export function loadAction(call: Call): LoadActions {
  let numbers = 0;
  const latencies = new Float64Array(KEPT);
  return {
    load: async ({ concurrency, ms, calls }) => {
      let begun = 0;
      let ended = 0;
      let wrong = 0;
      let failure: string | undefined;
      const cpuBefore = cpuUs();
      const startedAt = performance.now();
      const until = startedAt + ms;
      const worker = async (): Promise<void> => {
        for (;;) {
          const at = performance.now();
          if (begun >= calls && at >= until) return;
          begun += 1;
          numbers += 1;
          try {
            if (!(await call(numbers))) {
              wrong += 1;
              failure ??= "a call had another one's answer";
            }
          } catch (error) {
            wrong += 1;
            failure ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
          }
          latencies[ended % KEPT] = performance.now() - at;
          ended += 1;
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
      const seconds = (performance.now() - startedAt) / 1_000;
      const clientUs = cpuUs() - cpuBefore;
      const sorted = latencies.slice(0, Math.min(ended, KEPT)).sort();
      return {
        calls: ended,
        lost: begun - ended + wrong,
        seconds,
        clientUs,
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
        ...(failure === undefined ? {} : { failure }),
      };
    },
  };
}

/** Has a client make calls, and adds what they cost the server. Rejects with the first failure where a call was lost. */
export async function measureLoad(
  client: Program<LoadActions>,
  server: Pick<Program, "ask">,
  plan: LoadPlan,
): Promise<Sample> {
  const before = await server.ask("cpu");
  const { failure, ...loaded } = await client.ask("load", plan);
  const serverUs = (await server.ask("cpu")) - before;
  if (failure !== undefined)
    throw new Error(`${client.name}: ${loaded.lost} of ${loaded.calls} calls were lost: ${failure}`);
  return { ...loaded, serverUs };
}
