/**
 * Many things at a steady pace, whether those before are over or not, and how long each took.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { percentile } from "../../statistics.ts";
import type { Timed } from "./settings.ts";

/** Collects how long things took. */
export class Stopwatch {
  readonly #took: number[] = [];
  #failed = 0;
  #failure: string | undefined;

  /** Something that took so many milliseconds. */
  add(milliseconds: number): void {
    this.#took.push(milliseconds);
  }

  /** Something that came to nothing. */
  failed(error: unknown): void {
    this.#failed += 1;
    this.#failure ??= error instanceof Error ? error.message : String(error);
  }

  /** What was collected. */
  read(): Timed {
    const sorted = this.#took.toSorted((a, b) => a - b);
    return {
      count: sorted.length + this.#failed,
      failed: this.#failed,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      maxMs: sorted.at(-1) ?? 0,
      failure: this.#failure,
    };
  }
}

/** Begins something so many times a second, for so long, and resolves when all of it is over. `act` does not reject. */
export async function paced(perSecond: number, ms: number, act: (index: number) => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const begun: Promise<void>[] = [];
  const count = Math.max(1, Math.floor((perSecond * ms) / 1_000));
  for (let index = 0; index < count; index++) {
    const at = startedAt + (index * 1_000) / perSecond;
    await wait(Math.max(0, at - performance.now()));
    begun.push(act(index));
  }
  await Promise.all(begun);
}
