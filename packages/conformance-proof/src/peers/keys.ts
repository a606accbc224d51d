/**
 * Who may prove who they are to a gateway under test.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** What a key entitles to. */
export interface KeyGrant {
  readonly principal: string;
  readonly scopes: readonly string[];
}

const CONFORMANCE: KeyGrant = { principal: "conformance", scopes: ["test"] };

/** Shared secrets, by key id. */
export const TOKENS: Readonly<Record<string, KeyGrant & { readonly secret: string }>> = {
  conformance: { ...CONFORMANCE, secret: "turnmux-conformance-secret" },
  wide: { ...CONFORMANCE, scopes: ["test", "test.secret"], secret: "turnmux-conformance-wide" },
  stranger: { principal: "stranger", scopes: ["test"], secret: "turnmux-conformance-stranger" },
};

/** What a host vouches for. */
export const HOST_GRANT: KeyGrant = CONFORMANCE;

/** What stands before the 32 octets of a private key in PKCS#8 (RFC 8410). */
const PKCS8_START = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** The public key of the device whose private key's octets are 0 to 31. */
export function devicePublicKey(): KeyObject {
  const der = Buffer.concat([PKCS8_START, Uint8Array.from({ length: 32 }, (_, index) => index)]);
  return createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}
