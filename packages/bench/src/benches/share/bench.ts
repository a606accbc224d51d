/**
 * A session that is shared: calls of child processes beside the parent's own, and beside a connection for each call.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Bench, BenchContext, Row } from "../../bench.ts";
import type { Program } from "../../driver/program.ts";
import { measureLoad, type LoadActions, type LoadPlan } from "../../load.ts";
import { alternate, type Contender, type Sample } from "../../rounds.ts";
import { spread } from "../../statistics.ts";
import type { ChildSettings, ParentActions, ParentSettings, ServerActions } from "./settings.ts";

const CHILDREN = [1, 8, 50];
const QUICK_CHILDREN = [1, 2];
const IN_FLIGHT = 64;

/** What is measured beside calls over a session that stands. */
const ANEW = "a connection for each call";
const COMMAND = "turnmux call";

/** How often a command is started. */
const COMMANDS = 20;

/** See the module's comment. */
export const share: Bench = {
  name: "share",
  description: "child processes on a shared session beside direct calls and beside a connection for each call",
  parts: ["children", ANEW, COMMAND],
  counts: "calls",
  columns: [
    { figure: "concurrency", title: "at once", digits: 0 },
    { figure: "ratio", title: "ratio" },
    { figure: "ratioMin", title: "min" },
    { figure: "ratioMax", title: "max" },
    { figure: "cpuUs", title: "CPU us", digits: 1 },
    { figure: "p50Ms", title: "p50 ms" },
    { figure: "p99Ms", title: "p99 ms" },
    { figure: "sockets", title: "WebSockets", digits: 0 },
  ],
  programs: {
    server: new URL("server.ts", import.meta.url),
    parent: new URL("parent-program.ts", import.meta.url),
    child: new URL("child-program.ts", import.meta.url),
  },
  run: async (context) => {
    const server = await context.start<ServerActions>("server", null);
    const settings: ParentSettings = { url: String(await server.ready) };
    const parent = await context.start<ParentActions>("parent", settings);
    const rows: Row[] = [];
    if (context.wants("children")) rows.push(...(await measureChildren(context, server, parent)));
    if (context.wants(ANEW)) rows.push(...(await measureAnew(context, server, parent)));
    if (context.wants(COMMAND)) rows.push(...(await measureCommand(context, parent)));
    return rows;
  },
};

function planOf({ quick }: BenchContext, concurrency: number): LoadPlan {
  return quick ? { concurrency, ms: 0, calls: concurrency } : { concurrency, ms: 1_000, calls: 1_000 };
}

function direct(parent: Program<ParentActions>, server: Program<ServerActions>, plan: LoadPlan): Contender {
  return {
    name: "direct",
    measure: async () => {
      await parent.ask("connectAnew", false);
      return measureLoad(parent, server, plan);
    },
  };
}

async function measureChildren(
  context: BenchContext,
  server: Program<ServerActions>,
  parent: Program<ParentActions>,
): Promise<readonly Row[]> {
  const settings: ChildSettings = { session: await parent.ask("share") };
  const counts = context.quick ? QUICK_CHILDREN : CHILDREN;
  const children: Program<LoadActions>[] = [];
  while (children.length < Math.max(...counts)) {
    const name = `child ${children.length + 1}`;
    children.push(await context.start<LoadActions>("child", settings, { name }));
  }
  const cpu = [() => parent.ask("cpu"), () => server.ask("cpu")];
  const rows: Row[] = [];
  for (const concurrency of context.concurrencies([IN_FLIGHT])) {
    const contenders = counts.map((count): Contender => {
      const some = children.slice(0, count);
      const name = count === 1 ? "1 child" : `${count} children`;
      return { name, measure: () => together(some, cpu, planOf(context, concurrency)) };
    });
    const floor = direct(parent, server, planOf(context, concurrency));
    for (const contender of [floor, ...contenders]) await contender.measure();
    rows.push(...(await alternate(context, floor, contenders, { concurrency })));
  }
  const sockets = await server.ask("sockets");
  if (sockets !== 1) throw new Error(`the gateway has accepted ${sockets} sockets, and a shared session is one`);
  return rows.map((row) => ({ ...row, sockets }));
}

