/**
 * One run, from the working folder to the last line.
 *
 * @module
 */

import { mkdtemp, rm, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AppendFile } from "../append-file.ts";
import { FILES } from "../files.ts";
import { readEvidence } from "../judge/evidence.ts";
import { judge } from "../judge/judge.ts";
import { printJudgement } from "../judge/report.ts";
import type { Options } from "../options.ts";
import { Random } from "../random.ts";
import { now, type DriverRecord } from "../records.ts";
import { bundlePrograms } from "./bundle.ts";
import { House } from "./house.ts";
import { Proxy } from "./proxy.ts";

/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 5_000;

/** How long processes may take to finish once nothing breaks any more, in milliseconds. */
const SETTLE_MS = 120_000;

/** What counts the faults. */
interface Counts {
  readonly kills: { gateway: number; clients: number };
  cuts: number;
  stalls: number;
}

/**
 * Makes a run and prints what came of it. Gives back whether all is well. Rejects where it could not be made, and with the
 * signal's reason when it is aborted; nothing is left running then.
 */
export async function run(options: Options, say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "turnmux-crash-"));
  try {
    const { kills, clients, seed } = options;
    say(`seed ${seed}, ${kills} kills, ${clients} clients${options.keep ? `, folder ${folder}` : ""}`);
    const { killed, unfinished } = await breakThings(options, folder, say, signal);
    if (options.plants.includes("lost-line")) await loseLine(folder);
    const evidence = readEvidence(folder);
    return printJudgement({ evidence, judgement: judge(evidence), unfinished, kills: killed, seed }, say);
  } finally {
    if (options.keep) say(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function breakThings(
  options: Options,
  folder: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<{ readonly killed: number; readonly unfinished: readonly string[] }> {
  const { clients, seed, plants } = options;
  const counts: Counts = { kills: { gateway: 0, clients: 0 }, cuts: 0, stalls: 0 };
  const log = new AppendFile<DriverRecord>(join(folder, FILES.driver));
  const note = (what: DriverRecord["what"], detail: string): void =>
    log.write({ kind: "driver", at: now(), what, process: "proxy#1", detail });
  const proxy = new Proxy(new Random(seed, "proxy"), {
    cut: (detail) => {
      counts.cuts += 1;
      note("cut", detail);
    },
    stall: (detail) => {
      counts.stalls += 1;
      note("stall", detail);
    },
  });
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const stop = (): void => stopped.reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const programs = await bundlePrograms(folder);
  const port = await proxy.listen();
  const settings = { folder, seed, clients, port, plants };
  const house = new House({ settings, programs, proxy, log, failed: stopped.reject });
  const startedAt = now();
  const progress = setInterval(() => {
    const seconds = Math.round((now() - startedAt) / 1_000);
    const { gateway, clients } = counts.kills;
    say(
      `${String(seconds).padStart(4)} s  kills ${gateway + clients} (gateway ${gateway}, clients ${clients}), cuts ${counts.cuts}, ` +
        `stalls ${counts.stalls}, calls ${house.calls}, under way ${house.pending}`,
    );
  }, PROGRESS_MS);
  const over = new AbortController();
  try {
    for (const name of house.names) house.start(name);
    await Promise.race([house.ready(), stopped.promise]);
    say(`      ${house.living.length} processes are up`);
    proxy.begin();
    await Promise.race([killAll(options, house, counts, over.signal), stopped.promise]);
    proxy.calm();
    log.write({ kind: "driver", at: now(), what: "calm", process: "driver#1" });
    say("      no more faults: what was begun is finished, and what is not known is asked for");
    const late = pause(SETTLE_MS, "late", { signal: over.signal });
    const settled = await Promise.race([house.settle(), stopped.promise, late]);
    const unfinished = settled === "late" ? house.unfinished() : [];
    if (unfinished.length === 0) {
      await Promise.race([house.leave(), stopped.promise, pause(30_000, undefined, { signal: over.signal })]);
    }
    say(
      `      cuts ${counts.cuts}, stalls ${counts.stalls}; sessions resumed ${house.resumed}, begun anew ${house.renewed}`,
    );
    return { killed: counts.kills.gateway + counts.kills.clients, unfinished };
  } finally {
    over.abort();
    clearInterval(progress);
    signal.removeEventListener("abort", stop);
    await house.close();
    await proxy.close();
    log.close();
  }
}

/** Kills processes at random moments, and starts them again after a while. */
async function killAll(options: Options, house: House, counts: Counts, signal: AbortSignal): Promise<void> {
  const { kills, durationMs, seed } = options;
  const random = new Random(seed, "kills");
  const restarts: Promise<void>[] = [];
  const meanMs = durationMs / Math.max(1, kills);
  let done = 0;
  if (kills === 0) await pause(durationMs, undefined, { signal });
  while (done < kills) {
    await pause(random.interval(meanMs), undefined, { signal });
    const clients = house.names.slice(1);
    const client = clients[random.between(0, clients.length - 1)] ?? "c1";
    // The gateway's end is what most of the promises are about.
    const names = random.weighted({ gateway: 50, client: 44, both: 6 });
    const victims = { gateway: ["gateway"], client: [client], both: ["gateway", client] }[names];
    for (const name of victims.slice(0, kills - done)) {
      const gone = house.kill(name);
      if (gone === undefined) continue;
      done += 1;
      if (name === "gateway") counts.kills.gateway += 1;
      else counts.kills.clients += 1;
      const wait = random.chance(0.6) ? 0 : random.between(50, 2_000);
      const restart = gone.then(() => pause(wait, undefined, { signal })).then(() => house.start(name));
      restarts.push(restart.catch(() => {}));
    }
  }
  await Promise.all(restarts);
}

/** The planted fault of that name: the effect of a call that was told ok is no longer in the ledger. */
async function loseLine(folder: string): Promise<void> {
  const { stores, ledger } = readEvidence(folder);
  const named = new Set<unknown>();
  for (const records of stores.values()) {
    for (const record of records) {
      if (record.kind !== "told" || !record.ending.ok) continue;
      const { value } = record.ending;
      if (typeof value === "object" && value !== null && "effect" in value) named.add(value.effect);
    }
  }
  const victim = ledger.find(({ effect }) => named.has(effect));
  const path = join(folder, FILES.ledger);
  const lines = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, lines.filter((line) => victim === undefined || !line.includes(victim.effect)).join("\n"));
}
