/**
 * Many deadlines behind one timer: a call costs a place in a heap, not a timer of its own.
 *
 * @module
 */
import type { CancelTimer, Environment } from "./environment.ts";

/** A deadline that was set. */
export interface Deadline {
  readonly at: number;
  /** Takes the deadline back. Without effect when it has run. */
  cancel(): void;
}

class Entry<T> implements Deadline {
  readonly at: number;
  readonly #owner: Deadlines;
  #run: ((about: T) => void) | undefined;
  #about: T | undefined;

  constructor(owner: Deadlines, at: number, run: (about: T) => void, about: T) {
    this.at = at;
    this.#owner = owner;
    this.#run = run;
    this.#about = about;
  }

  /** False once it has run, or was taken back. */
  get live(): boolean {
    return this.#run !== undefined;
  }

  /** Runs it, where nobody took it back. */
  fire(): void {
    const run = this.#run;
    // It was given with the function.
    const about = this.#about as T;
    this.drop();
    run?.(about);
  }

  /** From now on it holds on to nothing. */
  drop(): void {
    this.#run = undefined;
    this.#about = undefined;
  }

  cancel(): void {
    if (this.#run === undefined) return;
    this.drop();
    this.#owner.cancelled();
  }
}

/** Any entry: what it is about is its own affair. */
type AnyEntry = Pick<Entry<never>, "at" | "live" | "fire" | "drop">;

/**
 * A binary heap of deadlines. Cancelled ones, which most are, stay until they are due, or until they are the greater part. The
 * timer stays as well when none is left, since the next one is often not far: it keeps no process up then.
 */
export class Deadlines {
  readonly #environment: Environment;
  readonly #heap: AnyEntry[] = [];
  #dead = 0;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: CancelTimer | undefined;
  /** True while the timer keeps the process up. */
  #keepsUp = false;
  #idle = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Runs `run` once the clock has reached `at`. */
  set(at: number, run: () => void): Deadline;
  /** The same with what it is about: one function serves many deadlines. */
  set<T>(at: number, run: (about: T) => void, about: T): Deadline;
  set(at: number, run: (about: unknown) => void, about?: unknown): Deadline {
    const entry = new Entry(this, at, run, about);
    this.#push(entry);
    if (at < this.#armedFor) this.#arm(at);
    else if (!this.#keepsUp && !this.#idle) this.#keepUp(true);
    return entry;
  }

  /** From now on no process is kept up for what is still due: the handlers that are left are nobody's. */
  idle(): void {
    this.#idle = true;
    if (this.#heap.length === 0) this.#disarmTimer();
    else if (this.#disarm !== undefined) this.#arm(this.#armedFor);
  }

  /** Takes all deadlines back and lets go of the timer. */
  clear(): void {
    for (const entry of this.#heap) entry.drop();
    this.#heap.length = 0;
    this.#dead = 0;
    this.#disarmTimer();
  }

  /** For the deadlines: one was taken back. */
  cancelled(): void {
    this.#dead += 1;
    if (this.#dead === this.#heap.length) {
      this.#heap.length = 0;
      this.#dead = 0;
      this.#rest();
    } else if (this.#dead > 64 && this.#dead * 2 > this.#heap.length) {
      this.#sweep();
    }
  }

  /** Nothing is due any more. */
  #rest(): void {
    if (this.#idle || this.#disarm?.keepUp === undefined) this.#disarmTimer();
    else this.#keepUp(false);
  }

  /** Drops those that were taken back, in place. */
  #sweep(): void {
    const heap = this.#heap;
    let live = 0;
    for (const entry of heap) if (entry.live) heap[live++] = entry;
    heap.length = live;
    this.#dead = 0;
    for (let index = (live >> 1) - 1; index >= 0; index--) {
      const entry = heap[index];
      if (entry !== undefined) this.#sink(index, entry);
    }
  }

  #keepUp(keeps: boolean): void {
    this.#keepsUp = keeps;
    this.#disarm?.keepUp?.(keeps);
  }

  #arm(at: number): void {
    this.#disarm?.();
    this.#armedFor = at;
    this.#keepsUp = !this.#idle;
    this.#disarm = this.#environment.setTimer(at, () => this.#fire(), this.#idle);
  }

  #disarmTimer(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.#disarm = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#environment.now();
    try {
      for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
        this.#pop();
        if (first.live) first.fire();
        else this.#dead -= 1;
      }
    } finally {
      // One that throws must not keep the others from running, and no timer is there for those that were cancelled.
      for (let first = this.#heap[0]; first !== undefined && !first.live; first = this.#heap[0]) {
        this.#pop();
        this.#dead -= 1;
      }
      const next = this.#heap[0];
      if (next !== undefined && next.at < this.#armedFor) this.#arm(next.at);
    }
  }

  #push(entry: AnyEntry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(0, last);
  }

  /** Puts an entry where it belongs at or below a place whose own entry has gone. */
  #sink(from: number, entry: AnyEntry): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      let childIndex = index * 2 + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.at < child.at) {
        child = right;
        childIndex += 1;
      }
      if (entry.at <= child.at) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = entry;
  }
}
