/**
 * Bulk: one long stream of octets, each way.
 *
 * @module
 */
import type { Bench, BenchContext, Row } from "../../bench.ts";
import type { Program } from "../../driver/program.ts";
import { alternate, type Contender, type Sample } from "../../rounds.ts";
import { spread } from "../../statistics.ts";
import type { BulkActions } from "./actions.ts";
import { PIECE } from "./stream.ts";

const MIB = 2 ** 20;

/** A stream's length, in octets. */
const STREAM = 256 * MIB;
const WARM_UP = 64 * MIB;
const QUICK = 4 * MIB;

/** Which way the octets go. */
const DIRECTIONS = ["to the client", "to the gateway"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** See the module's comment. */
export const bulk: Bench = {
  name: "bulk",
  description: "one stream of 256 MiB of octets, each way, beside raw ws",
  parts: DIRECTIONS,
  columns: [
    { figure: "ratio", title: "ratio" },
    { figure: "ratioMin", title: "min" },
    { figure: "ratioMax", title: "max" },
    { figure: "cpuRatio", title: "CPU ratio" },
    { figure: "mibPerSecond", title: "MiB/s", digits: 0 },
    { figure: "senderGrowthMiB", title: "sender grew by MiB", digits: 1 },
    { figure: "readerGrowthMiB", title: "reader grew by MiB", digits: 1 },
  ],
  programs: {
    server: new URL("server.ts", import.meta.url),
    client: new URL("client.ts", import.meta.url),
  },
  run: async (context) => {
    const [floor, turnmux] = [await startPair(context, "floor"), await startPair(context, "turnmux")];
    const rows: Row[] = [];
    for (const direction of DIRECTIONS.filter(context.wants)) {
      rows.push(...(await measureDirection(context, floor, turnmux, direction)));
    }
    return rows;
  },
};

/** Two processes with one connection. They stay for all rounds, and do nothing while others are measured. */
interface Pair {
  readonly name: string;
  readonly server: Program<BulkActions>;
  readonly client: Program<BulkActions>;
}

async function startPair(context: BenchContext, name: string): Promise<Pair> {
  const execArgv = ["--expose-gc"];
  const server = await context.start<BulkActions>("server", { name }, { name: `${name} server`, execArgv });
  const settings = { name, url: await server.ready };
  const client = await context.start<BulkActions>("client", settings, { name: `${name} client`, execArgv });
  const pair = { name, server, client };
  for (const direction of DIRECTIONS) {
    await readerOf(pair, direction).ask("read", piecesOf(context, WARM_UP));
  }
  context.say(`${name} is warm`);
  return pair;
}

function piecesOf({ quick }: BenchContext, octets: number): number {
  return (quick ? QUICK : octets) / PIECE;
}

function readerOf({ server, client }: Pair, direction: Direction): Program<BulkActions> {
  return direction === "to the client" ? client : server;
}

/** How far the processes grew in each stream, in octets. */
interface Grown {
  readonly sender: number[];
  readonly reader: number[];
}

async function measureDirection(
  context: BenchContext,
  floor: Pair,
  turnmux: Pair,
  direction: Direction,
): Promise<Row[]> {
  const grown: Grown[] = [];
  const contenders = [floor, turnmux].map((pair): Contender => {
    const growth: Grown = { sender: [], reader: [] };
    grown.push(growth);
    return { name: `${pair.name}, ${direction}`, measure: () => measureStream(context, pair, direction, growth) };
  });
  const [first, ...others] = contenders;
  if (first === undefined) throw new Error("there is no floor");
  const rows = await alternate(context, first, others, { concurrency: 1 });
  return rows.map(({ p50Ms: _p50Ms, p99Ms: _p99Ms, perSecond = 0, ...row }, index) => ({
    ...row,
    mibPerSecond: (perSecond * PIECE) / MIB,
    senderGrowthMiB: spread(grown[index]?.sender ?? []).max / MIB,
    readerGrowthMiB: spread(grown[index]?.reader ?? []).max / MIB,
  }));
}

async function measureStream(context: BenchContext, pair: Pair, direction: Direction, growth: Grown): Promise<Sample> {
  const { server, client } = pair;
  const both = [server, client];
  const reader = readerOf(pair, direction);
  const pieces = piecesOf(context, STREAM);
  await Promise.all(both.map((program) => program.ask("watch")));
  const [serverBefore, clientBefore] = [await server.ask("cpu"), await client.ask("cpu")];
  const { octets, seconds } = await reader.ask("read", pieces);
  const [serverUs, clientUs] = [(await server.ask("cpu")) - serverBefore, (await client.ask("cpu")) - clientBefore];
  for (const program of both) {
    const grew = (await program.ask("watched")).octets;
    (program === reader ? growth.reader : growth.sender).push(grew);
  }
  if (octets !== pieces * PIECE) throw new Error(`${pair.name}: ${octets} octets came in place of ${pieces * PIECE}`);
  return { calls: pieces, lost: 0, seconds, clientUs, serverUs, p50Ms: 0, p99Ms: 0 };
}
