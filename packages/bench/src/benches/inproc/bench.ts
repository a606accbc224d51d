/**
 * Calls that stay in the process: what `openSession` costs beyond the function itself.
 *
 * @module
 */
import type { Bench, BenchContext, Row } from "../../bench.ts";
import { spread } from "../../statistics.ts";
import type { InprocActions, InprocPlan, InprocSample } from "./ways-program.ts";
import type { InprocName } from "./ways.ts";

/** How many calls are about a third of a second of each. */
const CALLS: Readonly<Record<InprocName, number>> = {
  function: 2_000_000,
  "function, validated": 500_000,
  openSession: 50_000,
  socket: 5_000,
};

/** The floor. */
const FLOOR = "function";

const WAYS = Object.keys(CALLS) as readonly InprocName[];
const CONCURRENCIES = [1, 64];
const QUICK_CALLS = 128;

/** How often each is measured before it counts: until the code is compiled. */
const WARM_UPS = 3;

/** See the module's comment. */
export const inproc: Bench = {
  name: "inproc",
  description: "openSession beside a plain async function and beside the socket",
  parts: WAYS.filter((way) => way !== FLOOR),
  counts: "calls",
  columns: [
    { figure: "concurrency", title: "at once", digits: 0 },
    { figure: "us", title: "us" },
    { figure: "cpuUs", title: "CPU us" },
    { figure: "beyondUs", title: "beyond the function, CPU us" },
    { figure: "beyondMin", title: "min" },
    { figure: "beyondMax", title: "max" },
  ],
  programs: { program: new URL("ways-program.ts", import.meta.url) },
  run: async (context) => {
    const program = await context.start<InprocActions>("program", null);
    const measure = (plan: InprocPlan): Promise<InprocSample> => program.ask("measure", plan);
    const rows: Row[] = [];
    for (const concurrency of context.concurrencies(CONCURRENCIES))
      rows.push(...(await measureAt(context, concurrency, measure)));
    return rows;
  },
};

async function measureAt(
  context: BenchContext,
  concurrency: number,
  measure: (plan: InprocPlan) => Promise<InprocSample>,
): Promise<Row[]> {
  const { quick, rounds } = context;
  const wanted = WAYS.filter((way) => way === FLOOR || context.wants(way));
  const samples = new Map(wanted.map((way): [InprocName, InprocSample[]] => [way, []]));
  const warmUps = quick ? 0 : WARM_UPS;
  for (let round = 0; round < warmUps + rounds; round++) {
    // One after the other in each round, so that a machine that grows slower slows all alike.
    for (const [way, taken] of samples) {
      const sample = await measure({ way, concurrency, calls: quick ? QUICK_CALLS : CALLS[way] });
      if (round >= warmUps) taken.push(sample);
    }
    const counts = round >= warmUps;
    const at = counts ? `round ${round - warmUps + 1} of ${rounds}` : `warm-up ${round + 1} of ${warmUps}`;
    context.say(`${at}, ${concurrency} at once`);
  }
  const floor = samples.get(FLOOR) ?? [];
  return [...samples].map(([name, taken]): Row => {
    const beyond = spread(taken.map(({ cpuUs }, round) => cpuUs - (floor[round]?.cpuUs ?? 0)));
    const ratio = spread(taken.map(({ us }, round) => (floor[round]?.us ?? 0) / us));
    const cpuRatio = spread(taken.map(({ cpuUs }, round) => cpuUs / (floor[round]?.cpuUs ?? 0)));
    return {
      name,
      concurrency,
      ratio: ratio.median,
      ratioMin: ratio.min,
      ratioMax: ratio.max,
      cpuRatio: cpuRatio.median,
      us: spread(taken.map(({ us }) => us)).median,
      cpuUs: spread(taken.map(({ cpuUs }) => cpuUs)).median,
      beyondUs: beyond.median,
      beyondMin: beyond.min,
      beyondMax: beyond.max,
    };
  });
}
