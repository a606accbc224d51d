/**
 * Many deadlines behind one timer: a call costs a place in a heap, not a timer of its own.
 *
 * @module
 */
import type { Environment } from "./environment.ts";

/** A deadline that was set. */
export interface Deadline {
  readonly at: number;
  /** Takes the deadline back. Without effect when it has run. */
  cancel(): void;
}

class Entry implements Deadline {
  readonly at: number;
  run: (() => void) | undefined;
  readonly #cancelled: () => void;

  constructor(at: number, run: () => void, cancelled: () => void) {
    this.at = at;
    this.run = run;
    this.#cancelled = cancelled;
  }

  cancel(): void {
    if (this.run === undefined) return;
    this.run = undefined;
    this.#cancelled();
  }
}

/** A binary heap of deadlines. Cancelled ones stay until they are due, or until they are the greater part. */
export class Deadlines {
  readonly #environment: Environment;
  #heap: Entry[] = [];
  #dead = 0;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;
  #idle = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Runs `run` once the clock has reached `at`. */
  set(at: number, run: () => void): Deadline {
    const entry = new Entry(at, run, () => this.#entryCancelled());
    this.#push(entry);
    if (at < this.#armedFor) this.#arm(at);
    return entry;
  }

  /** From now on no process is kept up for what is still due: the handlers that are left are nobody's. */
  idle(): void {
    this.#idle = true;
    if (this.#disarm !== undefined) this.#arm(this.#armedFor);
  }

  /** Takes all deadlines back and lets go of the timer. */
  clear(): void {
    for (const entry of this.#heap) entry.run = undefined;
    this.#heap = [];
    this.#dead = 0;
    this.#disarmTimer();
  }

  #entryCancelled(): void {
    this.#dead += 1;
    if (this.#dead === this.#heap.length) {
      this.clear();
    } else if (this.#dead > 64 && this.#dead * 2 > this.#heap.length) {
      const live = this.#heap.filter((entry) => entry.run !== undefined);
      this.#heap = [];
      this.#dead = 0;
      for (const entry of live) this.#push(entry);
    }
  }

  #arm(at: number): void {
    this.#disarm?.();
    this.#armedFor = at;
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
        const run = first.run;
        first.run = undefined;
        if (run === undefined) this.#dead -= 1;
        else run();
      }
    } finally {
      // One that throws must not keep the others from running, and no timer is there for those that were cancelled.
      for (let first = this.#heap[0]; first !== undefined && first.run === undefined; first = this.#heap[0]) {
        this.#pop();
        this.#dead -= 1;
      }
      const next = this.#heap[0];
      if (next !== undefined && next.at < this.#armedFor) this.#arm(next.at);
    }
  }

  #push(entry: Entry): void {
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
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = index * 2 + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.at < child.at) {
        child = right;
        childIndex += 1;
      }
      if (last.at <= child.at) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}
