/** A thread that begins runs as fast as it can, in the order in which it got them. */
import { parentPort, workerData } from "node:worker_threads";
import { RunWords } from "../../src/io-thread/shared.ts";

/** What the test has put there. */
export interface BeginsStart {
  readonly pages: readonly SharedArrayBuffer[];
  readonly words: readonly number[];
  /** Becomes 1 when it is to begin. */
  readonly start: Int32Array<SharedArrayBuffer>;
}

const { pages, words: taken, start } = workerData as BeginsStart;
const words = new RunWords();
for (const page of pages) words.add(page);
parentPort?.postMessage("ready", []);
Atomics.wait(start, 0, 0);
parentPort?.postMessage(
  taken.filter((word) => words.begin(word)),
  [],
);
