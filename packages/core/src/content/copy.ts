/**
 * Copies of values that share nothing that can change.
 *
 * @module
 */

import { type AnyRecord, isOctets, kindOf } from "./kind.ts";
import type { BodyLimits } from "./limits.ts";

/** A value, as a copy of one's own. */
export type Copied = null | boolean | number | string | Uint8Array | Copied[] | { [key: string]: Copied };

/** Arrays, objects and octets that the copy at work has met. */
let met = 0;

/**
 * A deep copy, or undefined where something inside is no value (CONT-001). Throws what an accessor of the value throws.
 *
 * @param bare objects and arrays of the copy inherit nothing.
 */
export function copy(value: unknown, limits: BodyLimits, bare: boolean): Copied | undefined {
  const before = met; // of a copy whose accessor has led here
  met = 0;
  try {
    return copyAny(value, limits, bare, limits.depth);
  } finally {
    met = before;
  }
}

/** `room`: how many more arrays and objects may be around something. */
function copyAny(value: unknown, limits: BodyLimits, bare: boolean, room: number): Copied | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : undefined;
    case "number":
      return Number.isFinite(value) ? value + 0 : undefined; // negative zero and zero are zero
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      break;
    default:
      return undefined;
  }
  if (++met > limits.containers) return undefined;
  const kind = kindOf(value);
  if (kind === "octets") return isOctets(value) ? new Uint8Array(value) : undefined;
  if (kind === undefined || room === 0) return undefined;
  return Array.isArray(value)
    ? copyList(value, limits, bare, room - 1)
    : copyRecord(value as AnyRecord, limits, bare, room - 1);
}

function copyList(source: readonly unknown[], limits: BodyLimits, bare: boolean, room: number): Copied | undefined {
  if (source.length > limits.arrayEntries) return undefined;
  const list: Copied[] = [];
  for (let i = 0; i < source.length; i++) {
    const item = copyAny(source[i], limits, bare, room);
    if (item === undefined) return undefined;
    list.push(item);
  }
  if (bare) Object.setPrototypeOf(list, null);
  return list;
}

function copyRecord(source: AnyRecord, limits: BodyLimits, bare: boolean, room: number): Copied | undefined {
  const keys = Object.keys(source);
  if (keys.length > limits.mapEntries || Object.getOwnPropertySymbols(source).length > 0) return undefined;
  const record: { [key: string]: Copied } = {};
  if (bare) Object.setPrototypeOf(record, null);
  for (const key of keys) {
    if (key === "__proto__" || !key.isWellFormed()) return undefined;
    const member = source[key];
    if (member === undefined) continue;
    const item = copyAny(member, limits, bare, room);
    if (item === undefined) return undefined;
    record[key] = item;
  }
  return record;
}
