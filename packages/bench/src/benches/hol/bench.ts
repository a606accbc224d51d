/**
 * Head of line: what small calls, and the host's own messages, notice of results of 8 MiB on the same WebSocket.
 *
 * @module
 */
import type { Bench, BenchContext, Row } from "../../bench.ts";
import type { Program } from "../../driver/program.ts";
import { besideFloor } from "../../rounds.ts";
import { median, spread } from "../../statistics.ts";
import { NAMES } from "./contender.ts";
import { LARGE_KINDS, type LargeKind } from "./contract.ts";
import type { HolActions, HolPlan, HolSample } from "./settings.ts";

const LARGE = 8 * 2 ** 20;
const QUICK_LARGE = 2 ** 18;
const SLICE_MS = 2_500;
const WARM_UP_MS = 1_000;

/** How many small calls a measurement has at least. */
const CALLS = 100;
const QUICK_CALLS = 3;

/** What loops, and what it is called. */
const LOADS: readonly (readonly [name: string, large: readonly LargeKind[]])[] = [
  ["nothing", []],
  ...LARGE_KINDS.map((kind) => [kind, [kind]] as const),
  ["text and octets", ["text", "octets"]],
];

/** See the module's comment. */
export const hol: Bench = {
  name: "hol",
  description: "small calls and the host's own messages while large results loop on the same socket",
  parts: LOADS.map(([name]) => name),
  columns: [
    { figure: "p50Ms", title: "small p50 ms" },
    { figure: "p99Ms", title: "p99 ms" },
    { figure: "p99MaxMs", title: "worst p99 ms" },
    { figure: "maxMs", title: "max ms" },
    { figure: "hostP50Ms", title: "host p50 ms" },
    { figure: "hostP99Ms", title: "p99 ms" },
    { figure: "largeP50Ms", title: "large p50 ms", digits: 1 },
    { figure: "largeMiBps", title: "MiB/s", digits: 0 },
    { figure: "cpuRatio", title: "CPU ratio" },
  ],
  programs: {
    server: new URL("server.ts", import.meta.url),
    client: new URL("client.ts", import.meta.url),
  },
  run: async (context) => {
    const pairs = new Map<string, Pair>();
    for (const name of NAMES) pairs.set(name, await startPair(context, name));
    const rows: Row[] = [];
    for (const [load, large] of LOADS.filter(([name]) => context.wants(name))) {
      rows.push(...(await measureLoad(context, pairs, load, large)));
    }
    return rows;
  },
};

function planOf({ quick }: BenchContext, large: readonly LargeKind[], ms: number): HolPlan {
  return { large, ms: quick ? 0 : ms, calls: quick ? QUICK_CALLS : CALLS };
}

/** The two processes of one contender. They stay for all rounds, and do nothing while others are measured. */
interface Pair {
  readonly server: Program;
  readonly client: Program<HolActions>;
}

/** What came of a plan, and what both processes took for it. */
interface Measured extends HolSample {
  /** Microseconds of CPU for each large result and the small messages beside it; where none loops, for each small call. */
  readonly cpuUs: number;
}

/** A server and a client of one contender, warm. */
async function startPair(context: BenchContext, name: string): Promise<Pair> {
  const octets = context.quick ? QUICK_LARGE : LARGE;
  const server = await context.start("server", { name, octets }, { name: `${name} server` });
  const url = await server.ready;
  const client = await context.start<HolActions>("client", { name, octets, url }, { name: `${name} client` });
  for (const [load, large] of LOADS)
    if (context.wants(load)) await client.ask("run", planOf(context, large, WARM_UP_MS));
  context.say(`${name} is warm`);
  return { server, client };
}

async function measurePair({ server, client }: Pair, plan: HolPlan): Promise<Measured> {
  const before = (await server.ask("cpu")) + (await client.ask("cpu"));
  const sample = await client.ask("run", plan);
  const spent = (await server.ask("cpu")) + (await client.ask("cpu")) - before;
  const { large, small } = sample;
  return { ...sample, cpuUs: spent / (plan.large.length === 0 ? small : large).count };
}

async function measureLoad(
  context: BenchContext,
  pairs: ReadonlyMap<string, Pair>,
  load: string,
  large: readonly LargeKind[],
): Promise<Row[]> {
  const samples = new Map([...pairs.keys()].map((name): [string, Measured[]] => [name, []]));
  for (let round = 0; round < context.rounds; round++) {
    const said: string[] = [];
    for (const [name, pair] of pairs) {
      const sample = await measurePair(pair, planOf(context, large, SLICE_MS));
      samples.get(name)?.push(sample);
      said.push(`${name} ${sample.small.p99Ms.toFixed(2)}`);
    }
    context.say(`round ${round + 1} of ${context.rounds}, ${load}: p99 of small calls, ms: ${said.join(", ")}`);
  }
  const octets = context.quick ? QUICK_LARGE : LARGE;
  const [floor = []] = samples.values();
  return [...samples].map(([name, taken]) => rowOf(`${name}, ${load}`, taken, floor, octets));
}

/** Small calls for each second. */
function rateOf({ small, seconds }: HolSample): number {
  return small.count / seconds;
}

function rowOf(name: string, samples: readonly Measured[], floor: readonly Measured[], octets: number): Row {
  const middle = (figure: (sample: Measured) => number): number => median(samples.map(figure));
  const p99 = spread(samples.map(({ small }) => small.p99Ms));
  return {
    name,
    concurrency: 1,
    ...besideFloor(
      samples.map((sample, round) => rateOf(sample) / rateOf(floor[round] ?? sample)),
      samples.map((sample, round) => sample.cpuUs / (floor[round] ?? sample).cpuUs),
    ),
    cpuUs: middle(({ cpuUs }) => cpuUs),
    p50Ms: middle(({ small }) => small.p50Ms),
    p99Ms: p99.median,
    p99MinMs: p99.min,
    p99MaxMs: p99.max,
    maxMs: spread(samples.map(({ small }) => small.maxMs)).max,
    hostP50Ms: middle(({ host }) => host.p50Ms),
    hostP99Ms: middle(({ host }) => host.p99Ms),
    largeP50Ms: middle(({ large }) => large.p50Ms),
    largeMiBps: middle(({ large, seconds }) => (large.count * octets) / 2 ** 20 / seconds),
    calls: samples.reduce((sum, { small }) => sum + small.count, 0),
  };
}
