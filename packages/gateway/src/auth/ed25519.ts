/**
 * Proof by a device's key pair, as the gateway checks it.
 *
 * @module
 */

import { createHash, createPublicKey, generateKeyPairSync, KeyObject, verify } from "node:crypto";
import { UsageError } from "@turnmux/core";
import { type KeyLookup, keyring } from "./keyring.ts";
import { withAuthData } from "./portable.ts";
import type { Grant, ProofMethod, ProofRequest } from "./proof-method.ts";

/**
 * An Ed25519 public key: the 32 octets, also as base64 or base64url; SubjectPublicKeyInfo as PEM or as octets; a JSON Web Key;
 * or Node's `KeyObject`.
 */
export type DevicePublicKey = Uint8Array | string | JsonWebKeyLike | KeyObject;

/** A JSON Web Key of an Ed25519 key (RFC 8037). Other members are ignored, also the private `d`. */
export interface JsonWebKeyLike {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
}

/** A device's key, and what it entitles to. */
export interface DeviceEntry extends Grant {
  readonly publicKey: DevicePublicKey;
}

/** The devices of {@link ed25519Auth}: by key id, or as a list whose key ids are those of {@link deviceKeyId}. */
export interface Ed25519Options {
  readonly keys: readonly DeviceEntry[] | Readonly<Record<string, DeviceEntry>> | KeyLookup<DeviceEntry>;
}

/**
 * Accepts proofs by device keys: an Ed25519 signature over the transcript (AUTH-002).
 *
 * Throws {@link UsageError} for a key in a list or record that is none; a lookup that yields one rejects in `verify`.
 */
export function ed25519Auth(options: Ed25519Options): ProofMethod {
  const { keys } = options;
  if (typeof keys === "function") return new Ed25519Method(lookupOf(keys));
  const devices = devicesOf(keys);
  const data = Object.entries(devices).map(([keyId, { key, grant }]) => {
    return [keyId, { ...grant, scopes: [...grant.scopes], publicKey: new Uint8Array(rawOctets(key)) }] as const;
  });
  const method = new Ed25519Method(keyring(devices));
  return withAuthData(method, { kind: "ed25519", keys: Object.fromEntries(data) });
}

/** The key id that clients use by default: the SHA-256 of the public key's 32 octets, in hexadecimal. Throws {@link UsageError}. */
export function deviceKeyId(publicKey: DevicePublicKey): string {
  return createHash("sha256")
    .update(rawOctets(publicKeyOf(publicKey)))
    .digest("hex");
}

interface Device {
  readonly key: KeyObject;
  readonly grant: Grant;
}

class Ed25519Method implements ProofMethod {
  readonly name = "ed25519";
  readonly #lookup: KeyLookup<Device>;
  /** Stands in for a key that nobody has, so that the work is the same. */
  readonly #nobody: KeyObject = generateKeyPairSync("ed25519").publicKey;

  constructor(lookup: KeyLookup<Device>) {
    this.#lookup = lookup;
  }

  async verify({ keyId, proof, octets }: ProofRequest): Promise<Grant | undefined> {
    const found = await this.#lookup(keyId);
    const valid = verify(null, octets, found?.key ?? this.#nobody, proof);
    return valid ? found?.grant : undefined;
  }
}

function lookupOf(keys: KeyLookup<DeviceEntry>): KeyLookup<Device> {
  // Read for nobody as well, so that an unknown key id costs the same.
  const nobody = { principal: "", scopes: [], publicKey: rawOctets(generateKeyPairSync("ed25519").publicKey) };
  return async (keyId) => {
    const found = await keys(keyId);
    const device = deviceOf(found ?? nobody);
    return found === undefined ? undefined : device;
  };
}

function devicesOf(keys: Exclude<Ed25519Options["keys"], KeyLookup<DeviceEntry>>): Readonly<Record<string, Device>> {
  const devices: [string, Device][] = isList(keys)
    ? keys.map((entry) => [deviceKeyId(entry.publicKey), deviceOf(entry)])
    : Object.entries(keys).map(([keyId, entry]) => [keyId, deviceOf(entry)]);
  return Object.fromEntries(devices);
}

function isList(keys: Exclude<Ed25519Options["keys"], KeyLookup<DeviceEntry>>): keys is readonly DeviceEntry[] {
  return Array.isArray(keys);
}

function deviceOf({ publicKey, principal, scopes, expiresAt }: DeviceEntry): Device {
  return { key: publicKeyOf(publicKey), grant: { principal, scopes, expiresAt } };
}

const RAW_OCTETS = 32;

function publicKeyOf(source: DevicePublicKey): KeyObject {
  let key: KeyObject;
  try {
    key = read(source);
  } catch {
    // What the parser says may quote what it was given, and that may be a private key.
    throw new UsageError(NO_KEY);
  }
  if (key.type !== "public" || key.asymmetricKeyType !== "ed25519") throw new UsageError(NO_KEY);
  return key;
}

const NO_KEY =
  "A device's public key is Ed25519: 32 octets (also as base64), SubjectPublicKeyInfo (PEM or octets), a JSON Web Key, or a KeyObject";

function read(source: DevicePublicKey): KeyObject {
  if (source instanceof KeyObject) return source.type === "private" ? createPublicKey(source) : source;
  if (source instanceof Uint8Array) {
    if (source.length === RAW_OCTETS) return rawKey(Buffer.from(source).toString("base64url"));
    return createPublicKey({ key: Buffer.from(source), format: "der", type: "spki" });
  }
  if (typeof source !== "string")
    return rawKey(source.kty === "OKP" && source.crv === "Ed25519" ? source.x : undefined);
  if (source.includes("-----BEGIN PUBLIC KEY-----")) return createPublicKey(source);
  return rawKey(source.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""));
}

function rawKey(x: string | undefined): KeyObject {
  if (x === undefined || Buffer.from(x, "base64url").length !== RAW_OCTETS) throw new UsageError(NO_KEY);
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

function rawOctets(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url");
}
