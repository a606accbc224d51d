/**
 * Proof by a secret that both sides know.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";
import { checkKeyId, type ClientAuth, copyOf, webCrypto } from "./client-auth.ts";

/**
 * Proves knowledge of a shared secret by HMAC-SHA-256 (AUTH-001); the secret itself never leaves this process.
 *
 * `keyId` says which of the gateway's tokens this is; the empty one, the default, is the gateway's only one. Whoever
 * records a handshake can try secrets at leisure, so take a random one of at least 128 bits, not a password.
 *
 * Throws {@link UsageError} for an empty secret.
 */
export function sharedToken(token: string, keyId: string = ""): ClientAuth {
  if (typeof token !== "string" || token === "" || !token.isWellFormed()) {
    throw new UsageError("A shared token is well-formed text, and not empty");
  }
  return new SharedToken(token, checkKeyId(keyId));
}

class SharedToken implements ClientAuth {
  readonly method = "token";
  readonly keyId: string;
  readonly #token: string;
  #key: Promise<CryptoKey> | undefined;

  constructor(token: string, keyId: string) {
    this.#token = token;
    this.keyId = keyId;
  }

  async prove(octets: Uint8Array): Promise<Uint8Array> {
    const subtle = webCrypto();
    this.#key ??= subtle.importKey(
      "raw",
      new TextEncoder().encode(this.#token),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    return new Uint8Array(await subtle.sign("HMAC", await this.#key, copyOf(octets)));
  }
}
