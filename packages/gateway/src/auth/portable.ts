/**
 * Methods of proof as data, which another thread can make the same method of.
 *
 * @module
 */

import type { Grant, ProofMethod } from "./proof-method.ts";

/** What a method was made from, where that was no function. Holds secrets: it is for memory alone. */
export type AuthData =
  | { readonly kind: "token"; readonly tokens: Readonly<Record<string, Grant & { readonly secret: string }>> }
  | { readonly kind: "ed25519"; readonly keys: Readonly<Record<string, Grant & { readonly publicKey: Uint8Array }>> };

const known = new WeakMap<ProofMethod, AuthData>();

/** Remembers what a method was made from. */
export function withAuthData(method: ProofMethod, data: AuthData): ProofMethod {
  known.set(method, data);
  return method;
}

/** What a method was made from; undefined for one with a lookup, and for one of the application's own. */
export function authDataOf(method: ProofMethod): AuthData | undefined {
  return known.get(method);
}
