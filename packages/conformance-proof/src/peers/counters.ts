/**
 * Counters that survive the process, where it has a folder for them.
 *
 * @module
 */

import { existsSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const Line = z.object({ counter: z.string(), by: z.number() });

/** What a counter has come to, and how often it was added to. */
export interface Counted {
  readonly value: number;
  readonly runs: number;
}

const NOTHING: Counted = { value: 0, runs: 0 };

/** Named counters. In a folder each addition is a line of a file, written before {@link Counters.add} returns. */
export class Counters {
  readonly #counters = new Map<string, Counted>();
  readonly #file: number | undefined;

  constructor(folder: string | undefined) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "counters.jsonl");
    // A process that is killed leaves whole lines: each is one write.
    const lines = existsSync(path)
      ? readFileSync(path, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [];
    for (const line of lines) {
      const { counter, by } = Line.parse(JSON.parse(line));
      this.#apply(counter, by);
    }
    this.#file = openSync(path, "a");
  }

  /** Adds, and gives the new value. */
  add(counter: string, by: number): number {
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify({ counter, by })}\n`);
    return this.#apply(counter, by);
  }

  /** A counter that nobody added to is 0. */
  read(counter: string): Counted {
    return this.#counters.get(counter) ?? NOTHING;
  }

  #apply(counter: string, by: number): number {
    const { value, runs } = this.read(counter);
    this.#counters.set(counter, { value: value + by, runs: runs + 1 });
    return value + by;
  }
}
