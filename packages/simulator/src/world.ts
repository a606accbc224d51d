/**
 * The world of one schedule: a clock that nobody waits for, what will happen, and the first thing that went wrong.
 *
 * @module
 */
import { nextTick } from "node:process";
import { Agenda, type Due } from "./agenda.ts";
import type { Process } from "./process.ts";
import type { Random } from "./random.ts";

/** What was found to be wrong. */
export interface Violation {
  /** Which invariant does not hold. */
  readonly invariant: string;
  readonly what: string;
}

/** How often what was deferred may defer something before time passes. */
const MOST_ROUNDS = 10_000;

/** Events of one schedule. */
const MOST_EVENTS = 300_000;

/** See the module's comment. */
export class World {
  /** Milliseconds since the schedule began. */
  now = 0;
  /** Events that have happened. */
  events = 0;
  /** The first thing that went wrong. */
  violation: Violation | undefined;
  /** What was noted, where somebody wants to read it. */
  readonly trace: string[] | undefined;
  readonly random: Random;
  readonly #agenda = new Agenda();
  #deferred: { readonly process: Process; readonly run: () => void }[] = [];
  #order = 0;

  constructor(random: Random, traced: boolean) {
    this.random = random;
    this.trace = traced ? [] : undefined;
  }

  /** Plans something. With a process it happens only while that lives, and waits while that is blocked. */
  at(at: number, rank: number, run: () => void, process?: Process): Due {
    const due: Due = { at: Math.max(at, this.now), rank, order: this.#order++, process, run };
    this.#agenda.push(due);
    return due;
  }

  /** What a process does before time passes. */
  defer(process: Process, run: () => void): void {
    this.#deferred.push({ process, run });
  }

  /** Notes a line, where a trace is wanted. Callers look at {@link trace} before they build a costly one. */
  note(who: string, what: string): void {
    this.trace?.push(`${this.now.toFixed(3).padStart(11)}  ${who.padEnd(10)} ${what}`);
  }

  /** Notes that an invariant does not hold. The first one counts, and the schedule ends. */
  violate(invariant: string, what: string): void {
    this.note("VIOLATION", `${invariant}: ${what}`);
    this.violation ??= { invariant, what };
  }

  /** Lets things happen until `done` holds, something is wrong, nothing is left, or the clock reaches `until`. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    while (this.violation === undefined && !done()) {
      const due = this.#agenda.first;
      if (due === undefined || due.at > until) {
        this.now = Math.max(this.now, until);
        return;
      }
      this.#agenda.pop();
      const { process, run } = due;
      if (run === undefined || process?.alive === false) continue;
      if (process !== undefined && process.blockedUntil > due.at) {
        due.at = process.blockedUntil;
        this.#agenda.push(due);
        continue;
      }
      this.now = due.at;
      this.events += 1;
      if (this.events === MOST_EVENTS) this.violate("progress", `${MOST_EVENTS} events, and no end`);
      due.run = undefined;
      this.#attempt(run, process);
      await this.settle();
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let rounds = 0; ; rounds += 1) {
      await promisesDrained();
      const work = this.#deferred;
      if (work.length === 0) return;
      if (rounds === MOST_ROUNDS) {
        const who = work.map(({ process }) => process.name).join(", ");
        this.violate("progress", `${who} is busy for ever, without a message, and no time passes`);
        return;
      }
      this.#deferred = [];
      for (const { process, run } of work) if (process.alive) this.#attempt(run, process);
    }
  }

  #attempt(run: () => void, process: Process | undefined): void {
    try {
      run();
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.violate("no crash", `${process?.name ?? "the schedule"} threw: ${stack}`);
    }
  }
}

/** Resolves when no promise has anything left to do: Node runs a tick when its queue of microtasks is empty. */
function promisesDrained(): Promise<void> {
  return new Promise((resolve) => {
    nextTick(resolve);
  });
}
