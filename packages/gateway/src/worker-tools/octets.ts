/**
 * Large octets between threads: one copy, and then the buffer changes hands. Structured cloning would copy them twice, and once of that
 * in the thread that receives them.
 *
 * A copy there must be: whoever gave the octets may have them still, and a buffer that has changed hands is empty where it was.
 *
 * @module
 */

/** From this size on, in octets, a buffer changes hands sooner than it is cloned. */
const LARGE = 16 * 1024;

/** Values in values that are looked into. What lies deeper is cloned. */
const MAX_DEPTH = 32;

/** A value to be posted, with the buffers that are to change hands. */
export interface Parcel {
  readonly value: unknown;
  readonly transfer: ArrayBuffer[];
}

/** The value with copies of its large octets, and of those that are a part of a larger buffer; or itself where it has none. */
export function parcel(value: unknown): Parcel {
  const transfer: ArrayBuffer[] = [];
  return { value: withCopies(value, transfer, MAX_DEPTH), transfer };
}

function withCopies(value: unknown, transfer: ArrayBuffer[], depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (value instanceof Uint8Array) {
    // A part of a larger buffer would take all of it along.
    if (value.byteLength < LARGE) return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
    const copy = new Uint8Array(value);
    transfer.push(copy.buffer);
    return copy;
  }
  if (Array.isArray(value)) return listWithCopies(value, transfer, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? recordWithCopies(value, transfer, depth) : value;
}

function listWithCopies(list: readonly unknown[], transfer: ArrayBuffer[], depth: number): readonly unknown[] {
  let copied: unknown[] | undefined;
  for (const [index, member] of list.entries()) {
    const copy = withCopies(member, transfer, depth - 1);
    if (copy === member) continue;
    copied ??= [...list];
    copied[index] = copy;
  }
  return copied ?? list;
}

function recordWithCopies(record: object, transfer: ArrayBuffer[], depth: number): object {
  let copied: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(record)) {
    const copy = withCopies(member, transfer, depth - 1);
    if (copy === member || name === "__proto__") continue;
    copied ??= { ...record };
    copied[name] = copy;
  }
  return copied ?? record;
}
