/**
 * What will happen, in the order in which it will.
 *
 * @module
 */
import type { Process } from "./process.ts";

/** What goes first of what is due at the same time: what has arrived, then timers, then what the schedule has planned. */
export const Rank = { arrival: 0, timer: 1, plan: 2 } as const;

/** Something that will happen. Without `run` it has happened, or was taken back. */
export interface Due {
  at: number;
  readonly rank: number;
  readonly order: number;
  readonly process: Process | undefined;
  run: (() => void) | undefined;
}

/** A binary heap. */
export class Agenda {
  readonly #heap: Due[] = [];

  /** What comes next. */
  get first(): Due | undefined {
    return this.#heap[0];
  }

  push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = heap[above];
      if (other === undefined || !before(due, other)) break;
      heap[index] = other;
      index = above;
    }
    heap[index] = due;
  }

  /** Takes out what comes next. */
  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = index * 2 + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && before(right, child)) {
        child = right;
        below += 1;
      }
      if (!before(child, last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

function before(a: Due, b: Due): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
