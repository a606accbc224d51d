/**
 * A busy gateway: what clients notice while its main thread is blocked, outright or in bites, with an I/O thread and without it.
 *
 * @module
 */
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import type { Bench, BenchContext, Row } from "../../bench.ts";
import type { Program } from "../../driver/program.ts";
import { measureLoad, type LoadPlan } from "../../load.ts";
import { alternate } from "../../rounds.ts";
import { median, spread } from "../../statistics.ts";
import type { ClientActions } from "./client.ts";
import type { BlockPlan, BusyPlan, BusySample, ClientSettings, HostActions, HostSettings, Way } from "./settings.ts";

const BLOCK_MS = 10_000;
const QUICK_BLOCK_MS = 600;
const SESSIONS = 50;
const QUICK_SESSIONS = 3;

/** How the main thread is kept busy, and what that is called. */
const BLOCKS: readonly (readonly [name: string, plan: (ms: number) => BlockPlan])[] = [
  ["blocked", (ms) => ({ ms, biteMs: ms, share: 1 })],
  ["in bites", (ms) => ({ ms, biteMs: 200, share: 0.9 })],
];

const WAYS: readonly Way[] = ["I/O thread", "attached", "old way"];

/** What is measured beside the ways: calls a second, while the main thread has nothing else to do. */
const IDLE = "idle";

const PROGRAM = new URL("host-program.ts", import.meta.url).href;

/** See the module's comment. */
export const busy: Bench = {
  name: "busy",
  description: "new clients, calls and worker tools while the gateway's main thread is blocked",
  parts: [...WAYS, IDLE],
  columns: [
    { figure: "handshakeP99Ms", title: "handshake p99 ms", digits: 0 },
    { figure: "handshakesFailed", title: "clients failed", digits: 0 },
    { figure: "acceptP99Ms", title: "ACCEPT p99 ms", digits: 0 },
    { figure: "workerP99Ms", title: "worker p99 ms", digits: 0 },
    { figure: "endMaxMs", title: "end max ms", digits: 0 },
    { figure: "calls", title: "calls", digits: 0 },
    { figure: "failed", title: "failed", digits: 0 },
    { figure: "doubled", title: "doubled", digits: 0 },
    { figure: "failedShare", title: "share failed" },
    { figure: "perSecond", title: "calls/s", digits: 0 },
    { figure: "ratio", title: "ratio" },
  ],
  programs: {
    server: new URL("server.ts", import.meta.url),
    client: new URL("client.ts", import.meta.url),
  },
  run: async (context) => {
    const rows: Row[] = [];
    for (const way of WAYS.filter((one) => context.wants(one))) {
      const pair = await startPair(context, way);
      for (const [name, planOf] of BLOCKS) rows.push(await measureBlocked(context, pair, `${way}, ${name}`, planOf));
      await pair.host.leave();
      await pair.client.leave();
    }
    if (context.wants(IDLE)) rows.push(...(await measureIdle(context)));
    return rows;
  },
};

/** A gateway and its clients. */
interface Pair {
  readonly host: Program<HostActions>;
  readonly client: Program<ClientActions>;
  readonly way: Way;
}

async function startPair(context: BenchContext, way: Way): Promise<Pair> {
  const folder = join(context.folder, way.replaceAll(/\W/g, "-"));
  await mkdir(folder, { recursive: true });
  const settings: HostSettings = { program: PROGRAM, way, folder };
  // Its threads are started from source as well.
  const execArgv = ["--conditions=turnmux-source"];
  const host = await context.start<HostActions>("server", settings, { execArgv, name: `${way} gateway` });
  const clientSettings: ClientSettings = { way, url: String(await host.ready) };
  const client = await context.start<ClientActions>("client", clientSettings, { name: `${way} clients` });
  await client.ask("prepare", context.quick ? QUICK_SESSIONS : SESSIONS);
  return { host, client, way };
}

