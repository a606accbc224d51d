import type * as crypto from "node:crypto";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { authenticator } from "../../src/auth/authenticator.ts";
import { ed25519Auth } from "../../src/auth/ed25519.ts";
import type { Grant } from "../../src/auth/proof-method.ts";
import { tokenAuth } from "../../src/auth/token.ts";

/** Every call into OpenSSL that a check makes, by name. */
const work = vi.hoisted(() => ({ calls: new Array<string>() }));

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof crypto>();
  type Name =
    | "createHmac"
    | "createSecretKey"
    | "timingSafeEqual"
    | "verify"
    | "createPublicKey"
    | "generateKeyPairSync";
  const counted = (name: Name): unknown =>
    new Proxy(real[name], {
      apply(target, self, args) {
        work.calls.push(name);
        return Reflect.apply(target, self, args);
      },
    });
  const names: Name[] = [
    "createHmac",
    "createSecretKey",
    "timingSafeEqual",
    "verify",
    "createPublicKey",
    "generateKeyPairSync",
  ];
  return { ...real, ...Object.fromEntries(names.map((name) => [name, counted(name)])) };
});

const octets = Buffer.from("the transcript");
const grant: Grant = { principal: "ana", scopes: [] };
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const mac = createHmac("sha256", "s").update(octets).digest();
const signature = sign(null, octets, privateKey);
const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");

const token = { secret: "s", ...grant };
const device = { publicKey: raw, ...grant };

afterEach(() => {
  work.calls.length = 0;
});

/** What a check costs, and what came of it. */
async function cost(check: () => Promise<Grant | undefined>): Promise<{ calls: string[]; granted: boolean }> {
  work.calls.length = 0;
  const granted = (await check()) !== undefined;
  return { calls: [...work.calls], granted };
}

describe("The same work is done (AUTH-003)", () => {
  const gateways = {
    "tokens in a record": [tokenAuth({ tokens: { a: token } }), mac],
    "tokens from a lookup": [tokenAuth({ tokens: (id) => (id === "a" ? token : undefined) }), mac],
    "devices in a record": [ed25519Auth({ keys: { a: device } }), signature],
    "devices from a lookup": [ed25519Auth({ keys: (id) => (id === "a" ? device : undefined) }), signature],
  } as const;

  for (const [name, [method, proof]] of Object.entries(gateways)) {
    it(`for a right proof, a wrong one, an unknown key id and an unknown method: ${name}`, async () => {
      const gateway = authenticator(method);
      const flipped = Uint8Array.from(proof, (octet) => octet ^ 1);
      const base = { method: method.name, keyId: "a", proof, octets };
      const right = await cost(() => gateway.authenticate(base));
      expect(right.granted).toBe(true);
      expect(right.calls).toContain(method.name === "token" ? "timingSafeEqual" : "verify");
      for (const attempt of [
        { ...base, proof: flipped },
        { ...base, keyId: "nobody" },
        { ...base, keyId: "__proto__" },
        { ...base, keyId: "nobody", proof: flipped },
        { ...base, method: "unknown" },
        { ...base, method: "unknown", keyId: "nobody" },
        { ...base, octets: Buffer.from("another transcript") },
        { ...base, proof: new Uint8Array(0) },
      ]) {
        expect(await cost(() => gateway.authenticate(attempt))).toEqual({ calls: right.calls, granted: false });
      }
    });
  }
});
