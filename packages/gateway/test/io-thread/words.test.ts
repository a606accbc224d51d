import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { RunWords } from "../../src/io-thread/shared.ts";
import type { BeginsStart } from "../support/begins-words.ts";

function wordsOf(count: number): {
  readonly words: RunWords;
  readonly pages: SharedArrayBuffer[];
  readonly taken: number[];
} {
  const words = new RunWords();
  const pages: SharedArrayBuffer[] = [];
  const taken = Array.from({ length: count }, () => words.take((page) => pages.push(page)));
  return { words, pages, taken };
}

it("gives each run a word of its own, over any number of pages", () => {
  const { pages, taken } = wordsOf(10_000);
  expect(new Set(taken).size).toBe(10_000);
  expect(pages.length).toBeGreaterThan(1);
});

it("lets a run begin or be withdrawn, and never both", () => {
  const { words, taken } = wordsOf(2);
  const [first = -1, second = -1] = taken;
  expect([words.begin(first), words.withdraw(first)]).toEqual([true, false]);
  expect([words.withdraw(second), words.begin(second)]).toEqual([true, false]);
  words.giveBack(first);
  expect(words.begin(words.take(() => {}))).toBe(true);
});

it("lets a run that has begun wait once more, until it begins or is withdrawn", () => {
  const { words, taken } = wordsOf(2);
  const [first = -1, second = -1] = taken;
  for (const word of [first, second]) {
    words.begin(word);
    words.wait(word);
  }
  expect([words.begin(first), words.withdraw(first)]).toEqual([true, false]);
  expect([words.withdraw(second), words.begin(second)]).toEqual([true, false]);
  words.wait(second);
  expect(words.begin(second)).toBe(false);
});

it("has one winner for each run where two threads want it at once", async () => {
  const { words, pages, taken } = wordsOf(50_000);
  const start = new Int32Array(new SharedArrayBuffer(4));
  const workerData: BeginsStart = { pages, words: taken, start };
  const execArgv = ["--conditions=turnmux-source"];
  const worker = new Worker(new URL("../support/begins-words.ts", import.meta.url), { workerData, execArgv });
  await once(worker, "message");
  const began = once(worker, "message");
  Atomics.store(start, 0, 1);
  Atomics.notify(start, 0);
  // From the other end, so that they meet.
  const withdrawn = new Set(taken.toReversed().filter((word) => words.withdraw(word)));
  const [begun] = (await began) as [readonly number[]];
  expect(begun.filter((word) => withdrawn.has(word))).toEqual([]);
  expect(begun.length + withdrawn.size).toBe(taken.length);
}, 60_000);
