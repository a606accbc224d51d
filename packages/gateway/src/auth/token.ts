/**
 * Proof by a shared secret, as the gateway checks it.
 *
 * @module
 */

import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { UsageError } from "@turnmux/core";
import { type KeyLookup, keyring } from "./keyring.ts";
import { withAuthData } from "./portable.ts";
import type { Grant, ProofMethod, ProofRequest } from "./proof-method.ts";

/** A shared secret, and what it entitles to. */
export interface TokenEntry extends Grant {
  /**
   * The secret, as the client has it. Whoever records a handshake can try secrets at leisure, so take a random one of at least
   * 128 bits, not a password.
   */
  readonly secret: string;
}

/** The tokens of {@link tokenAuth}, by key id. */
export interface TokenOptions {
  readonly tokens: Readonly<Record<string, TokenEntry>> | KeyLookup<TokenEntry>;
}

/**
 * Accepts proofs by shared secrets: HMAC-SHA-256 over the transcript (AUTH-001).
 *
 * `tokenAuth("secret", grant)` is for a single token; its key id is the empty one, which clients use by default. For
 * more, or to replace one without a gap, give each a key id.
 *
 * The key id, the secret and the proof leave no trace in what it returns, throws or takes in time (AUTH-003, AUTH-006).
 * Throws {@link UsageError} for an empty secret in a record; a lookup that yields one rejects in `verify`.
 */
export function tokenAuth(secret: string, grant: Grant): ProofMethod;
export function tokenAuth(options: TokenOptions): ProofMethod;
export function tokenAuth(first: string | TokenOptions, grant?: Grant): ProofMethod {
  if (typeof first !== "string") {
    const { tokens } = first;
    if (typeof tokens === "function") return new TokenMethod(tokens);
    Object.values(tokens).forEach(checkEntry);
    return recordOf(tokens);
  }
  if (grant === undefined) throw new UsageError("tokenAuth(secret, grant): say whom the secret stands for");
  const entry = { ...grant, secret: first };
  checkEntry(entry);
  return recordOf({ "": entry });
}

function recordOf(tokens: Readonly<Record<string, TokenEntry>>): ProofMethod {
  const entries = Object.entries(tokens).map(([keyId, { secret, principal, scopes, expiresAt }]) => {
    return [keyId, { secret, principal, scopes: [...scopes], expiresAt }] as const;
  });
  return withAuthData(new TokenMethod(keyring(tokens)), { kind: "token", tokens: Object.fromEntries(entries) });
}

const PROOF_OCTETS = 32;

class TokenMethod implements ProofMethod {
  readonly name = "token";
  readonly #lookup: KeyLookup<TokenEntry>;
  /** Stands in for a key that nobody has, so that the work is the same. */
  readonly #nobody: TokenEntry = { principal: "", scopes: [], secret: randomBytes(24).toString("base64url") };

  constructor(lookup: KeyLookup<TokenEntry>) {
    this.#lookup = lookup;
  }

  async verify({ keyId, proof, octets }: ProofRequest): Promise<Grant | undefined> {
    const found = await this.#lookup(keyId);
    if (found !== undefined) checkEntry(found);
    const { secret, principal, scopes, expiresAt } = found ?? this.#nobody;
    const right = createHmac("sha256", secretKey(secret)).update(octets).digest();
    const given = new Uint8Array(PROOF_OCTETS);
    given.set(proof.subarray(0, PROOF_OCTETS));
    const equal = timingSafeEqual(given, right);
    if (!equal || proof.length !== PROOF_OCTETS || found === undefined) return undefined;
    return { principal, scopes, expiresAt };
  }
}

function secretKey(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, "utf8"));
}

function checkEntry(entry: TokenEntry): void {
  if (typeof entry.secret !== "string" || entry.secret === "" || !entry.secret.isWellFormed()) {
    throw new UsageError("A token's secret is well-formed text, and not empty");
  }
}
