/**
 * The part of MessagePack that headers are made of.
 *
 * @module
 */

const decoder = new TextDecoder();

/** Up to so many octets are cheaper to read one by one. */
const SHORT = 64;

/** Reads the list that octets start with, or its first places. */
export function readList(octets: Uint8Array, places: number = Number.POSITIVE_INFINITY): readonly unknown[] {
  return new Reader(octets).list(places);
}

/** Octets of the list that octets start with. */
export function listLength(octets: Uint8Array): number {
  const reader = new Reader(octets);
  reader.list(Number.POSITIVE_INFINITY);
  return reader.at;
}

class Reader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  /** Octets that were read. */
  get at(): number {
    return this.#at;
  }

  list(places: number): readonly unknown[] {
    const mark = this.#uint(1);
    const count = mark === 0xdc ? this.#uint(2) : mark & 0x0f;
    if (mark !== 0xdc && mark >> 4 !== 0x9) throw new Error("a header is no list");
    return this.#list(Math.min(count, places));
  }

  value(): unknown {
    const mark = this.#uint(1);
    if (mark < 0x80) return mark;
    if (mark < 0x90) return this.#map(mark & 0x0f);
    if (mark < 0xa0) return this.#list(mark & 0x0f);
    if (mark < 0xc0) return this.#text(mark & 0x1f);
    if (mark >= 0xe0) return mark - 0x100;
    switch (mark) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#take(this.#uint(1));
      case 0xc5:
        return this.#take(this.#uint(2));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return this.#uint(8);
      case 0xd9:
        return this.#text(this.#uint(1));
      case 0xda:
        return this.#text(this.#uint(2));
      case 0xdc:
        return this.#list(this.#uint(2));
      case 0xde:
        return this.#map(this.#uint(2));
      default:
        throw new Error(`a header has the mark ${mark.toString(16)}, which the simulator cannot read`);
    }
  }

  #map(count: number): unknown {
    const map: Record<string, unknown> = {};
    for (let i = 0; i < count; i += 1) {
      const name = String(this.value());
      map[name] = this.value();
    }
    return map;
  }

  #list(count: number): unknown[] {
    const list: unknown[] = [];
    for (let i = 0; i < count; i += 1) list.push(this.value());
    return list;
  }

  #text(length: number): string {
    const octets = this.#take(length);
    if (length > SHORT) return decoder.decode(octets);
    let text = "";
    for (const octet of octets) {
      if (octet >= 0x80) return decoder.decode(octets);
      text += String.fromCharCode(octet);
    }
    return text;
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#octets.subarray(at, at + length);
  }

  #uint(count: number): number {
    let value = 0;
    const at = this.#skip(count);
    for (let i = 0; i < count; i += 1) value = value * 256 + (this.#octets[at + i] ?? 0);
    return value;
  }

  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#octets.length) throw new Error("a header ends in its middle");
    return at;
  }
}
