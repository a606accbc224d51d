/**
 * A long text that arrives in pieces: each is checked and decoded as it comes, so that neither the fault nor the work waits
 * for the end.
 *
 * @module
 */

import { readUtf8 } from "./utf8.ts";

/** UTF-16 units that every engine takes in one string. */
const MOST_UNITS = 0x1fff_ffe8;

/** Puts a text together, from octets that are cut anywhere, also within a character. */
export class Utf8Pieces {
  /** What was decoded so far. Engines put the pieces together when somebody looks at them. */
  text = "";
  /** About what {@link text} takes in memory, in octets: one for each unit where a piece is ASCII, two otherwise. */
  held = 0;
  /** The beginning of a character whose rest is still to come: {@link LONGEST} octets at most. */
  readonly #open = new Uint8Array(LONGEST);
  #opened = 0;

  /** Takes the next octets, which may be used again afterwards. False where they are not well-formed. */
  add(octets: Uint8Array): boolean {
    let start = 0;
    if (this.#opened > 0) {
      const length = lengthOf(this.#open[0] ?? 0);
      while (this.#opened < length && start < octets.length) this.#open[this.#opened++] = octets[start++] ?? 0;
      if (this.#opened < length) return isBeginning(this.#open, 0, this.#opened);
      if (!this.#take(this.#open, 0, length)) return false;
      this.#opened = 0;
    }
    const end = whole(octets, start);
    for (let i = end; i < octets.length; i++) this.#open[this.#opened++] = octets[i] ?? 0;
    return end === start || this.#take(octets, start, end);
  }

  /** True when no character is cut off by the end. */
  get complete(): boolean {
    return this.#opened === 0;
  }

  /** Whether so many octets more still give a string that every engine takes. */
  takes(octets: number): boolean {
    return this.text.length + octets <= MOST_UNITS;
  }

  #take(octets: Uint8Array, start: number, end: number): boolean {
    const piece = readUtf8(octets, start, end);
    if (piece === undefined) return false;
    this.text += piece;
    this.held += piece.length === end - start ? piece.length : piece.length * 2;
    return true;
  }
}

/** Octets of the longest character. */
const LONGEST = 4;

/** The octets of the character that begins with this one; 1 also where none does. */
function lengthOf(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Where the last character ends that is whole, or not well-formed for certain. */
function whole(octets: Uint8Array, start: number): number {
  const { length } = octets;
  for (let at = length - 1; at >= start && at > length - LONGEST; at--) {
    const octet = octets[at] ?? 0;
    if ((octet & 0xc0) === 0x80) continue;
    return at + lengthOf(octet) > length && isBeginning(octets, at, length) ? at : length;
  }
  return length;
}

/** Whether octets that are too few for their character may be its beginning: what is wrong already is found already. */
function isBeginning(octets: Uint8Array, start: number, end: number): boolean {
  const second = octets[start + 1] ?? 0;
  if (end - start > 1) {
    switch (octets[start]) {
      case 0xe0:
        if (second < 0xa0) return false;
        break;
      case 0xed:
        if (second > 0x9f) return false;
        break;
      case 0xf0:
        if (second < 0x90) return false;
        break;
      case 0xf4:
        if (second > 0x8f) return false;
        break;
      default:
    }
  }
  for (let at = start + 1; at < end; at++) if (((octets[at] ?? 0) & 0xc0) !== 0x80) return false;
  return true;
}
