/**
 * Proofs over the payloads of HELLO and CHALLENGE (section 4).
 *
 * @module
 */
import { createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import * as build from "../../src/wire/build.ts";
import { encodePayload } from "../../src/wire/frame.ts";
import { hex, octetsOf } from "./format.ts";

/** One proof, with all that it is made of. */
export interface ProofVector {
  readonly name: string;
  readonly method: string;
  readonly keyId: string;
  /** The shared secret, as text. */
  readonly secret?: string;
  /** The seed of the private key, and the public key, both 32 octets. */
  readonly seed?: string;
  readonly publicKey?: string;
  /** Payloads as they crossed the wire. */
  readonly hello: string;
  readonly challenge: string;
  /** The octets that are keyed or signed. */
  readonly transcript: string;
  readonly proof: string;
}

const nonce = octetsOf("000102030405060708090a0b0c0d0e0f");
const other = octetsOf("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
const hello = encodePayload(
  build.hello({ nonce, tag: octetsOf("1112131415161718"), features: ["delivery"], limits: { replay: 4_194_304 } }),
);
const challenge = encodePayload(
  build.challenge({
    clientNonce: nonce,
    nonce: other,
    tag: octetsOf("2122232425262728"),
    features: ["delivery"],
    audience: "gateway.example:443",
  }),
);

function transcript(method: string, keyId: string): Buffer {
  const fields = ["turnmux/1 client proof", method, keyId].map((field) => Buffer.from(field));
  return Buffer.concat(
    [...fields, Buffer.from(hello), Buffer.from(challenge)].flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, field];
    }),
  );
}

function token(name: string, keyId: string, secret: string): ProofVector {
  const octets = transcript("token", keyId);
  const proof = createHmac("sha256", Buffer.from(secret)).update(octets).digest();
  const fixed = { hello: hex(hello), challenge: hex(challenge), transcript: hex(octets), proof: hex(proof) };
  return { name, method: "token", keyId, secret, ...fixed };
}

function ed25519(name: string, keyId: string, seed: string): ProofVector {
  const octets = transcript("ed25519", keyId);
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = hex(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
  const proof = hex(sign(null, octets, key));
  const fixed = { hello: hex(hello), challenge: hex(challenge), transcript: hex(octets), proof };
  return { name, method: "ed25519", keyId, seed, publicKey, ...fixed };
}

/** The vectors of proofs. */
export function proofVectors(): readonly ProofVector[] {
  return [
    token("a shared secret", "conformance", "turnmux-conformance-secret"),
    token("a shared secret that is not ASCII, and an empty key id", "", "s\u00e9cret \u{1f600}"),
    ed25519("a private key", "device", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
  ];
}
