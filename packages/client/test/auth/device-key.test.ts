import { createHash, createPrivateKey, generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { UsageError } from "@turnmux/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deviceKey, type DeviceKeySource, generateDeviceKey } from "../../src/auth/device-key.ts";

/** RFC 8032, section 7.1. */
const vectors = [
  {
    name: "TEST 1",
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    name: "TEST 2",
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
];

const [first] = vectors;
const seed = Buffer.from(first?.seed ?? "", "hex");
const keyId = createHash("sha256")
  .update(Buffer.from(first?.publicKey ?? "", "hex"))
  .digest("hex");

const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
const node = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
const algorithm = { name: "Ed25519" };

/** One key in all its forms. */
const forms: Record<string, () => DeviceKeySource | Promise<DeviceKeySource>> = {
  "32 octets": () => new Uint8Array(seed),
  "PKCS#8 octets": () => new Uint8Array(pkcs8),
  "PKCS#8 as PEM": () => String(node.export({ format: "pem", type: "pkcs8" })),
  "PEM among other lines": () => `# my key\r\n${String(node.export({ format: "pem", type: "pkcs8" }))}\n`,
  "a JSON Web Key": () => node.export({ format: "jwk" }),
  "a JSON Web Key for signing only": () => ({ ...node.export({ format: "jwk" }), key_ops: ["sign"], ext: false }),
  "a CryptoKey that can be exported": () => crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]),
  "a pair that cannot be exported": async () => ({
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
    publicKey: await crypto.subtle.importKey("raw", Buffer.from(first?.publicKey ?? "", "hex"), algorithm, true, [
      "verify",
    ]),
  }),
};

describe("A device key", () => {
  it.each(vectors)("signs as RFC 8032 says: $name (AUTH-002)", async ({ seed, publicKey, message, signature }) => {
    const auth = await deviceKey(Buffer.from(seed, "hex"));
    expect(Buffer.from(await auth.prove(Buffer.from(message, "hex"))).toString("hex")).toBe(signature);
    expect(auth.keyId).toBe(createHash("sha256").update(Buffer.from(publicKey, "hex")).digest("hex"));
    expect(auth.method).toBe("ed25519");
  });

  for (const [name, form] of Object.entries(forms)) {
    it(`may be given as ${name}`, async () => {
      const auth = await deviceKey(await form());
      expect(auth.keyId).toBe(keyId);
      expect(Buffer.from(await auth.prove(new Uint8Array(0))).toString("hex")).toBe(first?.signature);
    });

    it(`given as ${name} shows its secret in no output (AUTH-006)`, async () => {
      const auth = await deviceKey(await form(), "device");
      const shown = [inspect(auth, { depth: 9, showHidden: true }), JSON.stringify(auth)].join();
      expect(shown).toContain("device");
      expect(shown).not.toContain(seed.toString("hex"));
      expect(shown).not.toContain(seed.toString("base64url"));
      expect(shown).not.toContain("CryptoKey");
    });
  }

  it("cannot be exported from what signs with it", async () => {
    const sign = vi.spyOn(crypto.subtle, "sign");
    for (const form of [new Uint8Array(seed), node.export({ format: "jwk" })]) {
      const auth = await deviceKey(form);
      await auth.prove(new Uint8Array(1));
    }
    expect(sign.mock.calls.map(([, key]) => key.extractable)).toEqual([false, false]);
    sign.mockRestore();
  });

  it("takes another key id, also for a key that does not tell its public key", async () => {
    const hidden = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
    await expect(deviceKey(hidden)).rejects.toThrow(/pass the key pair, or a key id/);
    expect((await deviceKey(hidden, "laptop")).keyId).toBe("laptop");
    await expect(deviceKey(hidden, "k".repeat(1025))).rejects.toThrow(UsageError);
  });

  it("that is none is refused without being shown", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const verifying = await crypto.subtle.importKey(
      "raw",
      Buffer.from(first?.publicKey ?? "", "hex"),
      algorithm,
      true,
      ["verify"],
    );
    const secret = "c2VjcmV0IHNlY3JldA";
    const sources: unknown[] = [
      secret,
      `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
      `-----BEGIN PRIVATE KEY-----\n!${secret}\n-----END PRIVATE KEY-----`,
      `-----BEGIN PRIVATE KEY-----\n${secret}x=\n-----END PRIVATE KEY-----`,
      rsa.export({ format: "pem", type: "pkcs8" }),
      rsa.export({ format: "jwk" }),
      new Uint8Array(31),
      new Uint8Array(0),
      { kty: "OKP", crv: "Ed25519", d: secret, x: secret },
      { kty: "OKP", crv: "Ed25519", x: secret },
      { kty: "OKP", crv: "X25519", d: secret },
      {},
      null,
      undefined,
      42,
      verifying,
      await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    ];
    for (const source of sources) {
      // @ts-expect-error A caller without types.
      const error: unknown = await deviceKey(source).then(
        () => "accepted",
        (reason: unknown) => reason,
      );
      expect(error, inspect(source)).toBeInstanceOf(UsageError);
      expect(inspect(error, { depth: 9 })).not.toContain(secret);
    }
  });
});

describe("A generated device key", () => {
  it("signs what its public key verifies, under the key id that it tells", async () => {
    const made = await generateDeviceKey();
    const auth = await deviceKey(made.keys);
    expect(auth.keyId).toBe(made.keyId);
    const octets = Uint8Array.of(1, 2, 3);
    const proof = await auth.prove(octets);
    const key = { key: { kty: "OKP", crv: "Ed25519", x: made.publicKey }, format: "jwk" } as const;
    expect(verify(null, octets, key, proof)).toBe(true);
    expect(verify(null, Uint8Array.of(1, 2, 4), key, proof)).toBe(false);
  });

  it("cannot be exported, unless that was asked for", async () => {
    expect((await generateDeviceKey()).keys.privateKey.extractable).toBe(false);
    const { keys, keyId } = await generateDeviceKey({ extractable: true });
    const stored = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
    expect((await deviceKey(stored)).keyId).toBe(keyId);
  });

  it("is another one each time", async () => {
    const [a, b] = await Promise.all([generateDeviceKey(), generateDeviceKey()]);
    expect(a.keyId).not.toBe(b.keyId);
  });
});

describe("Where WebCrypto has no Ed25519", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("the error names the way out", async () => {
    const unsupported = (): Promise<never> => Promise.reject(new DOMException("nope", "NotSupportedError"));
    vi.stubGlobal("crypto", { subtle: { generateKey: unsupported, importKey: unsupported } });
    await expect(generateDeviceKey()).rejects.toThrow(/use sharedToken/);
    await expect(deviceKey(new Uint8Array(32))).rejects.toThrow(/use sharedToken/);
  });
});
