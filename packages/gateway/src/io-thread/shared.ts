/**
 * What both threads see at once, without a message: time, the main thread's lag, who has a run, and counters.
 *
 * @module
 */

import type { CallEnd, Outcome } from "@turnmux/core";
import { OutcomeCounter, type CallsByOutcome } from "../observe/stats.ts";

/** What is to be added to `performance.now()`, which starts with its thread, for a clock that all threads have. */
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** A time of this thread's clock, on the clock of all threads. */
export function sharedTime(now: number): number {
  return now + offset;
}

/** A time of the clock of all threads, on this thread's. */
export function ownTime(shared: number): number {
  return shared - offset;
}

/** How often the main thread stamps its clock, in milliseconds. */
const STAMP_MS = 100;

/** When the next stamp is due, and how late the one before was. */
const DUE = 0;
const LATE = 1;

/** The memory of a {@link LagStamp}. */
export function lagMemory(): BigInt64Array<SharedArrayBuffer> {
  return new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT));
}

/** Stamps the main thread's clock into shared memory, for whoever wants to know how late its event loop is. */
export class LagStamp {
  readonly #memory: BigInt64Array<SharedArrayBuffer>;
  readonly #timer: NodeJS.Timeout;
  readonly #also: () => void;

  /** `also` is called with each stamp: what else the other thread is to know without being told. */
  constructor(memory: BigInt64Array<SharedArrayBuffer>, also: () => void = () => {}) {
    this.#memory = memory;
    this.#also = also;
    also();
    Atomics.store(memory, DUE, stampAt(STAMP_MS));
    this.#timer = setInterval(() => this.#stamp(), STAMP_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #stamp(): void {
    const late = stampAt(0) - Atomics.load(this.#memory, DUE);
    Atomics.store(this.#memory, LATE, late < 0n ? 0n : late);
    Atomics.store(this.#memory, DUE, stampAt(STAMP_MS));
    this.#also();
  }
}

/** How late the main thread's event loop is, seen from another one. */
export class LagOfMain {
  readonly #memory: BigInt64Array<SharedArrayBuffer>;

  constructor(memory: BigInt64Array<SharedArrayBuffer>) {
    this.#memory = memory;
  }

  /** Milliseconds, a whole number. */
  get lagMs(): number {
    const now = stampAt(0) - Atomics.load(this.#memory, DUE);
    const before = Atomics.load(this.#memory, LATE);
    const late = now > before ? now : before;
    return late < 0n ? 0 : Number(late);
  }

  takeWorst(): number {
    return this.lagMs;
  }

  /** The other thread measures. */
  close(): void {}
}

function stampAt(inMs: number): bigint {
  return BigInt(Math.round(sharedTime(performance.now()) + inMs));
}

const WAITING = 0;
const BEGUN = 1;
const WITHDRAWN = 2;

/** Words of one page. */
const PAGE_WORDS = 4096;

/**
 * A word for each run that waits for the main thread. Whether it begins there, or is taken back before, is decided by who changes the
 * word first.
 */
export class RunWords {
  readonly #pages: Int32Array<SharedArrayBuffer>[] = [];
  readonly #free: number[] = [];

  /** A word that nobody has. `added` is told of memory that the other thread has to know before it hears of the word. */
  take(added: (page: SharedArrayBuffer) => void): number {
    if (this.#free.length === 0) {
      const page = new SharedArrayBuffer(PAGE_WORDS * Int32Array.BYTES_PER_ELEMENT);
      const first = this.#pages.length * PAGE_WORDS;
      this.add(page);
      for (let word = first + PAGE_WORDS - 1; word >= first; word -= 1) this.#free.push(word);
      added(page);
    }
    const word = this.#free.pop() ?? 0;
    Atomics.store(this.#page(word), word % PAGE_WORDS, WAITING);
    return word;
  }

  /** For the other thread: memory of words that it will hear of. */
  add(page: SharedArrayBuffer): void {
    this.#pages.push(new Int32Array(page));
  }

  /** Neither thread looks at this word any more. */
  giveBack(word: number): void {
    this.#free.push(word);
  }

  /** The run begins: true unless it was withdrawn. */
  begin(word: number): boolean {
    return Atomics.compareExchange(this.#page(word), word % PAGE_WORDS, WAITING, BEGUN) === WAITING;
  }

  /** A run that was begun has done nothing yet, and waits for its turn: until it begins once more it may be withdrawn. */
  wait(word: number): void {
    Atomics.compareExchange(this.#page(word), word % PAGE_WORDS, BEGUN, WAITING);
  }

  /** The run is taken back: true unless it has begun. */
  withdraw(word: number): boolean {
    return Atomics.compareExchange(this.#page(word), word % PAGE_WORDS, WAITING, WITHDRAWN) === WAITING;
  }

  #page(word: number): Int32Array<SharedArrayBuffer> {
    const page = this.#pages[Math.floor(word / PAGE_WORDS)];
    if (page === undefined) throw new RangeError("a word of a page that is not here");
    return page;
  }
}

const OUTCOMES: readonly (keyof CallsByOutcome)[] = ["ok", "not_started", "failed", "completed", "unknown"];

/** The memory of a {@link SharedOutcomes}. */
export function outcomesMemory(): BigInt64Array<SharedArrayBuffer> {
  return new BigInt64Array(new SharedArrayBuffer(OUTCOMES.length * BigInt64Array.BYTES_PER_ELEMENT));
}

/** Counts in one thread, and is read in any. */
export class SharedOutcomes extends OutcomeCounter {
  readonly #memory: BigInt64Array<SharedArrayBuffer>;
  #changed = false;

  constructor(memory: BigInt64Array<SharedArrayBuffer>) {
    super();
    this.#memory = memory;
  }

  override add(end: CallEnd & { readonly outcome?: Outcome | undefined }): void {
    super.add(end);
    this.#changed = true;
  }

  /** Lets the other threads see what was counted since. A successor goes on from what its predecessor has published. */
  publish(): void {
    if (!this.#changed) return;
    this.#changed = false;
    for (const [index, name] of OUTCOMES.entries()) {
      const count = this.take(name);
      if (count > 0) Atomics.add(this.#memory, index, BigInt(count));
    }
  }

  override read(): CallsByOutcome {
    const count = (name: keyof CallsByOutcome): number => Number(Atomics.load(this.#memory, OUTCOMES.indexOf(name)));
    return {
      ok: count("ok"),
      not_started: count("not_started"),
      failed: count("failed"),
      completed: count("completed"),
      unknown: count("unknown"),
    };
  }
}
