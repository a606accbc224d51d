import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { inspect } from "node:util";
import { UsageError } from "@turnmux/core";
import { describe, expect, it } from "vitest";
import { deviceKeyId, type DevicePublicKey, ed25519Auth } from "../../src/auth/ed25519.ts";

const grant = { principal: "ana", scopes: ["cron.read"] };
const octets = Buffer.from("the transcript");

/** RFC 8032, section 7.1, TEST 3. */
const vector = {
  publicKey: Buffer.from("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "hex"),
  message: Buffer.from("af82", "hex"),
  signature: Buffer.from(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    "hex",
  ),
};

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const x = publicKey.export({ format: "jwk" }).x ?? "";
const keyId = createHash("sha256").update(Buffer.from(x, "base64url")).digest("hex");
const right = sign(null, octets, privateKey);

const forms: Record<string, DevicePublicKey> = {
  "a KeyObject": publicKey,
  "a private KeyObject": privateKey,
  "32 octets": new Uint8Array(Buffer.from(x, "base64url")),
  base64url: x,
  base64: Buffer.from(x, "base64url").toString("base64"),
  PEM: String(publicKey.export({ format: "pem", type: "spki" })),
  "SubjectPublicKeyInfo octets": new Uint8Array(publicKey.export({ format: "der", type: "spki" })),
  "a JSON Web Key": publicKey.export({ format: "jwk" }),
};

describe("ed25519Auth", () => {
  it("accepts a signature as RFC 8032 has it (AUTH-002)", async () => {
    const method = ed25519Auth({ keys: { device: { publicKey: vector.publicKey, ...grant } } });
    expect(method.name).toBe("ed25519");
    expect(await method.verify({ keyId: "device", proof: vector.signature, octets: vector.message })).toEqual(grant);
    expect(await method.verify({ keyId: "device", proof: vector.signature, octets })).toBeUndefined();
  });

  for (const [name, form] of Object.entries(forms)) {
    it(`takes a public key as ${name}, in a list, a record and from a lookup`, async () => {
      expect(deviceKeyId(form)).toBe(keyId);
      const entry = { publicKey: form, ...grant };
      for (const keys of [[entry], { [keyId]: entry }, () => entry, () => Promise.resolve(entry)]) {
        expect(await ed25519Auth({ keys }).verify({ keyId, proof: right, octets })).toEqual(grant);
      }
    });
  }

  it.each([
    ["empty", new Uint8Array(0)],
    ["all zero", new Uint8Array(64)],
    ["cut short", right.subarray(0, 63)],
    ["with an octet too many", Buffer.concat([right, Uint8Array.of(0)])],
    ["of another key", sign(null, octets, generateKeyPairSync("ed25519").privateKey)],
    ["over another transcript", sign(null, Buffer.from("another"), privateKey)],
    ["4,096 octets long", new Uint8Array(4096)],
  ])("refuses a proof that is %s", async (_, proof) => {
    const method = ed25519Auth({ keys: [{ publicKey, ...grant }] });
    expect(await method.verify({ keyId, proof, octets })).toBeUndefined();
  });

  it("refuses a right signature under any key id but its own", async () => {
    const other = generateKeyPairSync("ed25519").publicKey;
    const method = ed25519Auth({ keys: { mine: { publicKey, ...grant }, other: { publicKey: other, ...grant } } });
    expect(await method.verify({ keyId: "mine", proof: right, octets })).toEqual(grant);
    for (const id of ["other", "nobody", "", "__proto__", "constructor"]) {
      expect(await method.verify({ keyId: id, proof: right, octets })).toBeUndefined();
    }
  });

  it("refuses a signature with the group's order added to its second half (malleability)", async () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(right.subarray(32).toReversed()).toString("hex")}`);
    const second = Buffer.from((s + order).toString(16).padStart(64, "0"), "hex").toReversed();
    const method = ed25519Auth({ keys: [{ publicKey, ...grant }] });
    expect(
      await method.verify({ keyId, proof: Buffer.concat([right.subarray(0, 32), second]), octets }),
    ).toBeUndefined();
  });

  it("refuses what is no Ed25519 public key, without showing it", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = String(
      createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })).export({ format: "pem", type: "pkcs8" }),
    );
    const secret = /\n(.+)\n/.exec(pem)?.[1] ?? "";
    const wrong: DevicePublicKey[] = [
      "",
      "AAAA",
      pem,
      secret,
      new Uint8Array(31),
      new Uint8Array(44),
      rsa.publicKey,
      String(rsa.publicKey.export({ format: "pem", type: "spki" })),
      createPublicKey(rsa.privateKey),
      rsa.publicKey.export({ format: "jwk" }),
      { kty: "OKP", crv: "X25519", x },
      { kty: "OKP", crv: "Ed25519" },
      {},
    ];
    for (const publicKey of wrong) {
      let thrown: unknown;
      try {
        ed25519Auth({ keys: { a: { publicKey, ...grant } } });
      } catch (error) {
        thrown = error;
      }
      expect(thrown, inspect(publicKey)).toBeInstanceOf(UsageError);
      expect(inspect(thrown, { depth: 9 })).not.toContain(secret);
      const method = ed25519Auth({ keys: () => ({ publicKey, ...grant }) });
      await expect(method.verify({ keyId: "a", proof: right, octets })).rejects.toThrow(UsageError);
    }
  });
});
