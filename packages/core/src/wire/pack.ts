/**
 * Writing MessagePack: the headers of frames (FRAME-008), and bodies.
 *
 * @module
 */

import type { SpareOctets } from "../spare-octets.ts";
import { writeUtf8 } from "./utf8.ts";

const TWO_32 = 0x1_0000_0000;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Writes MessagePack, each value in its shortest form, into a buffer that results share: {@link begin}, values, {@link take}.
 * So a small result costs no buffer of its own.
 */
export class PackWriter {
  /** The buffer; it changes when it grows. */
  octets: Uint8Array;
  /** Where the next value goes. */
  length = 0;
  readonly #slab: number;
  readonly #large: SpareOctets | undefined;
  #start = 0;
  #view: DataView;
  /** The buffer that results share, while a large one is written to a buffer of its own, and where it goes on. */
  #shared: Uint8Array | undefined;
  #sharedStart = 0;

  /**
   * @param slab octets of a buffer.
   * @param large where buffers for large results come from, which have one each.
   */
  constructor(slab: number, large?: SpareOctets) {
    this.#slab = slab;
    this.#large = large;
    this.octets = NOTHING;
    this.#view = new DataView(NOTHING.buffer);
  }

  /** Begins a result, of at most so many octets, if that is known. What was written since the last {@link take} is dropped. */
  begin(octets = 0): void {
    if (this.#shared !== undefined) this.#backToShared();
    this.length = this.#start;
    if (this.#large === undefined || octets <= this.#slab >> 2) this.room(octets);
    else {
      this.#shared = this.octets;
      this.#sharedStart = this.#start;
      this.#adopt(this.#large.take(octets), 0);
      this.#start = 0;
    }
  }

  /** What was written since {@link begin}. Nobody writes there again. */
  take(): Uint8Array {
    const result = this.octets.subarray(this.#start, this.length);
    if (this.#shared !== undefined) this.#backToShared();
    else {
      if (this.octets.length > this.#slab) this.#adopt(NOTHING, 0);
      this.#start = this.length;
    }
    return result;
  }

  #backToShared(): void {
    this.#adopt(this.#shared ?? NOTHING, this.#sharedStart);
    this.#start = this.#sharedStart;
    this.#shared = undefined;
  }

  /** Octets since {@link begin}. Unlike {@link length} a position of this kind holds when the buffer changes. */
  get written(): number {
    return this.length - this.#start;
  }

  /** Where the octet at a position of that kind is. */
  at(written: number): number {
    return this.#start + written;
  }

  /** Makes room, so that growing later need not copy. Callers that write into {@link octets} themselves must. */
  room(octets: number): void {
    if (this.octets.length - this.length < octets) this.#grow(octets);
  }

  #grow(octets: number): void {
    const used = this.length - this.#start;
    const size = Math.max(this.#slab, used * 2, used + octets);
    const grown = new Uint8Array(size);
    grown.set(this.octets.subarray(this.#start, this.length));
    this.#adopt(grown, used);
    this.#start = 0;
  }

  #adopt(octets: Uint8Array, length: number): void {
    this.octets = octets;
    this.#view = new DataView(octets.buffer);
    this.length = length;
  }

  /** One octet as it is. */
  octet(value: number): void {
    this.room(1);
    this.octets[this.length++] = value;
  }

  nil(): void {
    this.octet(0xc0);
  }

  bool(value: boolean): void {
    this.octet(value ? 0xc3 : 0xc2);
  }

  /** An integer; the caller has checked that it is a safe one. */
  int(value: number): void {
    this.room(9);
    if (value >= 0) {
      if (value < 0x80) this.octets[this.length++] = value;
      else this.#sized(value, 0xcc);
    } else if (value >= -0x20) this.octets[this.length++] = value;
    else if (value >= -0x80) {
      this.octets[this.length++] = 0xd0;
      this.octets[this.length++] = value;
    } else if (value >= -0x8000) {
      this.octets[this.length++] = 0xd1;
      this.#view.setInt16(this.length, value);
      this.length += 2;
    } else if (value >= -0x8000_0000) {
      this.octets[this.length++] = 0xd2;
      this.#view.setInt32(this.length, value);
      this.length += 4;
    } else {
      this.octets[this.length++] = 0xd3;
      this.#u64(value);
    }
  }

  /** `first` is the type octet for one octet; the next ones are those for two, four and eight. There is room. */
  #sized(value: number, first: number): void {
    if (value < 0x100) {
      this.octets[this.length++] = first;
      this.octets[this.length++] = value;
    } else if (value < 0x1_0000) {
      this.octets[this.length++] = first + 1;
      this.octets[this.length++] = value >>> 8;
      this.octets[this.length++] = value;
    } else if (value < TWO_32) {
      this.octets[this.length++] = first + 2;
      this.#view.setUint32(this.length, value);
      this.length += 4;
    } else {
      this.octets[this.length++] = first + 3;
      this.#u64(value);
    }
  }

  /** 64 bits, in two's complement when negative. */
  #u64(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.#view.setUint32(this.length, high);
    this.#view.setUint32(this.length + 4, value - high * TWO_32);
    this.length += 8;
  }

  /** A 64-bit float, also for a whole number. */
  float(value: number): void {
    this.room(9);
    this.octets[this.length++] = 0xcb;
    this.#view.setFloat64(this.length, value);
    this.length += 8;
  }

  /** A string; the caller has checked that it is well-formed. */
  str(text: string): void {
    const units = text.length;
    this.room(5 + units * 3);
    // The head goes in front, and how long it is shows only afterwards; but nearly every string is ASCII.
    const start = this.length;
    const guess = strHead(units);
    const end = writeUtf8(text, this.octets, start + guess);
    const octets = end - start - guess;
    const head = strHead(octets);
    if (head !== guess) this.octets.copyWithin(start + head, start + guess, end);
    if (octets < 32) this.octets[this.length++] = 0xa0 | octets;
    else this.#sized(octets, 0xd9);
    this.length = start + head + octets;
  }

  /** Octets with their head. */
  bin(octets: Uint8Array): void {
    this.room(5 + octets.length);
    this.#sized(octets.length, 0xc4);
    this.raw(octets);
  }

  /** Octets as they are, with no head. */
  raw(octets: Uint8Array): void {
    this.room(octets.length);
    this.octets.set(octets, this.length);
    this.length += octets.length;
  }

  /** The head of an array; `count` values follow. */
  array(count: number): void {
    this.#counted(count, 0x90, 0xdc);
  }

  /** The head of a map; `count` pairs of a string and a value follow. */
  map(count: number): void {
    this.#counted(count, 0x80, 0xde);
  }

  #counted(count: number, fixed: number, first: number): void {
    this.room(5);
    if (count < 16) this.octets[this.length++] = fixed | count;
    else if (count < 0x1_0000) {
      this.octets[this.length++] = first;
      this.octets[this.length++] = count >>> 8;
      this.octets[this.length++] = count;
    } else {
      this.octets[this.length++] = first + 1;
      this.#view.setUint32(this.length, count);
      this.length += 4;
    }
  }
}

/** Octets in front of a string of this many. */
function strHead(octets: number): number {
  if (octets < 32) return 1;
  if (octets < 0x100) return 2;
  return octets < 0x1_0000 ? 3 : 5;
}
