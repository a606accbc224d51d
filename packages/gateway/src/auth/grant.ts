/**
 * Whether a grant is one.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";
import type { Grant } from "./proof-method.ts";

/** The longest string that WELCOME can carry, in octets of UTF-8 (FRAME-009). */
const MAX_STRING_OCTETS = 1024;

/** A host, a lookup or a method of the application's own may be wrong, and nobody may be let in by that. Throws {@link UsageError}. */
export function checkGrant({ principal, scopes, expiresAt }: Grant): void {
  if (!isName(principal)) throw new UsageError(`A grant's principal is ${NAME}`);
  checkScopes(scopes);
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new UsageError("A grant's expiresAt is a number of milliseconds since the epoch");
  }
}

/** Throws {@link UsageError} when the scopes are none that WELCOME can carry. */
export function checkScopes(scopes: readonly string[]): void {
  if (!Array.isArray(scopes) || !scopes.every(isName))
    throw new UsageError(`A grant's scopes are an array, each ${NAME}`);
}

const NAME = `well-formed text of 1 to ${MAX_STRING_OCTETS} octets`;

function isName(value: unknown): boolean {
  return (
    typeof value === "string" && value !== "" && value.isWellFormed() && Buffer.byteLength(value) <= MAX_STRING_OCTETS
  );
}
