/**
 * Reading the MessagePack of headers (FRAME-008): nil, booleans, integers up to 2^53-1, float 64, strings, octets, arrays,
 * and maps with string keys, nested at most 8 deep. Bodies have a reader of their own, in `content/`, which answers for
 * other rules.
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { readKnownUtf8, readUtf8 } from "./utf8.ts";

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
