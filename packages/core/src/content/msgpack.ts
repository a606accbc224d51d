/**
 * Values in MessagePack (section 9). Written here, and not taken from a library, since a receiver has to refuse what
 * libraries let pass (ill-formed UTF-8, extension types, keys that are numbers) and must not allocate what a few octets claim.
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { PackWriter } from "../wire/pack.ts";
import { readKnownUtf8, readUtf8 } from "../wire/utf8.ts";
import { type AnyRecord, isOctets, kindOf } from "./kind.ts";
import { type BodyLimits, tooMany } from "./limits.ts";
import type { Value } from "./value.ts";

/** Bodies share buffers of this size; larger ones have one of their own. */
const SLAB = 0x2000;
const TWO_32 = 0x1_0000_0000;

let shared: PackWriter | undefined = new PackWriter(SLAB);

/**
 * Encodes, or answers undefined where something inside is no value. Throws what an accessor throws. The octets may be a
 * view of a larger buffer, of 8 KiB.
 */
export function encodeMsgpack(value: unknown, limits: BodyLimits): Uint8Array | undefined {
  // An accessor might come back here while this is at work: then it finds nothing to share.
  const out = shared ?? new PackWriter(SLAB);
  shared = undefined;
  try {
    out.begin();
    return write(out, value, limits, limits.depth) ? out.take() : undefined;
  } finally {
    shared = out;
  }
}

function write(out: PackWriter, value: unknown, limits: BodyLimits, room: number): boolean {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) return false;
      out.str(value);
      return true;
    case "number":
      if (Number.isSafeInteger(value)) out.int(value);
      else if (Number.isFinite(value)) out.float(value);
      else return false;
      return true;
    case "boolean":
      out.bool(value);
      return true;
    case "object":
      if (value === null) {
        out.nil();
        return true;
      }
      return writeObject(out, value, limits, room);
    default:
      return false;
  }
}

function writeObject(out: PackWriter, value: object, limits: BodyLimits, room: number): boolean {
  const kind = kindOf(value);
  if (kind === "octets" && isOctets(value)) {
    out.bin(value);
    return true;
  }
  if (kind === undefined || room === 0) return false;
  if (!Array.isArray(value)) return writeRecord(out, value as AnyRecord, limits, room - 1);
  const list: readonly unknown[] = value;
  if (list.length > limits.arrayEntries) return false;
  out.array(list.length);
  for (let i = 0; i < list.length; i++) if (!write(out, list[i], limits, room - 1)) return false;
  return true;
}

function writeRecord(out: PackWriter, record: AnyRecord, limits: BodyLimits, room: number): boolean {
  const keys = Object.keys(record);
  if (keys.length > limits.mapEntries || Object.getOwnPropertySymbols(record).length > 0) return false;
  // The count goes in front, and each property is read once.
  const members: unknown[] = [];
  let count = 0;
  for (const key of keys) {
    const member = record[key];
    members.push(member);
    if (member !== undefined) count++;
  }
  out.map(count);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? "";
    if (key === "__proto__" || !key.isWellFormed()) return false;
    if (members[i] === undefined) continue;
    out.str(key);
    if (!write(out, members[i], limits, room)) return false;
  }
  return true;
}

/** Decodes; octets inside are views. Throws ProtocolViolation CONT-003 or CONT-004. */
export function decodeMsgpack(octets: Uint8Array, limits: BodyLimits): Value {
  const reader = new Reader(octets, limits);
  const value = reader.value(limits.depth);
  if (reader.at !== octets.length) fail("octets follow the value");
  return value;
}

const ILL_FORMED = "strings must be well-formed UTF-8";

function fail(problem: string): never {
  throw new ProtocolViolation("CONT-003", `MessagePack: ${problem}`);
}

/** Reads each value once, from front to back. */
class Reader {
  at = 0;
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #limits: BodyLimits;
  /** Arrays, maps and octets so far. */
  #containers = 0;

