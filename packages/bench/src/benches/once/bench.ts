/**
 * What it costs that a call happens at most once, over crashes, too: the same call with the effect `once`, on a journal in a file,
 * beside one that may be repeated.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, BenchContext, Row } from "../../bench.ts";
import type { Program } from "../../driver/program.ts";
import { type LoadActions, type LoadPlan, measureLoad } from "../../load.ts";
import { COMMON_COLUMNS } from "../../report.ts";
import { alternate, type Contender } from "../../rounds.ts";
import { median } from "../../statistics.ts";
import type { Effect } from "./contract.ts";
import type { DiskTimes, ServerActions } from "./server.ts";

const CONCURRENCIES = [1, 4, 16, 64, 256, 1_024];

/** How long one measurement takes, in milliseconds. */
const SLICE_MS = 1_000;

/** Calls before anything is measured: until the code is compiled. */
const WARM_UP_CALLS = 20_000;

/** How often the disk is asked to write a page, around each concurrency. */
const FSYNCS = 200;

/** See the module's comment. */
export const once: Bench = {
  name: "once",
  description: "calls with the effect once, on the SQLite journal, beside calls without",
  counts: "calls",
  columns: [...COMMON_COLUMNS, { figure: "fsyncsPerCall", title: "fsyncs per call", digits: 3 }],
  programs: {
    server: new URL("server.ts", import.meta.url),
    client: new URL("client.ts", import.meta.url),
  },
  run: async (context) => {
    // One gateway each, so that what a journal's thread has left to do is on nobody else's account.
    const idempotent = await startPair(context, "idempotent");
    const journaled = await startPair(context, "once");
    const disk: DiskTimes[] = [];
    const askDisk = async (): Promise<void> => {
      disk.push(await journaled.server.ask("fsync", context.quick ? 5 : FSYNCS));
    };
    const rows: Row[] = [];
    for (const concurrency of context.concurrencies(CONCURRENCIES)) {
      const plan = { concurrency, ms: context.quick ? 0 : SLICE_MS, calls: concurrency };
      await askDisk();
      rows.push(...(await alternate(context, idempotent.at(plan), [journaled.at(plan)], { concurrency })));
    }
    await askDisk();
    const fsyncMs = median(disk.map(({ p50Ms }) => p50Ms));
    return [
      { name: "write and fsync of 4 KiB", p50Ms: fsyncMs, p99Ms: median(disk.map(({ p99Ms }) => p99Ms)) },
      ...rows.map((row) => (row.name === "once" ? inFsyncs(row, fsyncMs) : row)),
    ];
  },
};

/** Adds how many of the disk's fsyncs a call takes the time of. Below one, calls share them. */
function inFsyncs(row: Row, fsyncMs: number): Row {
  return { ...row, fsyncsPerCall: 1_000 / (row.perSecond ?? 0) / fsyncMs };
}

interface Pair {
  readonly server: Program<ServerActions>;
  at(this: void, plan: LoadPlan): Contender;
}

async function startPair(context: BenchContext, effect: Effect): Promise<Pair> {
  const folder = join(context.folder, effect);
  await mkdir(folder);
  const server = await context.start<ServerActions>("server", { folder }, { name: `${effect} server` });
  const settings = { url: await server.ready, effect };
  const client = await context.start<LoadActions>("client", settings, { name: `${effect} client` });
  const at = (plan: LoadPlan): Contender => ({ name: effect, measure: () => measureLoad(client, server, plan) });
  await at({ concurrency: 64, ms: 0, calls: context.quick ? 64 : WARM_UP_CALLS }).measure();
  context.say(`${effect} is warm`);
  return { server, at };
}
