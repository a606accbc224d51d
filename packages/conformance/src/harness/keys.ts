/**
 * The keys with which a peer under test is asked to prove, or to recognise, who somebody is. `docs/spec.md` section 15.
 *
 * @module
 */
import { createHmac, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

/** A key that the suite and the peer under test have in common. */
export interface SuiteKey {
  readonly keyId: string;
  readonly method: "token" | "ed25519";
  readonly principal: string;
  readonly scopes: readonly string[];
  /** The shared secret; for ed25519 the seed, in hex. */
  readonly secret: string;
}

const SEED = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/** By key id. */
export const KEYS: {
  readonly conformance: SuiteKey;
  readonly wide: SuiteKey;
  readonly stranger: SuiteKey;
  readonly device: SuiteKey;
} = {
  conformance: {
    keyId: "conformance",
    method: "token",
    principal: "conformance",
    scopes: ["test"],
    secret: "turnmux-conformance-secret",
  },
  wide: {
    keyId: "wide",
    method: "token",
    principal: "conformance",
    scopes: ["test", "test.secret"],
    secret: "turnmux-conformance-wide",
  },
  stranger: {
    keyId: "stranger",
    method: "token",
    principal: "stranger",
    scopes: ["test"],
    secret: "turnmux-conformance-stranger",
  },
  device: { keyId: "device", method: "ed25519", principal: "conformance", scopes: ["test"], secret: SEED },
};

/** The octets of section 4 that a proof is made over. */
export function transcript(method: string, keyId: string, hello: Uint8Array, challenge: Uint8Array): Uint8Array {
  const fields = ["turnmux/1 client proof", method, keyId].map((field) => Buffer.from(field, "utf8"));
  const parts = [...fields, Buffer.from(hello), Buffer.from(challenge)].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat(parts);
}

function privateKey(seedHex: string): ReturnType<typeof createPrivateKey> {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seedHex, "hex")]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** The proof of a key over these payloads (AUTH-001, AUTH-002). */
export function prove(key: SuiteKey, hello: Uint8Array, challenge: Uint8Array): Uint8Array {
  const octets = transcript(key.method, key.keyId, hello, challenge);
  if (key.method === "token") return createHmac("sha256", key.secret).update(octets).digest();
  return sign(null, octets, privateKey(key.secret));
}

/** Whether a proof is the key's own over these payloads. */
export function proves(key: SuiteKey, proof: Uint8Array, hello: Uint8Array, challenge: Uint8Array): boolean {
  const octets = transcript(key.method, key.keyId, hello, challenge);
  if (key.method === "token") return createHmac("sha256", key.secret).update(octets).digest().equals(proof);
  return verify(null, octets, createPublicKey(privateKey(key.secret)), proof);
}
