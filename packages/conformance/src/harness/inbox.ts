/**
 * Things that arrive, and whoever waits for one of them.
 *
 * @module
 */
import { Failure } from "../suite/verdict.ts";

interface Waiter<T> {
  readonly wanted: (entry: T) => boolean;
  readonly resolve: (entry: T) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** An ordered collection out of which entries are taken, at once or when they arrive. */
export class Inbox<T> {
  readonly #entries: T[] = [];
  readonly #waiters = new Set<Waiter<T>>();
  #ended: Error | undefined;

  /** Entries that arrived and that nobody has taken. */
  get entries(): readonly T[] {
    return this.#entries;
  }

  /** Gives an entry to whoever waits for it, or keeps it. */
  put(entry: T): void {
    for (const waiter of this.#waiters) {
      if (!waiter.wanted(entry)) continue;
      this.#waiters.delete(waiter);
      clearTimeout(waiter.timer);
      waiter.resolve(entry);
      return;
    }
    this.#entries.push(entry);
  }

  /** Nothing will arrive any more: whoever waits, and whoever comes to wait, is told why. */
  end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(this.#ended);
    }
    this.#waiters.clear();
  }

  /** Whoever waits now is told why that is in vain; what comes later may still be waited for. */
  interrupt(reason: Error, spared: (wanted: (entry: T) => boolean) => boolean): void {
    for (const waiter of this.#waiters) {
      if (spared(waiter.wanted)) continue;
      this.#waiters.delete(waiter);
      clearTimeout(waiter.timer);
      waiter.reject(reason);
    }
  }

  /** The first entry that is wanted, taken out, or undefined where there is none yet. */
  takeNow(wanted: (entry: T) => boolean): T | undefined {
    const index = this.#entries.findIndex(wanted);
    return index < 0 ? undefined : this.#entries.splice(index, 1)[0];
  }

  /**
   * The first entry that is wanted, taken out, within so many milliseconds.
   *
   * @throws Failure when it does not come: `what` says what was waited for.
   */
  take(wanted: (entry: T) => boolean, within: number, what: string): Promise<T> {
    const found = this.takeNow(wanted);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#ended !== undefined) return Promise.reject(new Failure(`${this.#ended.message} (expected ${what})`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Failure(`Expected ${what}, and nothing of the kind came within ${within} ms.`));
      }, within);
      const waiter: Waiter<T> = {
        wanted,
        resolve,
        reject: (error) => reject(new Failure(`${error.message} (expected ${what})`)),
        timer,
      };
      this.#waiters.add(waiter);
    });
  }
}
