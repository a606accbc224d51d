/**
 * Values in JSON (section 9).
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { encodeUtf8, readUtf8 } from "../wire/utf8.ts";
import type { BodyLimits } from "./limits.ts";
import type { Value } from "./value.ts";

/** Encodes what `inspect` has found plain. The octets may be a view of a larger buffer, of 8 KiB. */
export function encodeJson(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value));
}

/** Decodes. Throws ProtocolViolation CONT-003 or CONT-004. */
export function decodeJson(octets: Uint8Array, limits: BodyLimits): Value {
  const text = readUtf8(octets, 0, octets.length);
  if (text === undefined) fail("CONT-003", "must be well-formed UTF-8");
  let value: Value;
  try {
    // Of the types of Value, JSON.parse gives nothing but those.
    value = JSON.parse(text) as Value;
  } catch {
    fail("CONT-003", "must parse");
  }
  // Without an escape no string can be ill-formed, since the text as a whole is not.
  check(value, limits, text.includes("\\u"), limits.depth);
  return value;
}

function fail(requirement: string, expectation: string): never {
  throw new ProtocolViolation(requirement, `JSON: ${expectation}`);
}

function check(value: Value | undefined, limits: BodyLimits, escapes: boolean, room: number): void {
  if (typeof value === "string") {
    if (escapes && !value.isWellFormed()) fail("CONT-003", "strings must be well-formed");
    return;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) fail("CONT-003", "numbers must fit into a 64-bit float");
    return;
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  if (room === 0) fail("CONT-004", `content must not nest deeper than ${limits.depth}`);
  if (isList(value)) {
    if (value.length > limits.arrayEntries)
      fail("CONT-004", `an array must have at most ${limits.arrayEntries} entries`);
    for (let i = 0; i < value.length; i++) check(value[i], limits, escapes, room - 1);
    return;
  }
  let entries = 0;
  for (const key in value) {
    if (key === "__proto__") fail("CONT-004", "the key __proto__ is not allowed");
    if (escapes && !key.isWellFormed()) fail("CONT-003", "strings must be well-formed");
    if (++entries > limits.mapEntries) fail("CONT-004", `a map must have at most ${limits.mapEntries} entries`);
    check(value[key], limits, escapes, room - 1);
  }
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}
