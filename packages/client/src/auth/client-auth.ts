/**
 * How a client proves who it is. `docs/spec.md` section 4.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";

/**
 * One method of proof with one key. The stock ones are `sharedToken` and `deviceKey`; a method of your own needs its
 * counterpart at the gateway, a `ProofMethod` of the same name.
 *
 * An implementation keeps its secret in a private field, so that it shows neither in `util.inspect` nor in JSON (AUTH-006).
 */
export interface ClientAuth {
  /** The method's name, as the gateway's CHALLENGE lists it. */
  readonly method: string;
  /** Names the key to the gateway. At most 1,024 octets of UTF-8; it crosses the wire in the clear. */
  readonly keyId: string;
  /**
   * The proof over the octets of the transcript, at most 4,096 octets. Called once for each handshake, with octets that the
   * callee may keep. A rejection ends the attempt to connect; its message must not hold a secret.
   */
  prove(octets: Uint8Array): Promise<Uint8Array>;
}

const MAX_KEY_ID_OCTETS = 1024;

/** Returns the key id, or throws {@link UsageError} when it does not fit into PROOF (FRAME-009). */
export function checkKeyId(keyId: string): string {
  if (!keyId.isWellFormed() || new TextEncoder().encode(keyId).length > MAX_KEY_ID_OCTETS) {
    throw new UsageError(`A key id is well-formed text of at most ${MAX_KEY_ID_OCTETS} octets of UTF-8`);
  }
  return keyId;
}

/** WebCrypto. Throws {@link UsageError} where there is none: browsers have it on secure pages only. */
export function webCrypto(): SubtleCrypto {
  const { crypto }: { readonly crypto?: { readonly subtle?: SubtleCrypto | undefined } | undefined } = globalThis;
  if (crypto?.subtle === undefined) {
    throw new UsageError("There is no WebCrypto here. Browsers have it on pages from https or localhost only");
  }
  return crypto.subtle;
}

/** A copy that WebCrypto takes: it refuses shared memory. */
export function copyOf(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(octets);
}