async function measureBlocked(
  context: BenchContext,
  { host, client }: Pair,
  name: string,
  planOf: (ms: number) => BlockPlan,
): Promise<Row> {
  const ms = context.quick ? QUICK_BLOCK_MS : BLOCK_MS;
  // The last of them are begun while the gateway is still busy.
  const plan: BusyPlan = { ms: ms * 0.9, callsPerSecond: context.quick ? 20 : 100, clientsPerSecond: 10 };
  const samples: BusySample[] = [];
  let doubled = 0;
  for (let round = 0; round < context.rounds; round++) {
    const before = await host.ask("runs");
    const [, sample] = await Promise.all([host.ask("block", planOf(ms)), client.ask("run", plan)]);
    const after = await host.ask("runs");
    samples.push(sample);
    doubled += after.doubled - before.doubled;
    // What was answered has run.
    const unrun = sample.ends.count - sample.ends.failed - (after.distinct - before.distinct);
    if (unrun > 0) throw new Error(`${name}: ${unrun} calls were answered that never ran`);
    const failure = [sample.handshakes, sample.ends, sample.workers].find(({ failed }) => failed > 0)?.failure;
    if (failure !== undefined) context.say(`${name}: something failed, the first with: ${failure}`);
    context.say(`round ${round + 1} of ${context.rounds}, ${name}: ${said(sample)}`);
  }
  return rowOf(name, samples, doubled);
}

function said({ handshakes, accepts, workers, old }: BusySample): string {
  if (old.count > 0) return `${old.failed} of ${old.count} calls failed`;
  const figures = { handshakes, accepts, workers };
  return `p99, ms: ${Object.entries(figures)
    .map(([name, { p99Ms }]) => `${name} ${p99Ms.toFixed(0)}`)
    .join(", ")}`;
}

function rowOf(name: string, samples: readonly BusySample[], doubled: number): Row {
  const sum = (figure: (sample: BusySample) => number): number => samples.reduce((all, one) => all + figure(one), 0);
  const old = sum((sample) => sample.old.count);
  if (old > 0) return { name, calls: old, failedShare: sum((sample) => sample.old.failed) / old };
  const middle = (figure: (sample: BusySample) => number): number => median(samples.map(figure));
  return {
    name,
    handshakes: sum(({ handshakes }) => handshakes.count),
    handshakesFailed: sum(({ handshakes }) => handshakes.failed),
    handshakeP99Ms: middle(({ handshakes }) => handshakes.p99Ms),
    acceptP50Ms: middle(({ accepts }) => accepts.p50Ms),
    acceptP99Ms: middle(({ accepts }) => accepts.p99Ms),
    workerP50Ms: middle(({ workers }) => workers.p50Ms),
    workerP99Ms: middle(({ workers }) => workers.p99Ms),
    endMaxMs: spread(samples.map(({ ends }) => ends.maxMs)).max,
    calls: sum(({ ends, workers }) => ends.count + workers.count),
    failed: sum(({ ends, workers }) => ends.failed + workers.failed),
    doubled,
  };
}

async function measureIdle(context: BenchContext): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const concurrency of context.concurrencies([64])) {
    const plan: LoadPlan = { concurrency, ms: context.quick ? 0 : 2_000, calls: context.quick ? 16 : 1_000 };
    const [floor, thread] = [await startPair(context, "main thread"), await startPair(context, "I/O thread")].map(
      ({ client, host, way }) => ({ name: `${way}, ${IDLE}`, measure: () => measureLoad(client, host, plan) }),
    );
    if (floor === undefined || thread === undefined) continue;
    for (const { measure } of [floor, thread]) await measure();
    for (const row of await alternate(context, floor, [thread], { concurrency })) {
      // The floor is measured twice as often: how many calls it made in all says nothing beside the other row's.
      const { calls: _calls, ...rest } = row;
      rows.push(rest);
    }
  }
  return rows;
}
