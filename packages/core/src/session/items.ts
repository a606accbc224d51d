/**
 * The items of a streamed result, between the call that brings them and the loop that takes them.
 *
 * @module
 */

type Waiter = {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: Error) => void;
};

/** A queue with one reader. */
export class ItemQueue implements AsyncIterableIterator<unknown, undefined, undefined> {
  readonly #items: unknown[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #left: () => void;
  #end: { readonly error?: Error } | undefined;

  /** `left` is called when the reader leaves before the end. */
  constructor(left: () => void) {
    this.#left = left;
  }

  /** Adds an item. Dropped when the queue is over. */
  push(item: unknown): void {
    if (this.#end !== undefined) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#items.push(item);
    else waiter.resolve({ done: false, value: item });
  }

  /** No items follow. Those that wait are still read. */
  finish(): void {
    this.#settle({});
  }

  /** No items follow; after those that wait the reader gets this error. */
  fail(error: Error): void {
    this.#settle({ error });
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: this.#items.shift() });
    const end = this.#end;
    if (end !== undefined) {
      this.#end = {};
      return end.error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(end.error);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#items.length = 0;
    if (this.#end === undefined) {
      this.#settle({});
      this.#left();
    }
    this.#end = {};
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle(end: { readonly error?: Error }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const first = this.#waiters.shift();
    if (first !== undefined) {
      if (end.error === undefined) {
        first.resolve({ done: true, value: undefined });
      } else {
        this.#end = {};
        first.reject(end.error);
      }
    }
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }
}
