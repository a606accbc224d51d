/**
 * The MessagePack of headers (FRAME-008): nil, booleans, integers up to 2^53-1, float 64, strings, octets, arrays, and maps
 * with string keys, nested at most 8 deep. Bodies are written with this too; they have a reader of their own, in `content/`, which answers for other rules.
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { readKnownUtf8, readUtf8, writeUtf8 } from "./utf8.ts";

/** How deep a header may nest, the header's own array included (FRAME-008). */
export const HEADER_DEPTH: number = 8;

/** What a header may hold. */
export type HeaderValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly HeaderValue[]
  | { readonly [key: string]: HeaderValue };

const TWO_32 = 0x1_0000_0000;

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
  #start = 0;
  #view: DataView;

  /** @param slab octets of a buffer. */
  constructor(slab: number) {
    this.#slab = slab;
    this.octets = new Uint8Array(slab);
    this.#view = new DataView(this.octets.buffer);
  }

  /** Begins a result. What was written since the last {@link take} is dropped. */
  begin(): void {
    this.length = this.#start;
  }

  /** What was written since {@link begin}. Nobody writes there again. */
  take(): Uint8Array {
    const result = this.octets.subarray(this.#start, this.length);
    this.#start = this.length;
    return result;
  }

  /** Octets since {@link begin}. */
  get written(): number {
    return this.length - this.#start;
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
    this.octets = grown;
    this.#view = new DataView(grown.buffer);
    this.#start = 0;
    this.length = used;
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

/**
 * Reads MessagePack from `offset` to `end`, strictly. The typed methods answer undefined (and leave the offset where it
 * was) when the value there is of another type, so that the caller can name the field.
 *
 * @throws ProtocolViolation FRAME-008 for what a header may not hold, FRAME-009 for ill-formed strings, FRAME-007 when the
 *   octets end within a value. Nothing is allocated before its octets are known to be there.
 */
export class HeaderReader {
  octets: Uint8Array;
  offset: number;
  end: number;
  /** What the octets are, for messages: `"OPEN"`. */
  subject: string;

  constructor(octets: Uint8Array, offset: number, end: number, subject = "the header") {
    this.octets = octets;
    this.offset = offset;
    this.end = end;
    this.subject = subject;
  }

  /** Reads something else. */
  reset(octets: Uint8Array, offset: number, end: number, subject: string): void {
    this.octets = octets;
    this.offset = offset;
    this.end = end;
    this.subject = subject;
  }

  fail(requirement: string, expectation: string): never {
    throw new ProtocolViolation(requirement, `${this.subject}: ${expectation}`);
  }

  #need(octets: number): void {
    if (this.end - this.offset < octets) this.fail("FRAME-007", "the header ends within a value");
  }

  #peek(): number {
    this.#need(1);
    return this.octets[this.offset] ?? 0;
  }

  /** The unsigned number of `width` octets behind the type octet. */
  #behind(width: number): number {
    this.#need(1 + width);
    const { octets, offset } = this;
    let value = 0;
    for (let i = 1; i <= width; i++) value = value * 256 + (octets[offset + i] ?? 0);
    return value;
  }

  /** True, and past it, when the next value is nil. */
  nil(): boolean {
    if (this.#peek() !== 0xc0) return false;
    this.offset++;
    return true;
  }

  bool(): boolean | undefined {
    const head = this.#peek();
    if (head !== 0xc2 && head !== 0xc3) return undefined;
    this.offset++;
    return head === 0xc3;
  }

  /** An integer. FRAME-008 when it is beyond 2^53-1. */
  int(): number | undefined {
    const head = this.#peek();
    if (head < 0x80) {
      this.offset++;
      return head;
    }
    if (head >= 0xe0) {
      this.offset++;
      return head - 0x100;
    }
    if (head < 0xcc || head > 0xd3) return undefined;
    const signed = head >= 0xd0;
    const width = 1 << (head & 3);
    let value = this.#behind(width);
    if (width === 8) {
      const view = new DataView(this.octets.buffer, this.octets.byteOffset + this.offset + 1, 8);
      value = (signed ? view.getInt32(0) : view.getUint32(0)) * TWO_32 + view.getUint32(4);
      if (!Number.isSafeInteger(value)) this.fail("FRAME-008", "an integer in the header is beyond 2^53-1");
    } else if (signed && value >= 2 ** (8 * width - 1)) value -= 2 ** (8 * width);
    this.offset += 1 + width;
    return value;
  }

  float(): number | undefined {
    if (this.#peek() !== 0xcb) return undefined;
    this.#need(9);
    const value = new DataView(this.octets.buffer, this.octets.byteOffset + this.offset + 1, 8).getFloat64(0);
    this.offset += 9;
    return value;
  }

  /** The octets of the string whose head is next, or undefined; moves to the first of them. */
  #strLength(): number | undefined {
    const head = this.#peek();
    let length: number;
    let skip = 1;
    if (head >= 0xa0 && head < 0xc0) length = head & 0x1f;
    else if (head >= 0xd9 && head <= 0xdb) {
      const width = 1 << (head - 0xd9);
      length = this.#behind(width);
      skip += width;
    } else return undefined;
    this.#need(skip + length);
    this.offset += skip;
    return length;
  }

  /** A string of at most `limit` octets. `field` is for messages. `known`: it is likely to have come before. */
  str(limit: number, field: string, known = false): string | undefined {
    const length = this.#strLength();
    if (length === undefined) return undefined;
    if (length > limit) this.fail("FRAME-009", `"${field}" must be at most ${limit} octets`);
    const end = this.offset + length;
    const text = known ? readKnownUtf8(this.octets, this.offset, end) : readUtf8(this.octets, this.offset, end);
    if (text === undefined) this.fail("FRAME-009", `"${field}" must be well-formed UTF-8`);
    this.offset = end;
    return text;
  }

  /** Octets, as a view. */
  bin(): Uint8Array | undefined {
    const head = this.#peek();
    if (head < 0xc4 || head > 0xc6) return undefined;
    const width = 1 << (head - 0xc4);
    const length = this.#behind(width);
    this.#need(1 + width + length);
    this.offset += 1 + width + length;
    return this.octets.subarray(this.offset - length, this.offset);
  }

  /** The count of the array whose head is next; its values follow. */
  array(): number | undefined {
    const head = this.#peek();
    if (head >= 0x90 && head < 0xa0) {
      this.offset++;
      return this.#fits(head & 0x0f, 1);
    }
    if (head !== 0xdc && head !== 0xdd) return undefined;
    const width = head === 0xdc ? 2 : 4;
    const count = this.#behind(width);
    this.offset += 1 + width;
    return this.#fits(count, 1);
  }

  /** The count of pairs of the map whose head is next; they follow. */
  map(): number | undefined {
    const head = this.#peek();
    if (head >= 0x80 && head < 0x90) {
      this.offset++;
      return this.#fits(head & 0x0f, 2);
    }
    if (head !== 0xde && head !== 0xdf) return undefined;
    const width = head === 0xde ? 2 : 4;
    const count = this.#behind(width);
    this.offset += 1 + width;
    return this.#fits(count, 2);
  }

  /** A count that the octets left cannot hold is refused before anything is done with it. */
  #fits(count: number, each: number): number {
    this.#need(count * each);
    return count;
  }

  /** The key of a pair in a map: a string, and never `__proto__`. */
  key(field: string, limit: number): string {
    const key = this.str(limit, field, true);
    if (key === undefined) this.fail("FRAME-008", `the keys of "${field}" must be strings`);
    if (key === "__proto__") this.fail("FRAME-008", `"${field}" must not have the key __proto__`);
    return key;
  }

  /** Any value; maps have no prototype. `depth` counts the arrays and maps around it. */
  value(depth = 0): HeaderValue {
    if (this.nil()) return null;
    const simple =
      this.bool() ?? this.int() ?? this.str(Number.MAX_SAFE_INTEGER, "a string") ?? this.bin() ?? this.float();
    if (simple !== undefined) return simple;
    const items = this.array();
    const pairs = items === undefined ? this.map() : undefined;
    if (items === undefined && pairs === undefined) {
      this.fail("FRAME-008", "the header holds a type that headers do not have");
    }
    if (depth >= HEADER_DEPTH) this.fail("FRAME-008", `the header nests deeper than ${HEADER_DEPTH}`);
    if (items !== undefined) {
      const list: HeaderValue[] = [];
      for (let i = 0; i < items; i++) list.push(this.value(depth + 1));
      return list;
    }
    const record: Record<string, HeaderValue> = Object.create(null) as Record<string, HeaderValue>;
    for (let i = 0; i < (pairs ?? 0); i++) {
      const key = this.key("a map", Number.MAX_SAFE_INTEGER);
      record[key] = this.value(depth + 1);
    }
    return record;
  }
}
