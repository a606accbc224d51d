import { describe, expect, it } from "vitest";
import { proofOctets } from "../../../core/src/auth/transcript.ts";
import { authenticator } from "../../../gateway/src/auth/authenticator.ts";
import { deviceKeyId, ed25519Auth } from "../../../gateway/src/auth/ed25519.ts";
import { tokenAuth } from "../../../gateway/src/auth/token.ts";
import type { ClientAuth } from "../../src/auth/client-auth.ts";
import { deviceKey, generateDeviceKey } from "../../src/auth/device-key.ts";
import { sharedToken } from "../../src/auth/shared-token.ts";

const hello = Uint8Array.of(1, 2, 3);
const challenge = Uint8Array.of(4, 5, 6);

/** What PROOF would carry. */
async function proofOf(auth: ClientAuth): Promise<{ method: string; keyId: string; proof: Uint8Array }> {
  const { method, keyId } = auth;
  return { method, keyId, proof: await auth.prove(proofOctets(method, keyId, hello, challenge)) };
}

describe("A client's proof opens the gateway that knows its key", () => {
  it("by shared token", async () => {
    const gateway = authenticator(tokenAuth("s3cret", { principal: "ana", scopes: ["cron.read"] }));
    const sent = await proofOf(sharedToken("s3cret"));
    const octets = proofOctets(sent.method, sent.keyId, hello, challenge);
    expect(await gateway.authenticate({ ...sent, octets })).toEqual({ principal: "ana", scopes: ["cron.read"] });
  });

  it("by device key", async () => {
    const { keys, keyId, publicKey } = await generateDeviceKey();
    expect(deviceKeyId(publicKey)).toBe(keyId);
    const gateway = authenticator([
      tokenAuth("other", { principal: "bob", scopes: [] }),
      ed25519Auth({ keys: [{ publicKey, principal: "ana", scopes: [] }] }),
    ]);
    const sent = await proofOf(await deviceKey(keys));
    const octets = proofOctets(sent.method, sent.keyId, hello, challenge);
    expect(await gateway.authenticate({ ...sent, octets })).toEqual({ principal: "ana", scopes: [] });
  });

  it("and no longer once HELLO, CHALLENGE, method or key id is another (AUTH-004)", async () => {
    const { keys, publicKey } = await generateDeviceKey();
    const grant = { principal: "ana", scopes: [] };
    const entry = { secret: "s", ...grant };
    const device = { publicKey, ...grant };
    const gateway = authenticator([
      tokenAuth({ tokens: { a: entry, b: entry } }),
      ed25519Auth({ keys: { a: device, b: device } }),
    ]);
    for (const auth of [sharedToken("s", "a"), await deviceKey(keys, "a")]) {
      const { method, keyId, proof } = await proofOf(auth);
      const attempt = (as: string, id: string, first: Uint8Array, second: Uint8Array): Promise<unknown> =>
        gateway.authenticate({ method: as, keyId: id, proof, octets: proofOctets(as, id, first, second) });
      expect(await attempt(method, keyId, hello, challenge)).toEqual(grant);
      expect(await attempt(method, keyId, Uint8Array.of(1, 2, 4), challenge)).toBeUndefined();
      expect(await attempt(method, keyId, hello, Uint8Array.of(4, 5, 7))).toBeUndefined();
      expect(await attempt(method, keyId, challenge, hello)).toBeUndefined();
      expect(await attempt(method, "b", hello, challenge)).toBeUndefined();
      expect(await attempt(method === "token" ? "ed25519" : "token", keyId, hello, challenge)).toBeUndefined();
    }
  });
});
