/**
 * A queue that things are taken out of at the front alone. `shift` of a list takes several times as long, and more where it is long.
 *
 * @module
 */

/** Nothing waits: nobody puts anything into it. */
const NOTHING: never[] = [];

/** First in, first out. */
export class Fifo<T extends object> {
  #things: (T | undefined)[] = NOTHING;
  #head = 0;

  /** Puts a thing at the end. */
  add(thing: T): void {
    if (this.#things === NOTHING) this.#things = [];
    this.#things.push(thing);
  }

  /** Takes the thing whose turn it is. */
  take(): T | undefined {
    const head = this.#head;
    const things = this.#things;
    if (head === things.length) return undefined;
    const thing = things[head];
    // What was taken is held by nobody here, also by a list that is let go of.
    things[head] = undefined;
    this.#head = head + 1;
    if (this.#head === things.length) {
      this.#things = NOTHING;
      this.#head = 0;
    }
    return thing;
  }

  /** Drops what is not to be kept, and gives it back, in order. */
  drop(isDropped: (thing: T) => boolean): T[] {
    const waiting = this.#things.filter((thing) => thing !== undefined);
    this.#things = waiting.filter((thing) => !isDropped(thing));
    this.#head = 0;
    return waiting.filter(isDropped);
  }
}
