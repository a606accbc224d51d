/**
 * The items of a streamed result, between the call that brings them and the loop that takes them.
 *
 * @module
 */

type Waiter = {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: Error) => void;
};

/** Where an item came from. */
export interface ItemSource {
  /** The item that counted for so many octets is read, or dropped: the peer may send as much again. */
  itemTaken(octets: number): void;
}

/** Takes the items of a call, and how they end. */
export interface ItemSink {
  /** What the items that wait for a reader count for, in octets. */
  readonly octets: number;
  /** True while the next item is taken at once. */
  readonly awaited: boolean;
  /** Adds an item that counts for so many octets. */
  push(item: unknown, octets: number, source: ItemSource): void;
  /** No items follow. */
  finish(): void;
  /** No items follow, and this is why. */
  fail(error: Error): void;
}

interface Unread {
  readonly item: unknown;
  readonly octets: number;
  readonly source: ItemSource;
}

/** Items that were read in front of the list that are not worth moving the rest for. */
const LEAST = 64;

/** A queue with one reader. */
export class ItemQueue implements AsyncIterableIterator<unknown, undefined, undefined>, ItemSink {
  #unread: (Unread | undefined)[] = [];
  #head = 0;
  #octets = 0;
  readonly #waiters: Waiter[] = [];
  readonly #left: () => void;
  #end: { readonly error?: Error } | undefined;

  /** `left` is called when the reader leaves before the end. */
  constructor(left: () => void) {
    this.#left = left;
  }

  /** What the items that wait for the reader count for, in octets. */
  get octets(): number {
    return this.#octets;
  }

  /** True while the reader waits: the next item is taken at once. */
  get awaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Adds an item that counts for so many octets. Dropped when the queue is over. */
  push(item: unknown, octets: number, source: ItemSource): void {
    const waiter = this.#end === undefined ? this.#waiters.shift() : undefined;
    if (this.#end !== undefined || waiter !== undefined) {
      waiter?.resolve({ done: false, value: item });
      source.itemTaken(octets);
      return;
    }
    this.#unread.push({ item, octets, source });
    this.#octets += octets;
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
    const unread = this.#take();
    if (unread !== undefined) return Promise.resolve({ done: false, value: unread.item });
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
    const isOver = this.#end !== undefined;
    if (!isOver) this.#settle({});
    this.#end = {};
    this.#clear();
    if (!isOver) this.#left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Unread | undefined {
    const unread = this.#unread[this.#head];
    if (unread === undefined) return undefined;
    this.#unread[this.#head] = undefined;
    this.#head += 1;
    this.#octets -= unread.octets;
    if (this.#head === this.#unread.length) this.#clear();
    else if (this.#head > LEAST && this.#head * 2 > this.#unread.length) {
      this.#unread = this.#unread.slice(this.#head);
      this.#head = 0;
    }
    // Once the queue is over the peer was told of all of them.
    if (this.#end === undefined) unread.source.itemTaken(unread.octets);
    return unread;
  }

  #clear(): void {
    this.#unread = [];
    this.#head = 0;
    this.#octets = 0;
  }

  #settle(end: { readonly error?: Error }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    // What is left is the reader's alone: it must not keep the peer, or other calls, from sending.
    for (const unread of this.#unread) unread?.source.itemTaken(unread.octets);
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
