// MessagePack as the protocol restricts it. The octets are walked first, since the library takes more than the protocol
// does and does not say where a value ends; the library then makes the value of what was found to be in order.

import { Decoder, Encoder } from "@msgpack/msgpack";

/** What the walk finds wrong with octets. */
export type PackFault =
  | "cut"
  | "extension"
  | "integer"
  | "float32"
  | "not finite"
  | "not UTF-8"
  | "key"
  | "__proto__"
  | "depth"
  | "map"
  | "array"
  | "many"
  | "unassigned";

/** What a walk refuses, beyond what is no MessagePack. */
export interface PackRules {
  /** How deep arrays and maps may be nested; a value that is neither has depth 0. */
  readonly depth: number;
  /** Most entries of one map. */
  readonly mapEntries: number;
  /** Most elements of one array. */
  readonly arrayElements: number;
  /** Most arrays, maps and octets, all together. */
  readonly together: number;
  /** Whether float 32 is in order. */
  readonly float32: boolean;
  /** Whether NaN and infinities are in order. */
  readonly notFinite: boolean;
  /** Whether the key `__proto__` is in order. */
  readonly proto: boolean;
  /** Hears of each float 64: where its eight octets begin, and what it is. */
  readonly onfloat?: (at: number, value: number) => void;
  /** Throws the error that a fault is. */
  readonly fail: (fault: PackFault, message: string) => never;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of octets, or undefined where they are no well-formed UTF-8. A byte order mark is part of the text. */
export function textOf(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}

class Walk {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #rules: PackRules;
  #at: number;
  #together = 0;

  constructor(octets: Uint8Array, at: number, rules: PackRules) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    this.#rules = rules;
    this.#at = at;
  }

  get end(): number {
    return this.#at;
  }

  /** Takes so many octets, and returns where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (count > this.#octets.length - at)
      this.#rules.fail("cut", `${count} octets are due, ${this.#octets.length - at} are there`);
    this.#at += count;
    return at;
  }

  #uint(size: 1 | 2 | 4): number {
    const at = this.#take(size);
    return size === 1 ? this.#view.getUint8(at) : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #string(length: number): string {
    const at = this.#take(length);
    return (
      textOf(this.#octets.subarray(at, at + length)) ?? this.#rules.fail("not UTF-8", "a string that is not UTF-8")
    );
  }

  #count(): void {
    if (++this.#together > this.#rules.together) {
      this.#rules.fail("many", `more than ${this.#rules.together} arrays, maps and octets`);
    }
  }

  #octetString(length: number): void {
    this.#count();
    this.#take(length);
  }

  #enter(depth: number): void {
    this.#count();
    if (depth > this.#rules.depth) this.#rules.fail("depth", `nested deeper than ${this.#rules.depth}`);
  }

  #array(length: number, depth: number): void {
    this.#enter(depth);
    if (length > this.#rules.arrayElements) this.#rules.fail("array", `an array of ${length} elements`);
    for (let index = 0; index < length; index++) this.value(depth);
  }

  #map(length: number, depth: number): void {
    this.#enter(depth);
    if (length > this.#rules.mapEntries) this.#rules.fail("map", `a map of ${length} entries`);
    for (let index = 0; index < length; index++) {
      if (this.#key() === "__proto__" && !this.#rules.proto) this.#rules.fail("__proto__", "the key __proto__");
      this.value(depth);
    }
  }

  #key(): string {
    const first = this.#uint(1);
    if (first >= 0xa0 && first <= 0xbf) return this.#string(first & 0x1f);
    if (first === 0xd9) return this.#string(this.#uint(1));
    if (first === 0xda) return this.#string(this.#uint(2));
    if (first === 0xdb) return this.#string(this.#uint(4));
    return this.#rules.fail("key", "a key that is no string");
  }

  #float(value: number): void {
    if (!Number.isFinite(value) && !this.#rules.notFinite) this.#rules.fail("not finite", `the number ${value}`);
  }

  #float64(at: number): void {
    const value = this.#view.getFloat64(at);
    this.#rules.onfloat?.(at, value);
    this.#float(value);
  }

  #integer64(value: bigint): void {
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    if (value > most || value < -most) this.#rules.fail("integer", `the integer ${value}`);
  }

  /** Walks one value, inside so many arrays and maps. */
  value(depth: number): void {
    const first = this.#uint(1);
    if (first <= 0x7f || first >= 0xe0) return;
    if (first <= 0x8f) return this.#map(first & 0x0f, depth + 1);
    if (first <= 0x9f) return this.#array(first & 0x0f, depth + 1);
    if (first <= 0xbf) return void this.#string(first & 0x1f);
    switch (first) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
        return this.#octetString(this.#uint(1));
      case 0xc5:
        return this.#octetString(this.#uint(2));
      case 0xc6:
        return this.#octetString(this.#uint(4));
      case 0xca:
        if (!this.#rules.float32) this.#rules.fail("float32", "a float 32");
        return this.#float(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return this.#float64(this.#take(8));
      case 0xcc:
      case 0xd0:
        return void this.#take(1);
      case 0xcd:
      case 0xd1:
        return void this.#take(2);
      case 0xce:
      case 0xd2:
        return void this.#take(4);
      case 0xcf:
        return this.#integer64(this.#view.getBigUint64(this.#take(8)));
      case 0xd3:
        return this.#integer64(this.#view.getBigInt64(this.#take(8)));
      case 0xd9:
        return void this.#string(this.#uint(1));
      case 0xda:
        return void this.#string(this.#uint(2));
      case 0xdb:
        return void this.#string(this.#uint(4));
      case 0xdc:
        return this.#array(this.#uint(2), depth + 1);
      case 0xdd:
        return this.#array(this.#uint(4), depth + 1);
      case 0xde:
        return this.#map(this.#uint(2), depth + 1);
      case 0xdf:
        return this.#map(this.#uint(4), depth + 1);
      case 0xc1:
        return this.#rules.fail("unassigned", "the octet c1, which MessagePack never uses");
      default:
        return this.#rules.fail("extension", "an extension type");
    }
  }
}

/** Walks one value from an offset, throws what the rules make of a fault, and returns where the value ends. */
export function walk(octets: Uint8Array, at: number, rules: PackRules): number {
  const walk = new Walk(octets, at, rules);
  walk.value(0);
  return walk.end;
}

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();

/** The MessagePack of a value: integers as integers up to 2^53-1, other numbers as float 64. */
export function pack(value: unknown): Uint8Array {
  return encoder.encode(value);
}

/** The value of octets that were walked. */
export function unpack(octets: Uint8Array): unknown {
  return decoder.decode(octets);
}