  constructor(octets: Uint8Array, limits: BodyLimits) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    this.#limits = limits;
  }

  /** Moves past `octets` of them and answers where they began. */
  #take(octets: number): number {
    const start = this.at;
    if (octets > this.#octets.length - start) fail("it ends within a value");
    this.at = start + octets;
    return start;
  }

  value(room: number): Value {
    const head = this.#octets[this.#take(1)] ?? 0;
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, room);
    if (head < 0xa0) return this.#array(head & 0x0f, room);
    if (head < 0xc0) return this.#str(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bin(this.#u8());
      case 0xc5:
        return this.#bin(this.#u16());
      case 0xc6:
        return this.#bin(this.#u32());
      case 0xca:
        return finite(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return finite(this.#view.getFloat64(this.#take(8)));
      case 0xcc:
        return this.#u8();
      case 0xcd:
        return this.#u16();
      case 0xce:
        return this.#u32();
      case 0xcf: {
        const start = this.#take(8);
        return safe(this.#view.getUint32(start) * TWO_32 + this.#view.getUint32(start + 4));
      }
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3: {
        const start = this.#take(8);
        return safe(this.#view.getInt32(start) * TWO_32 + this.#view.getUint32(start + 4));
      }
      case 0xd9:
        return this.#str(this.#u8());
      case 0xda:
        return this.#str(this.#u16());
      case 0xdb:
        return this.#str(this.#u32());
      case 0xdc:
        return this.#array(this.#u16(), room);
      case 0xdd:
        return this.#array(this.#u32(), room);
      case 0xde:
        return this.#map(this.#u16(), room);
      case 0xdf:
        return this.#map(this.#u32(), room);
      default:
        return fail("extension types are not allowed");
    }
  }

  #u8(): number {
    return this.#octets[this.#take(1)] ?? 0;
  }

  #u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  #str(length: number): string {
    const start = this.#take(length);
    return readUtf8(this.#octets, start, this.at) ?? fail(ILL_FORMED);
  }

  #bin(length: number): Uint8Array {
    this.#count(); // a view takes a hundred octets, also of none
    const start = this.#take(length);
    return this.#octets.subarray(start, this.at);
  }

  #array(count: number, room: number): Value {
    const { arrayEntries } = this.#limits;
    if (count > arrayEntries)
      throw new ProtocolViolation("CONT-004", `an array must have at most ${arrayEntries} entries`);
    this.#enter(count, room);
    const list: Value[] = [];
    for (let i = 0; i < count; i++) list.push(this.value(room - 1));
    return list;
  }

  #map(count: number, room: number): Value {
    const { mapEntries } = this.#limits;
    if (count > mapEntries) throw new ProtocolViolation("CONT-004", `a map must have at most ${mapEntries} entries`);
    this.#enter(count * 2, room);
    const record: { [key: string]: Value } = {};
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      if (key === "__proto__") throw new ProtocolViolation("CONT-004", "the key __proto__ is not allowed");
      record[key] = this.value(room - 1);
    }
    return record;
  }

  /** Refuses what is too deep, and a count that the octets left cannot hold, and one container too many. */
  #enter(values: number, room: number): void {
    if (room === 0) throw new ProtocolViolation("CONT-004", `content must not nest deeper than ${this.#limits.depth}`);
    if (values > this.#octets.length - this.at) fail("it ends within a value");
    this.#count();
  }

  #count(): void {
    if (++this.#containers > this.#limits.containers) throw new ProtocolViolation("CONT-004", tooMany(this.#limits));
  }

  #key(): string {
    const head = this.#u8();
    if (head >= 0xa0 && head < 0xc0) return this.#known(head & 0x1f);
    if (head === 0xd9) return this.#known(this.#u8());
    if (head === 0xda) return this.#known(this.#u16());
    if (head === 0xdb) return this.#known(this.#u32());
    return fail("the keys of maps must be strings");
  }

  #known(length: number): string {
    const start = this.#take(length);
    return readKnownUtf8(this.#octets, start, this.at) ?? fail(ILL_FORMED);
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value + 0 : fail("numbers must be finite");
}

function safe(value: number): number {
  return Number.isSafeInteger(value) ? value : fail("integers must not be beyond 2^53-1");
}
