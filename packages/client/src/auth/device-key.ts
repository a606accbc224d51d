/**
 * Proof by a key pair of the device.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";
import { checkKeyId, type ClientAuth, copyOf, webCrypto } from "./client-auth.ts";

/**
 * An Ed25519 private key in any of its usual forms: a key pair or private key of WebCrypto, a JSON Web Key, PKCS#8 as PEM or as
 * octets, or the 32 octets of RFC 8032.
 */
export type DeviceKeySource = CryptoKeyPair | CryptoKey | JsonWebKey | string | Uint8Array;

/** What {@link generateDeviceKey} made. */
export interface DeviceKey {
  /** For {@link deviceKey}, and for storage: IndexedDB keeps a pair as it is, also one that cannot be exported. */
  readonly keys: CryptoKeyPair;
  /** The SHA-256 of the public key, in hexadecimal: the key id that {@link deviceKey} takes by default. */
  readonly keyId: string;
  /** The 32 octets of the public key as base64url, for the gateway's `ed25519Auth`. */
  readonly publicKey: string;
}

const ED25519 = { name: "Ed25519" };

/** PKCS#8 in front of a private key's 32 octets (RFC 8410). */
const PKCS8_START = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/**
 * Proves possession of an Ed25519 key by a signature (AUTH-002).
 *
 * The key id is by default the SHA-256 of the public key's 32 octets, in hexadecimal. A private `CryptoKey` alone that
 * cannot be exported does not tell its public key: pass the pair, or a key id. The key is imported so that it cannot be
 * exported from what is returned.
 *
 * Rejects with {@link UsageError} for anything that is no Ed25519 private key, without showing it.
 */
export async function deviceKey(source: DeviceKeySource, keyId?: string): Promise<ClientAuth> {
  const subtle = webCrypto();
  if (keyId !== undefined) checkKeyId(keyId);
  const { privateKey, publicKey } = await readSource(subtle, source);
  if (keyId !== undefined) return new Ed25519Key(privateKey, keyId);
  if (publicKey === undefined) {
    throw new UsageError("This private key does not tell its public key: pass the key pair, or a key id");
  }
  return new Ed25519Key(privateKey, await keyIdOf(subtle, publicKey));
}

/**
 * Makes a new Ed25519 key.
 *
 * By default the private key cannot be exported, which suits a browser's IndexedDB. Where it goes to a file, ask for
 * `extractable` and store `crypto.subtle.exportKey("pkcs8", keys.privateKey)` where nobody else can read it.
 */
export async function generateDeviceKey(options: { readonly extractable?: boolean } = {}): Promise<DeviceKey> {
  const subtle = webCrypto();
  const keys = await ed25519(() => subtle.generateKey(ED25519, options.extractable ?? false, ["sign", "verify"]));
  if (!isKeyPair(keys)) throw new UsageError(NO_ED25519);
  const publicKey = new Uint8Array(await subtle.exportKey("raw", keys.publicKey));
  return { keys, keyId: await keyIdOf(subtle, publicKey), publicKey: base64url(publicKey) };
}

class Ed25519Key implements ClientAuth {
  readonly method = "ed25519";
  readonly keyId: string;
  readonly #privateKey: CryptoKey;

  constructor(privateKey: CryptoKey, keyId: string) {
    this.#privateKey = privateKey;
    this.keyId = keyId;
  }

  async prove(octets: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(await webCrypto().sign(ED25519, this.#privateKey, copyOf(octets)));
  }
}

interface Imported {
  readonly privateKey: CryptoKey;
  /** The 32 octets, where the source tells them. */
  readonly publicKey: Uint8Array | undefined;
}

async function readSource(subtle: SubtleCrypto, source: DeviceKeySource): Promise<Imported> {
  if (typeof source === "string") return importPkcs8(subtle, pemOctets(source));
  if (source instanceof Uint8Array) return importPkcs8(subtle, source.length === 32 ? pkcs8Of(source) : copyOf(source));
  if (source === null || typeof source !== "object") throw new UsageError(NO_KEY);
  if (isKeyPair(source)) {
    checkPrivate(source.privateKey);
    return {
      privateKey: source.privateKey,
      publicKey: new Uint8Array(await subtle.exportKey("raw", source.publicKey)),
    };
  }
  if (isCryptoKey(source)) {
    checkPrivate(source);
    return { privateKey: source, publicKey: source.extractable ? await publicKeyOf(subtle, source) : undefined };
  }
  if (source.kty !== "OKP" || source.crv !== "Ed25519" || !source.d) {
    throw new UsageError(NO_KEY);
  }
  const { kty, crv, d, x } = source;
  return importBoth(subtle, (extractable) =>
    subtle.importKey("jwk", { kty, crv, d, ...(x === undefined ? {} : { x }) }, ED25519, extractable, ["sign"]),
  );
}

function importPkcs8(subtle: SubtleCrypto, octets: Uint8Array<ArrayBuffer>): Promise<Imported> {
  return importBoth(subtle, (extractable) => subtle.importKey("pkcs8", octets, ED25519, extractable, ["sign"]));
}

/** Once so that the public key can be read from it, and once for keeps. */
async function importBoth(
  subtle: SubtleCrypto,
  importKey: (extractable: boolean) => Promise<CryptoKey>,
): Promise<Imported> {
  const publicKey = await publicKeyOf(subtle, await ed25519(() => importKey(true)));
  return { privateKey: await importKey(false), publicKey };
}

async function publicKeyOf(subtle: SubtleCrypto, privateKey: CryptoKey): Promise<Uint8Array | undefined> {
  const { x } = await subtle.exportKey("jwk", privateKey);
  return x === undefined ? undefined : base64Octets(x.replaceAll("-", "+").replaceAll("_", "/"));
}

async function keyIdOf(subtle: SubtleCrypto, publicKey: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await subtle.digest("SHA-256", copyOf(publicKey)));
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

const NO_KEY =
  "A device key is an Ed25519 private key: a CryptoKey or pair, a JSON Web Key, PKCS#8 (PEM or octets), or 32 octets";
const NO_ED25519 = "The WebCrypto of this runtime has no Ed25519: use sharedToken, or a newer runtime";

/** Runs a step of WebCrypto, and says what to do when it fails. Its own error goes no further: it may quote the key. */
async function ed25519<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const unsupported = error instanceof Error && error.name === "NotSupportedError";
    throw new UsageError(unsupported ? NO_ED25519 : NO_KEY);
  }
}

function isCryptoKey(source: object): source is CryptoKey {
  return "algorithm" in source && "usages" in source && "extractable" in source;
}

function isKeyPair(source: object): source is CryptoKeyPair {
  return "privateKey" in source && "publicKey" in source;
}

function checkPrivate(key: CryptoKey): void {
  if (key.type !== "private" || key.algorithm.name !== "Ed25519" || !key.usages.includes("sign")) {
    throw new UsageError(NO_KEY);
  }
}

function pkcs8Of(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(PKCS8_START.length + seed.length);
  octets.set(PKCS8_START);
  octets.set(seed, PKCS8_START.length);
  return octets;
}

function pemOctets(pem: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(pem)?.[1];
  const octets = body === undefined ? undefined : base64Octets(body.replaceAll(/\s/g, ""));
  if (octets === undefined) throw new UsageError(NO_KEY);
  return octets;
}

function base64Octets(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function base64url(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
