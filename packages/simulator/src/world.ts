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
  /** How often what was deferred has deferred something since the last event. */
  #rounds = 0;
  #settled: () => void = () => {};

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
  run(until: number, done: () => boolean = () => false): Promise<void> {
    return new Promise((resolve) => {
      const next = (): void => {
        if (this.violation === undefined && !done() && this.#happen(until)) this.#settleThen(next);
        else resolve();
      };
      next();
    });
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return new Promise((resolve) => this.#settleThen(resolve));
  }

  /** Lets the next thing happen. False where there is none until then. */
  #happen(until: number): boolean {
    for (;;) {
      const due = this.#agenda.first;
      if (due === undefined || due.at > until) {
        this.now = Math.max(this.now, until);
        return false;
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
      return true;
    }
  }

  /** Calls back, as promises here would cost more than most of what happens. */
  #settleThen(settled: () => void): void {
    this.#rounds = 0;
    this.#settled = settled;
    nextTick(afterPromises, this.#round);
  }

  readonly #round = (): void => {
    const work = this.#deferred;
    if (work.length === 0) {
      this.#settled();
      return;
    }
    if (this.#rounds === MOST_ROUNDS) {
      const who = work.map(({ process }) => process.name).join(", ");
      this.violate("progress", `${who} is busy for ever, without a message, and no time passes`);
      this.#settled();
      return;
    }
    this.#rounds += 1;
    this.#deferred = [];
    for (const { process, run } of work) if (process.alive) this.#attempt(run, process);
    nextTick(afterPromises, this.#round);
  };

  #attempt(run: () => void, process: Process | undefined): void {
    try {
      run();
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.violate("no crash", `${process?.name ?? "the schedule"} threw: ${stack}`);
    }
  }
}

const done = Promise.resolve();

/**
 * As a tick: runs something when no promise has anything left to do. Node runs ticks when its queue of microtasks is empty, all
 * that there are, and then that queue; so what runs here runs in that queue, alone, and the ticks that it asks for come after it.
 */
function afterPromises(run: () => void): void {
  void done.then(run);
}
