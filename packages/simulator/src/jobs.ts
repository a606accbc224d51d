/**
 * Spreads schedules over threads.
 *
 * @module
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Adder, runOne, type Summary } from "./batch.ts";
import { scheduleSeed } from "./random.ts";
import type { Result } from "./schedule.ts";

/** What a thread is told to do: schedules `first`, `first + step`, and so on. */
interface Share {
  readonly simulator: true;
  readonly seed: number;
  readonly runs: number;
  readonly first: number;
  readonly step: number;
}

/** Results travel in parcels. */
const PARCEL = 50;

type Parcel = readonly (readonly [index: number, result: Result])[];

/** Runs schedules on so many threads until all are done, or one goes wrong. `progress` hears how many are done. */
export async function runJobs(
  { seed, runs, jobs }: { readonly seed: number; readonly runs: number; readonly jobs: number },
  progress: (done: number) => void,
): Promise<Summary> {
  const adder = new Adder();
  const take = (parcel: Parcel): void => {
    for (const [index, result] of parcel) adder.add(index, result);
    progress(adder.runs);
  };
  if (jobs === 1) {
    await runShare({ simulator: true, seed, runs, first: 0, step: 1 }, take);
    return adder.summary;
  }
  const count = Math.min(jobs, runs);
  const workers = Array.from({ length: count }, (_, first) => {
    const share: Share = { simulator: true, seed, runs, first, step: count };
    // The same file, whether it was bundled or not.
    return new Worker(new URL(import.meta.url), { workerData: share });
  });
  const found = Promise.withResolvers<void>();
  const takeAll = (parcel: Parcel): void => {
    take(parcel);
    if (adder.found !== undefined) found.resolve();
  };
  try {
    await Promise.race([found.promise, Promise.all(workers.map((worker) => finished(worker, takeAll)))]);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return adder.summary;
}

/** Resolves when the worker has done its share. */
function finished(worker: Worker, take: (parcel: Parcel) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on("message", take);
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}

async function runShare({ seed, runs, first, step }: Share, take: (parcel: Parcel) => void): Promise<void> {
  let parcel: [number, Result][] = [];
  for (let index = first; index < runs; index += step) {
    const result = await runOne(scheduleSeed(seed, index));
    parcel.push([index, result]);
    if (parcel.length === PARCEL || result.violation !== undefined) {
      take(parcel);
      parcel = [];
    }
    if (result.violation !== undefined) return;
  }
  take(parcel);
}

if (!isMainThread && isShare(workerData)) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread's port, not a window
  await runShare(workerData, (parcel) => parentPort?.postMessage(parcel));
}

function isShare(data: unknown): data is Share {
  return typeof data === "object" && data !== null && "simulator" in data;
}
