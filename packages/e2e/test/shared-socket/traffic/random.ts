/** Numbers that look random, and are the same for the same seed on every runtime. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next 32 bits (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 to less than `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  /** True in one of `times` cases. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }

  octets(length: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = this.next();
    return new Uint8Array(words.buffer, 0, length).slice();
  }

  /** Text of about this many UTF-16 units, from all over Unicode, and well-formed. */
  text(length: number): string {
    pool ??= poolOf(new Random(1));
    return excerpt(pool, this.below(pool.length), length);
  }
}

/** A piece of a text that goes round in circles. Never begins or ends within a character. */
export function excerpt(text: string, start: number, length: number): string {
  let piece = text.slice(start, start + length);
  while (piece.length < length) piece += text.slice(0, length - piece.length);
  return piece.replace(/^[\udc00-\udfff]/, "").replace(/[\ud800-\udbff]$/, "");
}

/** What all texts are taken from. */
let pool: string | undefined;

const POOL_LENGTH = 200_000;

function poolOf(random: Random): string {
  const syllables: string[] = [];
  for (let length = 0; length < POOL_LENGTH; length += syllables.at(-1)?.length ?? 1)
    syllables.push(random.pick(SYLLABLES));
  return syllables.join("");
}

/** Of one to four octets each in UTF-8, with quotes, controls and a byte order mark. */
const SYLLABLES = [
  ..."abcdefghijklmnopqrstuvwxyz0123456789 .,:;{}[]()<>/\\\"'\n\t\0".split(""),
  ..."the message of host ümläut naïve Ωmega жук 漢字 かな 한글 €".split(" "),
  "\u{1f600}",
  "\u{1f469}\u200d\u{1f4bb}",
  "\ufeff",
  "\u2028",
];
