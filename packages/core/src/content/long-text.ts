/**
 * Long texts as bodies: they are never encoded or decoded as a whole, which would take the event loop for milliseconds.
 *
 * @module
 */

import { spareParts } from "../spare-octets.ts";
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

  /** Its octets for who writes them: encoded part by part, as they are taken. */
  get source(): OctetSource {
    return new LongTextSource(this.text, this.length);
  }
}

/**
 * Text as octets, encoded already, that are cut between characters only (CONT-006): then each part is text on a carriage that has text
 * alone.
 */
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

/** A long text as octets: each part is encoded when it is taken, and cut between characters (CONT-006). */
class LongTextSource implements OctetSource {
  readonly length: number;
  readonly #text: string;
  /** How far parts were taken, in octets and in UTF-16 units. */
  #octets = 0;
  #units = 0;

  constructor(text: string, length: number) {
    this.#text = text;
    this.length = length;
  }

  subarray(start: number, end: number): Uint8Array {
    // Who does not go from front to back gets the same, and pays for it.
    if (start !== this.#octets) return encodeUtf8(this.#text).subarray(start, end);
    const room = Math.min(end, this.length) - start;
    const part = partOf(this.#text, this.#units, room);
    const octets = spareParts.take(room).subarray(0, room);
    const { read, written } = encoder.encodeInto(part, octets);
    this.#units += read;
    this.#octets += written;
    return written === room ? octets : octets.subarray(0, written);
  }
}

const encoder: TextEncoder = new TextEncoder();

/** UTF-16 units that are looked at in one go. */
const LOOK = 0x4000;
const seen: Uint8Array = new Uint8Array(LOOK * 3);

/** Octets of a well-formed text in UTF-8. The encoder of the runtime counts many times faster than a loop. */
export function countUtf8(text: string): number {
  let octets = 0;
  for (let at = 0; at < text.length; ) {
    const part = partOf(text, at, LOOK);
    octets += encoder.encodeInto(part, seen).written;
    at += part.length;
  }
  return octets;
}

/** Up to so many units of a text, and no half of a surrogate pair at the end. */
function partOf(text: string, start: number, units: number): string {
  const end = start + units;
  const halved = units > 1 && end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return text.slice(start, halved ? end - 1 : end);
}
