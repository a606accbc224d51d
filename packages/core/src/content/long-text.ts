/**
 * Long texts as bodies: they are never encoded or decoded as a whole, which would take the event loop for milliseconds.
 *
 * @module
 */

import { encodeUtf8 } from "../wire/utf8.ts";

/** Octets of which parts are taken, from front to back. A Uint8Array is one. */
export interface OctetSource {
  readonly length: number;
  /** The octets from `start` to `end`, or to the end of all; of text maybe up to three fewer. Nobody changes them. */
  subarray(start: number, end: number): Uint8Array;
}

/** A body of content text that holds its string. */
export class LongText {
  readonly content: number;
  readonly text: string;
  /** Octets of the text in UTF-8. */
  readonly length: number;

  /** `text` is well-formed, and has `length` octets in UTF-8. `content` is the number of text. */
  constructor(content: number, text: string, length: number) {
    this.content = content;
    this.text = text;
    this.length = length;
  }

  /** All of its octets, encoded now: for who keeps them. */
  get octets(): Uint8Array {
    return encodeUtf8(this.text);
  }

  /** Its octets for who writes them: ASCII is encoded part by part. */
  get source(): OctetSource {
    return this.text.length === this.length ? new AsciiSource(this.text) : new TextSource(this.octets);
  }
}

/** Text as octets that are cut between characters only: then each part is text on a carriage that has text alone. */
export class TextSource implements OctetSource {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get length(): number {
    return this.#octets.length;
  }

  subarray(start: number, end: number): Uint8Array {
    const octets = this.#octets;
    let border = end;
    while (border > start && ((octets[border] ?? 0) & 0xc0) === 0x80) border--;
    // Where not one character fits it is cut all the same.
    return octets.subarray(start, border > start ? border : end);
  }
}

/** ASCII as octets: what is taken is encoded then. */
class AsciiSource implements OctetSource {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  subarray(start: number, end: number): Uint8Array {
    const part = this.#text.slice(start, end);
    const octets = new Uint8Array(part.length);
    encoder.encodeInto(part, octets);
    return octets;
  }
}

const encoder: TextEncoder = new TextEncoder();

/** UTF-16 units that are looked at in one go. */
const LOOK = 0x4000;
const seen: Uint8Array = new Uint8Array(LOOK);

/** Whether a text is ASCII. The encoder of the runtime looks at it many times faster than a loop. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += LOOK) {
    const part = text.slice(at, at + LOOK);
    const { read, written } = encoder.encodeInto(part, seen);
    if (read !== part.length || written !== part.length) return false;
  }
  return true;
}
