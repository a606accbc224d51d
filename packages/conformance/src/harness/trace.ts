/**
 * What went over the wire in one case, as lines for a person.
 *
 * @module
 */

/** Lines that a trace keeps: the first half, and the last. */
const MOST_LINES = 400;

/** Collects lines; keeps the first and the last ones where there are too many. */
export class Trace {
  readonly #first: string[] = [];
  readonly #last: string[] = [];
  #dropped = 0;
  readonly #start: number = performance.now();

  add(line: string): void {
    const at = (performance.now() - this.#start).toFixed(0).padStart(5);
    const text = `${at} ms  ${line}`;
    if (this.#first.length < MOST_LINES / 2) this.#first.push(text);
    else {
      this.#last.push(text);
      if (this.#last.length > MOST_LINES / 2) {
        this.#last.shift();
        this.#dropped++;
      }
    }
  }

  get lines(): readonly string[] {
    if (this.#dropped === 0) return [...this.#first, ...this.#last];
    return [...this.#first, `          ... ${this.#dropped} lines ...`, ...this.#last];
  }
}
