/**
 * Small calls: turnmux with all of its features beside the floor without any, and beside its peers.
 *
 * @module
 */

import type { Bench, BenchContext, Row } from "../../bench.ts";
import { type LoadActions, type LoadPlan, measureLoad } from "../../load.ts";
import { COMMON_COLUMNS } from "../../report.ts";
import { alternate, type Contender, type Sample } from "../../rounds.ts";
import { CONTENDERS } from "./contender.ts";

const FLOOR = "floor";
const OURS = "turnmux";

/** Not peers: nobody offers them to anybody. */
const REFERENCES: ReadonlySet<string> = new Set([FLOOR, "floor, batched", OURS]);

const CONCURRENCIES = [1, 64, 1_024];

/** How long one measurement takes at least, in milliseconds. */
const SLICE_MS = 1_000;

/** Calls that each pair of processes makes before it is measured: until its code is compiled, however slow the machine is. */
const WARM_UP: readonly LoadPlan[] = [
  { concurrency: 64, ms: 0, calls: 30_000 },
  { concurrency: 1_024, ms: 0, calls: 20_000 },
  { concurrency: 1, ms: 0, calls: 3_000 },
];

/** See the module's comment. */
export const calls: Bench = {
  name: "calls",
  description: "small calls, about 100 octets each way, beside raw ws and the peers",
  parts: Object.keys(CONTENDERS).filter((name) => name !== FLOOR),
  counts: "calls",
  columns: [...COMMON_COLUMNS, { figure: "ofBestPeer", title: "of best peer" }],
  programs: {
    server: new URL("server.ts", import.meta.url),
    client: new URL("client.ts", import.meta.url),
  },
  run: async (context) => {
    const names = Object.keys(CONTENDERS).filter((name) => name === FLOOR || context.wants(name));
    if (names.length === 1) throw new Error(`nothing to measure; there are ${Object.keys(CONTENDERS).join(", ")}`);
    const pairs = new Map<string, Pair>();
    const started = await Promise.all(names.map((name) => startPair(context, name)));
    for (const [index, name] of names.entries()) {
      const measure = started[index];
      if (measure === undefined) continue;
      if (!context.quick) {
        for (const plan of WARM_UP) await measure(plan);
        context.say(`${name} is warm`);
      }
      pairs.set(name, measure);
    }
    const rows: Row[] = [];
    for (const concurrency of context.concurrencies(CONCURRENCIES)) {
      const plan = context.quick
        ? { concurrency, ms: 0, calls: concurrency }
        : { concurrency, ms: SLICE_MS, calls: Math.max(2_000, 4 * concurrency) };
      const contenders = [...pairs].map(([name, measure]): Contender => ({ name, measure: () => measure(plan) }));
      const [floor, ...others] = contenders;
      if (floor === undefined) throw new Error("there is no floor");
      rows.push(...besidePeers(await alternate(context, floor, others, { concurrency })));
    }
    return rows;
  },
};

type Pair = (plan: LoadPlan) => Promise<Sample>;

/** A server and a client of one contender. They stay for all rounds, and do nothing while others are measured. */
async function startPair(context: BenchContext, name: string): Promise<Pair> {
  const server = await context.start("server", { name }, { name: `${name} server` });
  const url = await server.ready;
  const client = await context.start<LoadActions>("client", { name, url }, { name: `${name} client` });
  return (plan) => measureLoad(client, server, plan);
}

/** Adds to the row of turnmux how many calls it makes for each one of the peer that makes most. */
function besidePeers(rows: readonly Row[]): Row[] {
  const peers = rows.filter(({ name }) => !REFERENCES.has(name)).map(({ ratio = 0 }) => ratio);
  if (peers.length === 0) return [...rows];
  const best = Math.max(...peers);
  return rows.map((row) => (row.name === OURS ? { ...row, ofBestPeer: (row.ratio ?? 0) / best } : row));
}
