import { inspect } from "node:util";
import { UsageError } from "@turnmux/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sharedToken } from "../../src/auth/shared-token.ts";

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

describe("A shared token", () => {
  // The first is test case 2 of RFC 4231.
  it.each([
    ["Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    [
      "k".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      // Made with OpenSSL: openssl dgst -sha256 -hmac <131 times k>
      "70e4b005732fa7ff79392aa24fb240159b925dbc9f1398420c0f45e6763dcf14",
    ],
  ])("proves by HMAC-SHA-256 (AUTH-001): %.10s", async (token, text, proof) => {
    expect(hex(await sharedToken(token).prove(Buffer.from(text)))).toBe(proof);
  });

  it("is keyed with its octets of UTF-8", async () => {
    const { createHmac } = await import("node:crypto");
    const octets = Uint8Array.of(1, 2, 3);
    const expected = createHmac("sha256", Buffer.from("pässwörd 🔑")).update(octets).digest("hex");
    expect(hex(await sharedToken("pässwörd 🔑").prove(octets))).toBe(expected);
  });

  it("has the method token and, where none is given, the empty key id", () => {
    expect(sharedToken("s")).toMatchObject({ method: "token", keyId: "" });
    expect(sharedToken("s", "laptop")).toMatchObject({ method: "token", keyId: "laptop" });
  });

  it("proves again and again, also at once, and also over shared memory", async () => {
    const auth = sharedToken("s");
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    const proofs = await Promise.all([
      auth.prove(new Uint8Array(4)),
      auth.prove(shared),
      auth.prove(new Uint8Array(4)),
    ]);
    expect(new Set(proofs.map(hex)).size).toBe(1);
  });

  it("shows its secret in no output (AUTH-006)", async () => {
    const auth = sharedToken("tops3cret", "laptop");
    await auth.prove(new Uint8Array(1));
    const shown = [inspect(auth, { depth: 9, showHidden: true }), JSON.stringify(auth)];
    for (const text of shown) expect(text).not.toContain("tops3cret");
  });

  it.each(["", "\ud800 lone"])("that is empty or no text is refused, and not shown: %j", (token) => {
    expect(() => sharedToken(token)).toThrow(UsageError);
    expect(() => sharedToken(token)).not.toThrow(/lone/);
  });

  it("takes no key id that does not fit into PROOF (FRAME-009)", () => {
    expect(() => sharedToken("s", "k".repeat(1024))).not.toThrow();
    expect(() => sharedToken("s", "k".repeat(1025))).toThrow(UsageError);
    expect(() => sharedToken("s", "ü".repeat(513))).toThrow(UsageError);
    expect(() => sharedToken("s", "\udc00")).toThrow(UsageError);
  });
});

describe("Without WebCrypto, as on a page from plain http", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("a proof rejects with what to do", async () => {
    vi.stubGlobal("crypto", {});
    await expect(sharedToken("s").prove(new Uint8Array(1))).rejects.toThrow(/https or localhost/);
    vi.stubGlobal("crypto", undefined);
    await expect(sharedToken("s").prove(new Uint8Array(1))).rejects.toThrow(UsageError);
  });
});
