/**
 * Values in JSON (section 9).
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { excess } from "../wire/nesting.ts";
import { encodeUtf8, readUtf8 } from "../wire/utf8.ts";
import { type BodyLimits, tooMany } from "./limits.ts";
import type { Value } from "./value.ts";

/**
 * Encodes what `inspect` has found plain, or answers undefined where a string inside is not well-formed. The octets may be a
 * view of a larger buffer, of 8 KiB.
 */
export function encodeJson(value: unknown): Uint8Array | undefined {
  const text = JSON.stringify(value);
  // Half of a surrogate pair becomes an escape. So do these characters where a string has them, which then is looked at.
  if (text.includes("\\ud") && !isWellFormed(JSON.parse(text))) return undefined;
  return encodeUtf8(text);
}

/** Whether all strings in what JSON.parse gave are well-formed. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member));
}

/** Decodes. Throws ProtocolViolation CONT-003 or CONT-004. */
export function decodeJson(octets: Uint8Array, limits: BodyLimits): Value {
  const text = readUtf8(octets, 0, octets.length);
  if (text === undefined) fail("CONT-003", "must be well-formed UTF-8");
  const beyond = excess(text, limits.depth, limits.containers);
  if (beyond === "depth") tooDeep(limits);
  if (beyond === "containers") fail("CONT-004", tooMany(limits));
  let value: Parsed;
  try {
    value = JSON.parse(text) as Parsed;
  } catch {
    fail("CONT-003", "must parse");
  }
  // Without an escape no string can be ill-formed, since the text as a whole is not.
  check(value, limits, text.includes("\\u"), limits.depth);
  return isNegativeZero(value) ? 0 : value;
}

/** What JSON.parse gives, and nobody else has yet. */
type Parsed = null | boolean | number | string | Parsed[] | { [key: string]: Parsed };

function fail(requirement: string, expectation: string): never {
  throw new ProtocolViolation(requirement, `JSON: ${expectation}`);
}

function tooDeep(limits: BodyLimits): never {
  fail("CONT-004", `content must not nest deeper than ${limits.depth}`);
}

/** Refuses what is no value, or beyond a limit; and makes zeros of negative zeros inside. */
function check(value: Parsed | undefined, limits: BodyLimits, escapes: boolean, room: number): void {
  if (typeof value === "string") {
    if (escapes && !value.isWellFormed()) fail("CONT-003", "strings must be well-formed");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) fail("CONT-003", "numbers must fit into a 64-bit float");
  } else if (typeof value === "object" && value !== null) {
    if (room === 0) tooDeep(limits);
    if (Array.isArray(value)) checkList(value, limits, escapes, room - 1);
    else checkRecord(value, limits, escapes, room - 1);
  }
}

function checkList(list: Parsed[], limits: BodyLimits, escapes: boolean, room: number): void {
  if (list.length > limits.arrayEntries) fail("CONT-004", `an array must have at most ${limits.arrayEntries} entries`);
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    check(item, limits, escapes, room);
    if (isNegativeZero(item)) list[i] = 0;
  }
}

function checkRecord(record: { [key: string]: Parsed }, limits: BodyLimits, escapes: boolean, room: number): void {
  let entries = 0;
  for (const key in record) {
    if (key === "__proto__") fail("CONT-004", "the key __proto__ is not allowed");
    if (escapes && !key.isWellFormed()) fail("CONT-003", "strings must be well-formed");
    if (++entries > limits.mapEntries) fail("CONT-004", `a map must have at most ${limits.mapEntries} entries`);
    const member = record[key];
    check(member, limits, escapes, room);
    if (isNegativeZero(member)) record[key] = 0;
  }
}

function isNegativeZero(value: unknown): boolean {
  return value === 0 && Object.is(value, -0);
}
