/**
 * Whether something is a value: quickly, since every call pays for it. `explain.ts` finds the words where it is not.
 *
 * @module
 */

import { type AnyRecord, kindOf } from "./kind.ts";
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

/** Arrays, objects and octets that the inspection at work has met. */
let met = 0;

/**
 * Inspects what local code wants to send (CONT-001), in a realm that `isRealmClean`. Whether strings are well-formed is for
 * who encodes them to say: the encoders see that anyway, and asking string by string costs more than all the rest. Throws
 * what an accessor of the value throws.
 */
export function inspect(value: unknown, limits: BodyLimits): Finding {
  const before = met; // of an inspection whose accessor has led here
  met = 0;
  try {
    return look(value, limits, limits.depth);
  } finally {
    met = before;
  }
}

/** `room`: how many more arrays and objects may be around something. */
function look(value: unknown, limits: BodyLimits, room: number): Finding {
  switch (typeof value) {
    case "string":
    case "boolean":
      return Found.plain;
    case "number":
      return Number.isFinite(value) ? Found.plain : Found.nothing;
    case "object":
      if (value === null) return Found.plain;
      break;
    default:
      return Found.nothing;
  }
  if (++met > limits.containers) return Found.nothing;
  const kind = kindOf(value);
  if (kind === "octets") return Found.octets;
  if (kind === undefined || room === 0) return Found.nothing;
  return Array.isArray(value)
    ? inspectList(value, limits, room - 1)
    : inspectRecord(value as AnyRecord, limits, room - 1);
}

function inspectList(list: readonly unknown[], limits: BodyLimits, room: number): Finding {
  if (list.length > limits.arrayEntries) return Found.nothing;
  let found: Finding = Found.plain;
  for (let i = 0; i < list.length; i++) {
    const inner = look(list[i], limits, room);
    if (inner === Found.nothing) return inner;
    if (inner === Found.octets) found = inner;
  }
  return found;
}

function inspectRecord(record: AnyRecord, limits: BodyLimits, room: number): Finding {
  if (Object.getOwnPropertySymbols(record).length > 0) return Found.nothing;
  let found: Finding = Found.plain;
  let entries = 0;
  for (const key in record) {
    if (++entries > limits.mapEntries || key === "__proto__") return Found.nothing;
    const member = record[key];
    if (member === undefined) continue;
    const inner = look(member, limits, room);
    if (inner === Found.nothing) return inner;
    if (inner === Found.octets) found = inner;
  }
  return found;
}
