/**
 * Whether something is a value: quickly, since every call pays for it twice. {@link explain} finds the words.
 *
 * @module
 */

import { isOctets, kindOf } from "./kind.ts";
import type { BodyLimits } from "./limits.ts";

/** What {@link inspect} found. */
export const Found = {
  /** No value. */
  nothing: 0,
  /** A value that JSON can carry. */
  plain: 1,
  /** A value with octets inside. */
  octets: 2,
} as const;

/** One of {@link Found}. */
export type Finding = (typeof Found)[keyof typeof Found];

/** Inspects what local code wants to send (CONT-001). Throws what an accessor of the value throws. */
export function inspect(value: unknown, limits: BodyLimits): Finding {
  return walk(value, limits, limits.depth);
}

function walk(value: unknown, limits: BodyLimits, room: number): Finding {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? Found.plain : Found.nothing;
    case "number":
      return Number.isFinite(value) ? Found.plain : Found.nothing;
    case "boolean":
      return Found.plain;
    case "object":
      if (value === null) return Found.plain;
      break;
    default:
      return Found.nothing;
  }
  const kind = kindOf(value);
  if (kind === "octets") return Found.octets;
  if (kind === undefined || room === 0) return Found.nothing;
  let found: Finding = Found.plain;
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (list.length > limits.arrayEntries) return Found.nothing;
    for (let i = 0; i < list.length; i++) {
      const inner = walk(list[i], limits, room - 1);
      if (inner === Found.nothing) return Found.nothing;
      if (inner === Found.octets) found = Found.octets;
    }
    return found;
  }
  const keys = Object.keys(value);
  if (keys.length > limits.mapEntries || Object.getOwnPropertySymbols(value).length > 0) return Found.nothing;
  for (const key of keys) {
    if (key === "__proto__" || !key.isWellFormed()) return Found.nothing;
    const member: unknown = Reflect.get(value, key);
    if (member === undefined) continue;
    const inner = walk(member, limits, room - 1);
    if (inner === Found.nothing) return Found.nothing;
    if (inner === Found.octets) found = Found.octets;
  }
  return found;
}

/** Why what JSON.parse gave is refused: a requirement and what was expected. */
export type Refusal = readonly [requirement: string, expectation: string];

/** Inspects what JSON.parse gave (CONT-003 and CONT-004). `escapes`: strings may hold lone surrogates. */
export function refusalOf(
  value: unknown,
  limits: BodyLimits,
  escapes: boolean,
  room: number = limits.depth,
): Refusal | undefined {
  if (typeof value === "string") {
    return escapes && !value.isWellFormed() ? ["CONT-003", "strings must be well-formed"] : undefined;
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : ["CONT-003", "numbers must fit into a 64-bit float"];
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (room === 0) return ["CONT-004", `content must not nest deeper than ${limits.depth}`];
  if (Array.isArray(value)) {
    if (value.length > limits.arrayEntries)
      return ["CONT-004", `an array must have at most ${limits.arrayEntries} entries`];
    for (const item of value) {
      const refusal = refusalOf(item, limits, escapes, room - 1);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }
  let count = 0;
  for (const key in value) {
    if (key === "__proto__") return ["CONT-004", "the key __proto__ is not allowed"];
    if (escapes && !key.isWellFormed()) return ["CONT-003", "strings must be well-formed"];
    if (++count > limits.mapEntries) return ["CONT-004", `a map must have at most ${limits.mapEntries} entries`];
    const refusal = refusalOf(Reflect.get(value, key), limits, escapes, room - 1);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** A copy that shares nothing that can change; undefined where it is no value. The caller has told `value` from undefined. */
export function copy(value: unknown, limits: BodyLimits, room: number, bare: boolean): Copied | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? value : undefined;
    case "number":
      return Number.isFinite(value) ? value + 0 : undefined; // -0 + 0 is 0
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      break;
    default:
      return undefined;
  }
  if (isOctets(value)) return new Uint8Array(value);
  if (kindOf(value) === undefined || room === 0) return undefined;
  if (Array.isArray(value)) {
    const source: readonly unknown[] = value;
    if (source.length > limits.arrayEntries) return undefined;
    const list: Copied[] = [];
    if (bare) Object.setPrototypeOf(list, null);
    for (let i = 0; i < source.length; i++) {
      const item = copy(source[i], limits, room - 1, bare);
      if (item === undefined) return undefined;
      list[i] = item;
    }
    return list;
  }
  const keys = Object.keys(value);
  if (keys.length > limits.mapEntries || Object.getOwnPropertySymbols(value).length > 0) return undefined;
  const record: Record<string, Copied> = bare ? (Object.create(null) as Record<string, Copied>) : {};
  for (const key of keys) {
    if (key === "__proto__" || !key.isWellFormed()) return undefined;
    const member: unknown = Reflect.get(value, key);
    if (member === undefined) continue;
    const item = copy(member, limits, room - 1, bare);
    if (item === undefined) return undefined;
    record[key] = item;
  }
  return record;
}

/** What {@link copy} makes. */
export type Copied = null | boolean | number | string | Uint8Array | Copied[] | { [key: string]: Copied };