/** Children that call at the same time: so many calls are under way in all. What their parent does costs as well. */
async function together(
  children: readonly Program<LoadActions>[],
  others: readonly (() => Promise<number>)[],
  plan: LoadPlan,
): Promise<Sample> {
  const cpu = async (): Promise<number> => {
    const each = await Promise.all(others.map((ask) => ask()));
    return each.reduce((sum, us) => sum + us, 0);
  };
  const before = await cpu();
  const least = Math.floor(plan.concurrency / children.length);
  const more = plan.concurrency % children.length;
  const loads = await Promise.all(
    children.map((child, index) => {
      const concurrency = Math.max(1, least + (index < more ? 1 : 0));
      return child.ask("load", { ...plan, concurrency, calls: Math.ceil(plan.calls / children.length) });
    }),
  );
  const failure = loads.find((load) => load.failure !== undefined)?.failure;
  if (failure !== undefined) throw new Error(`a child's call was lost: ${failure}`);
  const sum = (figure: (load: (typeof loads)[number]) => number): number =>
    loads.reduce((all, load) => all + figure(load), 0);
  return {
    calls: sum(({ calls }) => calls),
    lost: sum(({ lost }) => lost),
    seconds: Math.max(...loads.map(({ seconds }) => seconds)),
    clientUs: sum(({ clientUs }) => clientUs),
    serverUs: (await cpu()) - before,
    p50Ms: spread(loads.map(({ p50Ms }) => p50Ms)).median,
    p99Ms: Math.max(...loads.map(({ p99Ms }) => p99Ms)),
  };
}

async function measureAnew(
  context: BenchContext,
  server: Program<ServerActions>,
  parent: Program<ParentActions>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const concurrency of context.concurrencies([IN_FLIGHT])) {
    const plan = planOf(context, concurrency);
    const anew: Contender = {
      name: ANEW,
      measure: async () => {
        await parent.ask("connectAnew", true);
        return measureLoad(parent, server, plan);
      },
    };
    const [, row] = await alternate(context, direct(parent, server, plan), [anew], { concurrency });
    if (row !== undefined) rows.push(row);
  }
  await parent.ask("connectAnew", false);
  return rows;
}

/** A process for each call: from its start to its end, beside one that does nothing. */
async function measureCommand(context: BenchContext, parent: Program<ParentActions>): Promise<readonly Row[]> {
  const command = join(dirname(createRequire(import.meta.url).resolve("@turnmux/cli/package.json")), "dist/main.js");
  if (!existsSync(command)) throw new Error("the command is not built: node scripts/dev.mjs build");
  const env = { ...process.env, TURNMUX_SESSION: await parent.ask("share"), NODE_COMPILE_CACHE: "" };
  const count = context.quick ? 2 : COMMANDS;
  const ways: readonly (readonly [name: string, args: readonly string[]])[] = [
    ["node -e 0", ["-e", "0"]],
    [COMMAND, [command, "call", "echo", '{"text":"tea"}']],
  ];
  const times = new Map(ways.map(([name]): [string, number[]] => [name, []]));
  for (let at = 0; at < count + 1; at += 1) {
    for (const [name, args] of ways) {
      const ms = await timed(args, env);
      // The first one compiles what the others take from the cache.
      if (at > 0) times.get(name)?.push(ms);
    }
  }
  context.say(`${COMMAND}: ${count} times`);
  const floor = spread(times.get("node -e 0") ?? []);
  return [...times].map(([name, taken]) => {
    const { median, max } = spread(taken);
    return { name, concurrency: 1, p50Ms: median, p99Ms: max, ratio: floor.median / median, calls: taken.length };
  });
}

async function timed(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(process.execPath, [...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  child.on("error", reject);
  child.on("close", (code) => {
    if (code === 0) resolve(performance.now() - startedAt);
    else reject(new Error(`${args.at(-2)} ended with exit code ${code}`));
  });
  return promise;
}
