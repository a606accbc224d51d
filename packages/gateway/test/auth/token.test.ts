import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { UsageError } from "@turnmux/core";
import { describe, expect, it } from "vitest";
import { tokenAuth } from "../../src/auth/token.ts";

const octets = Buffer.from("the transcript");
const grant = { principal: "ana", scopes: ["cron.read", "cron.write"], expiresAt: 1_900_000_000_000 };

function proof(secret: string, over: Uint8Array = octets): Uint8Array {
  return createHmac("sha256", secret).update(over).digest();
}

describe("tokenAuth", () => {
  it("accepts HMAC-SHA-256 as RFC 4231 has it (AUTH-001)", async () => {
    const method = tokenAuth("Jefe", grant);
    const known = Buffer.from("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "hex");
    const text = Buffer.from("what do ya want for nothing?");
    expect(method.name).toBe("token");
    expect(await method.verify({ keyId: "", proof: known, octets: text })).toEqual(grant);
  });

  it("with a single secret takes the empty key id only", async () => {
    const method = tokenAuth("s", grant);
    expect(await method.verify({ keyId: "", proof: proof("s"), octets })).toEqual(grant);
    expect(await method.verify({ keyId: "x", proof: proof("s"), octets })).toBeUndefined();
  });

  it("tells tokens apart by key id", async () => {
    const method = tokenAuth({
      tokens: {
        old: { secret: "1", principal: "ana", scopes: [] },
        new: { secret: "2", principal: "bob", scopes: ["x"] },
      },
    });
    expect(await method.verify({ keyId: "old", proof: proof("1"), octets })).toMatchObject({ principal: "ana" });
    expect(await method.verify({ keyId: "new", proof: proof("2"), octets })).toMatchObject({ principal: "bob" });
    expect(await method.verify({ keyId: "old", proof: proof("2"), octets })).toBeUndefined();
    expect(await method.verify({ keyId: "new", proof: proof("1"), octets })).toBeUndefined();
  });

  it("returns the grant, without the secret (AUTH-006)", async () => {
    const method = tokenAuth({ tokens: { a: { secret: "tops3cret", ...grant } } });
    const given = await method.verify({ keyId: "a", proof: proof("tops3cret"), octets });
    expect(given).toEqual(grant);
    expect(inspect([method, given], { depth: 9, showHidden: true }) + JSON.stringify([method, given])).not.toContain(
      "tops3cret",
    );
  });

  const right = proof("s");
  it.each<[string, Uint8Array]>([
    ["empty", new Uint8Array(0)],
    ["all zero", new Uint8Array(32)],
    ["cut short", right.subarray(0, 31)],
    ["with an octet too many", Buffer.concat([right, Uint8Array.of(0)])],
    ["twice", Buffer.concat([right, right])],
    ["of another secret", proof("t")],
    ["over another transcript", proof("s", Buffer.from("another"))],
    ["as hexadecimal", Buffer.from(Buffer.from(right).toString("hex"))],
    ["4,096 octets long", new Uint8Array(4096)],
  ])("refuses a proof that is %s", async (_, wrong) => {
    const method = tokenAuth("s", grant);
    expect(await method.verify({ keyId: "", proof: wrong, octets })).toBeUndefined();
  });

  it("refuses a proof with any one bit turned", async () => {
    const method = tokenAuth("s", grant);
    for (let bit = 0; bit < 256; bit += 1) {
      const wrong = Uint8Array.from(right);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await method.verify({ keyId: "", proof: wrong, octets })).toBeUndefined();
    }
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "does not take the key id %s for something that is there",
    async (keyId) => {
      const method = tokenAuth({ tokens: { a: { secret: "s", ...grant } } });
      expect(await method.verify({ keyId, proof: right, octets })).toBeUndefined();
    },
  );

  it("does not take a right proof under a key id that only its stand-in has", async () => {
    const method = tokenAuth({ tokens: {} });
    expect(await method.verify({ keyId: "", proof: proof(""), octets })).toBeUndefined();
  });

  it("asks a lookup, which may take its time", async () => {
    const method = tokenAuth({
      tokens: (keyId) => Promise.resolve(keyId === "db" ? { secret: "s", ...grant } : undefined),
    });
    expect(await method.verify({ keyId: "db", proof: right, octets })).toEqual(grant);
    expect(await method.verify({ keyId: "no", proof: right, octets })).toBeUndefined();
  });

  it("keeps what it was given, whatever becomes of the record", async () => {
    const tokens = { a: { secret: "s", ...grant } };
    const method = tokenAuth({ tokens });
    Reflect.deleteProperty(tokens, "a");
    expect(await method.verify({ keyId: "a", proof: right, octets })).toEqual(grant);
  });

  it("refuses an empty secret, wherever it comes from", async () => {
    expect(() => tokenAuth("", grant)).toThrow(UsageError);
    expect(() => tokenAuth({ tokens: { a: { secret: "", ...grant } } })).toThrow(UsageError);
    const method = tokenAuth({ tokens: () => ({ secret: "", ...grant }) });
    await expect(method.verify({ keyId: "a", proof: right, octets })).rejects.toThrow(UsageError);
  });

  it("wants to know whom a secret stands for", () => {
    // @ts-expect-error A caller without types.
    expect(() => tokenAuth("s")).toThrow(/whom the secret stands for/);
  });
});
