/**
 * The one process in which all ways of making the call are.
 *
 * @module
 */
import { cpuUs, serveProgram } from "../../process/program.ts";
import { makeCalls, openWays, type InprocName } from "./ways.ts";

/** What is asked for. */
export interface InprocPlan {
  readonly way: InprocName;
  readonly concurrency: number;
  readonly calls: number;
}

/** What it took, for each call, in microseconds. */
export interface InprocSample {
  readonly us: number;
  readonly cpuUs: number;
}

/** What the program does. */
export type InprocActions = {
  readonly measure: (plan: InprocPlan) => Promise<InprocSample>;
};

const ways = await openWays();

const actions: InprocActions = {
  measure: async ({ way, concurrency, calls }) => {
    const [cpuBefore, before] = [cpuUs(), performance.now()];
    await makeCalls(ways[way], calls, concurrency);
    return { us: ((performance.now() - before) * 1_000) / calls, cpuUs: (cpuUs() - cpuBefore) / calls };
  },
};

serveProgram(actions);
