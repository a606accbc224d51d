/**
 * Many schedules, one after the other.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { runSchedule, type Result, type RunOptions } from "./schedule.ts";

/** Frames of a stack that are worth their time where somebody reads them. */
const STACK = 20;

/**
 * Runs one schedule, and lets the event loop turn: what nobody caught shows itself then, and is a violation. Stacks are
 * taken where a trace is.
 */
export async function runOne(seed: number, options: RunOptions = {}): Promise<Result> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = options.traced === true ? STACK : 0;
  const stray: unknown[] = [];
  const caught = (reason: unknown): void => {
    stray.push(reason);
  };
  process.on("unhandledRejection", caught);
  try {
    const result = await runSchedule(seed, options);
    await setImmediate();
    const [first] = stray;
    if (stray.length === 0 || result.violation !== undefined) return result;
    const what = first instanceof Error ? (first.stack ?? first.message) : String(first);
    return { ...result, violation: { invariant: "no crash", what: `nobody caught: ${what}` } };
  } finally {
    process.off("unhandledRejection", caught);
    Error.stackTraceLimit = limit;
  }
}

/** What came of many schedules. */
export interface Summary {
  readonly runs: number;
  /** Medians. */
  readonly events: number;
  readonly calls: number;
  readonly faults: number;
  readonly tally: Readonly<Record<string, number>>;
  /** The first one that went wrong, and its place among all. */
  readonly found: { readonly index: number; readonly result: Result } | undefined;
}

/** Adds up what came of schedules. */
export class Adder {
  runs = 0;
  found: Summary["found"];
  readonly #tally: Record<string, number> = {};
  readonly #events = new Histogram();
  readonly #calls = new Histogram();
  readonly #faults = new Histogram();

  add(index: number, result: Result): void {
    this.runs += 1;
    this.#events.add(result.events);
    this.#calls.add(result.calls);
    this.#faults.add(result.faults);
    for (const [name, count] of Object.entries(result.tally)) this.#tally[name] = (this.#tally[name] ?? 0) + count;
    const first = this.found === undefined || index < this.found.index;
    if (result.violation !== undefined && first) this.found = { index, result };
  }

  get summary(): Summary {
    return {
      runs: this.runs,
      events: this.#events.median,
      calls: this.#calls.median,
      faults: this.#faults.median,
      tally: this.#tally,
      found: this.found,
    };
  }
}

/** Counts of small numbers: a million of them take no room. */
class Histogram {
  readonly #counts: number[] = [];
  #total = 0;

  add(value: number): void {
    this.#counts[value] = (this.#counts[value] ?? 0) + 1;
    this.#total += 1;
  }

  get median(): number {
    let left = this.#total / 2;
    for (const [value, count] of this.#counts.entries()) {
      left -= count ?? 0;
      if (left < 0) return value;
    }
    return 0;
  }
}
