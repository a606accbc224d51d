/**
 * A queue out of whose middle things are taken as well, and which holds no more than what is in it.
 *
 * @module
 */
import { EMPTY_MAP } from "../empty.ts";

/** What no queue puts anything into. */
const NOTHING: never[] = [];

/** First in, first out; each thing stands in it at most once. */
export class Queue<T extends object> {
  #order: (T | undefined)[] = NOTHING;
  /** Where each thing stands in `order`, counted from `#passed` on. */
  #places: Map<T, number> = EMPTY_MAP;
  #head = 0;
  /** Places that were cut off in front of `order`. */
  #passed = 0;

  get size(): number {
    return this.#places.size;
  }

  /** The thing whose turn it is. It stays. */
  get first(): T | undefined {
    while (this.#head < this.#order.length) {
      const thing = this.#order[this.#head];
      if (thing !== undefined) return thing;
      this.#head += 1;
    }
    return undefined;
  }

  /** Puts a thing at the end, unless it waits already. */
  add(thing: T): void {
    if (this.#places.has(thing)) return;
    if (this.#places === EMPTY_MAP) {
      this.#places = new Map();
      this.#order = [];
    }
    this.#places.set(thing, this.#passed + this.#order.push(thing) - 1);
  }

  /** Takes the thing whose turn it is. */
  take(): T | undefined {
    if (this.#places.size === 0) return undefined;
    const { first } = this;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes a thing out, wherever it stands. */
  remove(thing: T): void {
    // Most queues are empty most of the time, and whatever is looked up in a map has to be hashed.
    if (this.#places.size === 0) return;
    const place = this.#places.get(thing);
    if (place === undefined) return;
    this.#places.delete(thing);
    this.#order[place - this.#passed] = undefined;
    this.#tidy();
  }

  /** Everything, in order. What is added meanwhile is not visited. */
  [Symbol.iterator](): IterableIterator<T> {
    return [...this.#places.keys()].values();
  }

  #tidy(): void {
    if (this.#places.size === 0) {
      if (this.#order.length > LEAST) this.#order = [];
      else this.#order.length = 0;
      this.#head = 0;
      this.#passed = 0;
    } else if (this.#head > LEAST && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#passed += this.#head;
      this.#head = 0;
    } else if (this.#order.length > LEAST && this.#places.size * 4 < this.#order.length) {
      this.#order = [...this.#places.keys()];
      this.#head = 0;
      this.#passed = 0;
      for (const [place, thing] of this.#order.entries()) if (thing !== undefined) this.#places.set(thing, place);
    }
  }
}

/**
 * Stands for queues that nothing was ever put into, as most of a session's are: empty for good. Whoever puts something in does so
 * by {@link withThing}.
 */
export const EMPTY_QUEUE: Queue<never> = new Queue<never>();

/** Puts a thing at the end of a queue, unless it waits already. Gives the queue, which is a new one in place of {@link EMPTY_QUEUE}. */
export function withThing<T extends object>(queue: Queue<T>, thing: T): Queue<T> {
  const own = queue === EMPTY_QUEUE ? new Queue<T>() : queue;
  own.add(thing);
  return own;
}

/** Holes that are not worth tidying up. */
const LEAST = 64;
