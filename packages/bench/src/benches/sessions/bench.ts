/**
 * Many sessions on one gateway: what each costs while it is idle, and whether a call costs more for it.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { Bench, BenchContext, Row } from "../../bench.ts";
import type { CommonActions, Program } from "../../driver/program.ts";
import { type LoadPlan, measureLoad } from "../../load.ts";
import { COMMON_COLUMNS } from "../../report.ts";
import { alternate, type Contender, type Sample } from "../../rounds.ts";
import type { SessionsActions } from "./actions.ts";
import { openFilesLimit } from "./files.ts";

const COUNTS = [1, 10, 100, 1_000, 10_000];
const QUICK_COUNTS = [1, 10];

/** Calls under way at the same time are as many as the sessions, so that each has at most one, and no more than this. */
const MOST_CALLS = 64;

/** From so many sessions on their memory can be told from everything else. */
const MEMORY_FROM = 1_000;

/** Files that a process has open beside its connections. */
const OTHER_FILES = 64;

const SLICE_MS = 1_000;
const WARM_UP_MS = 2_000;

/** By then all that was sent is acknowledged, and nothing waits. */
const IDLE_MS = 3_000;

/** See the module's comment. */
export const sessions: Bench = {
  name: "sessions",
  description: "1 to 10,000 sessions on one gateway: memory of each, and the cost of a call",
  counts: "sessions",
  columns: [
    ...COMMON_COLUMNS.filter(({ figure }) => figure !== "p50Ms" && figure !== "p99Ms"),
    { figure: "ofOne", title: "CPU ratio of that of 1" },
    { figure: "kibEach", title: "KiB each", digits: 1 },
    { figure: "beyondKiB", title: "beyond ws", digits: 1 },
    { figure: "rssKiBEach", title: "resident KiB each", digits: 1 },
  ],
  programs: {
    server: new URL("../calls/server.ts", import.meta.url),
    client: new URL("client.ts", import.meta.url),
  },
  run: async (context) => {
    const pairs = [await startPair(context, "floor"), await startPair(context, "turnmux")];
    const rows: Row[] = [];
    for (const count of countsOf(context)) rows.push(...(await measureCount(context, pairs, count)));
    return besideOne(rows);
  },
};

/** A gateway with its clients, which become more and more. */
interface Pair {
  readonly name: string;
  readonly server: Program;
  readonly client: Program<SessionsActions>;
  /** What the server had without any session. */
  readonly empty: Memory;
}

type Memory = ReturnType<CommonActions["memory"]>;

async function startPair(context: BenchContext, name: string): Promise<Pair> {
  const server = await context.start("server", { name }, { name: `${name} server`, execArgv: ["--expose-gc"] });
  const settings = { name, url: await server.ready };
  const client = await context.start<SessionsActions>("client", settings, { name: `${name} client` });
  // One session, and code that is compiled, are no part of what a further session costs.
  await client.ask("grow", 1);
  await measureLoad(client, server, { concurrency: 1, ms: context.quick ? 0 : WARM_UP_MS, calls: 1 });
  await setTimeout(context.quick ? 0 : IDLE_MS);
  return { name, server, client, empty: await server.ask("memory") };
}

function countsOf(context: BenchContext): readonly number[] {
  const wanted = context.concurrencies(context.quick ? QUICK_COUNTS : COUNTS);
  const limit = openFilesLimit() ?? Number.POSITIVE_INFINITY;
  return wanted.filter((count) => {
    if (count + OTHER_FILES <= limit) return true;
    context.say(`${count} sessions are left out: a process may have ${limit} files open here (ulimit -n)`);
    return false;
  });
}

async function measureCount(context: BenchContext, pairs: readonly Pair[], count: number): Promise<Row[]> {
  const { quick } = context;
  const concurrency = Math.min(count, MOST_CALLS);
  const plan = (ms: number): LoadPlan => ({ concurrency, ms: quick ? 0 : ms, calls: Math.min(count, 1_000) });
  for (const { name, client, server } of pairs) {
    await client.ask("grow", count);
    await measureLoad(client, server, plan(WARM_UP_MS));
    context.say(`${count} sessions: ${name} is warm`);
  }
  const [floor, ...others] = pairs.map(({ name, client, server }): Contender & { name: string } => ({
    name,
    measure: (): Promise<Sample> => measureLoad(client, server, plan(SLICE_MS)),
  }));
  if (floor === undefined) throw new Error("there is no floor");
  const rows = await alternate(context, floor, others, { concurrency });
  if (count >= MEMORY_FROM) await setTimeout(IDLE_MS);
  const memories = await Promise.all(pairs.map((pair) => memoryEach(pair, count)));
  const ofFloor = memories[0]?.kibEach ?? 0;
  return rows.map((row, index) => {
    const memory = memories[index];
    const figures =
      count < MEMORY_FROM || memory === undefined ? {} : { ...memory, beyondKiB: memory.kibEach - ofFloor };
    return { ...row, name: `${row.name}, ${count}`, sessions: count, ...figures };
  });
}

/** What each session beyond the first one has, in KiB: on the heap and outside of it, and what is resident for it. */
async function memoryEach({ server, empty }: Pair, count: number): Promise<{ kibEach: number; rssKiBEach: number }> {
  const now = await server.ask("memory");
  const each = (octets: number): number => octets / 1_024 / Math.max(1, count - 1);
  return {
    kibEach: each(now.heapUsed + now.external - empty.heapUsed - empty.external),
    rssKiBEach: each(now.rss - empty.rss),
  };
}

/** Adds to each row how its CPU ratio compares with that of one session, where that was measured. */
function besideOne(rows: readonly Row[]): Row[] {
  const nameOf = ({ name }: Row): string => name.split(",")[0] ?? name;
  return rows.map((row) => {
    const one = rows.find((other) => nameOf(other) === nameOf(row) && other["sessions"] === 1);
    return one === undefined ? row : { ...row, ofOne: (row.cpuRatio ?? 0) / (one.cpuRatio ?? 0) };
  });
}
