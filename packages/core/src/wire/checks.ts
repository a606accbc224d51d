/**
 * What writers check before a field goes out, the same on every carriage: what the peer would have to refuse is refused here.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import { fits } from "./limits.ts";

/** Throws {@link UsageError} for a field of a frame that local code built. */
export function misuse(subject: string, field: string, expectation: string): never {
  throw new UsageError(`${subject}: "${field}" must be ${expectation}`);
}

/** An integer from 0 to 2^53-1, or else throws {@link UsageError}. */
export function checkUint(subject: string, field: string, value: number | undefined): number {
  if (value === undefined || !Number.isSafeInteger(value) || value < 0) {
    misuse(subject, field, "an integer from 0 to 2^53-1");
  }
  return value;
}

/** A boolean, or else throws {@link UsageError}. */
export function checkBool(subject: string, field: string, value: boolean | undefined): boolean {
  if (typeof value !== "boolean") misuse(subject, field, "a boolean");
  return value;
}

/** Well-formed text of at most `limit` octets in UTF-8, or else throws {@link UsageError}. */
export function checkStr(subject: string, field: string, limit: number, value: string | undefined): string {
  if (typeof value !== "string" || !fits(value, limit)) {
    misuse(subject, field, `a well-formed string of at most ${limit} octets`);
  }
  return value;
}

/** From `least` to `most` octets, or else throws {@link UsageError}. */
export function checkOctets(
  subject: string,
  field: string,
  least: number,
  most: number,
  value: Uint8Array | undefined,
): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < least || value.length > most) {
    misuse(subject, field, `a Uint8Array of ${lengthOf(least, most)}`);
  }
  return value;
}

/** `"16 octets"`, or `"at most 4096 octets"`. */
export function lengthOf(least: number, most: number): string {
  return least === most ? `${most} octets` : `at most ${most} octets`;
}

/** An integer from 0 to 255, or else throws {@link UsageError}. */
export function checkOctet(subject: string, field: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 255) misuse(subject, field, "an integer from 0 to 255");
  return value;
}
