/**
 * Numbers of a seed: the same seed gives the same numbers, on every machine and every Node.
 *
 * @module
 */

/** A generator of random numbers (sfc32). Not for secrets. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` is a whole number from 0 to 2^53-1. `stream` tells apart generators of one seed. */
  constructor(seed: number, stream = 0) {
    this.#a = Math.floor(seed / 2 ** 32) | 0;
    this.#b = seed | 0;
    this.#c = stream | 0;
    // Seeds that differ in one bit must have nothing in common.
    for (let i = 0; i < 15; i += 1) this.next();
  }

  /** A whole number from 0 to 2^32-1. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** From 0 to less than 1. */
  unit(): number {
    return this.next() / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1));
  }

  /** A number from `least` to less than `most`. */
  real(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }

  /** A whole number from `least` to `most` of which the small ones are the likelier ones. */
  low(least: number, most: number): number {
    return least + Math.floor(this.unit() ** 3 * (most - least + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** One of these. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("pick() from nothing");
    // The index is one of the array's.
    return items[this.between(0, items.length - 1)] as T;
  }

  /** One of these, by weight. */
  weighted<T>(items: readonly (readonly [item: T, weight: number])[]): T {
    let at = this.unit() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      at -= weight;
      if (at < 0) return item;
    }
    return this.pick(items)[0];
  }

  /** Octets. */
  octets(count: number): Uint8Array {
    const octets = new Uint8Array(count);
    for (let i = 0; i < count; i += 1) octets[i] = this.next();
    return octets;
  }
}

/** The seed of schedule `index` of a run with this seed: a whole number below 2^48. */
export function scheduleSeed(seed: number, index: number): number {
  const random = new Random(seed, index + 1);
  return random.between(0, 0xffff) * 2 ** 32 + random.next();
}
