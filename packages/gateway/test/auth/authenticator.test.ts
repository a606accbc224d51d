import { UsageError } from "@turnmux/core";
import { describe, expect, it } from "vitest";
import { authenticator } from "../../src/auth/authenticator.ts";
import type { Grant, ProofMethod, ProofRequest } from "../../src/auth/proof-method.ts";

const grant: Grant = { principal: "ana", scopes: ["x"] };
const request = { keyId: "k", proof: Uint8Array.of(1), octets: Uint8Array.of(2) };

function method(name: string, verify: ProofMethod["verify"]): ProofMethod {
  return { name, verify };
}

describe("An authenticator", () => {
  it("lists its methods in order, and asks the one that is named", async () => {
    const asked: [string, ProofRequest][] = [];
    const make = (name: string): ProofMethod =>
      method(name, (given) => {
        asked.push([name, given]);
        return { ...grant, principal: name };
      });
    const gateway = authenticator([make("jwt"), make("token")]);
    expect(gateway.methods).toEqual(["jwt", "token"]);
    expect(await gateway.authenticate({ method: "token", ...request })).toEqual({ ...grant, principal: "token" });
    expect(asked).toEqual([["token", request]]);
  });

  it("asks a method for an unknown name too, but its answer counts for nothing", async () => {
    let asked = 0;
    const gateway = authenticator(
      method("token", () => {
        asked += 1;
        return grant;
      }),
    );
    for (const name of ["", "Token", "__proto__", "constructor"]) {
      expect(await gateway.authenticate({ method: name, ...request })).toBeUndefined();
    }
    expect(asked).toBe(4);
  });

  it("keeps the state of a method that is an instance of a class", async () => {
    class Own implements ProofMethod {
      readonly name = "own";
      readonly #grant = grant;
      verify(): Grant {
        return this.#grant;
      }
    }
    expect(await authenticator(new Own()).authenticate({ method: "own", ...request })).toEqual(grant);
  });

  it("answers with nothing where a method throws or rejects, and tells the log why", async () => {
    const faults: unknown[] = [];
    const error = new Error("database gone");
    const gateway = authenticator(
      [
        method("throws", () => {
          throw error;
        }),
        method("rejects", () => Promise.reject(error)),
      ],
      { onFault: (fault) => faults.push(fault) },
    );
    expect(await gateway.authenticate({ method: "throws", ...request })).toBeUndefined();
    expect(await gateway.authenticate({ method: "rejects", ...request })).toBeUndefined();
    expect(faults).toEqual([
      { method: "throws", error },
      { method: "rejects", error },
    ]);
  });

  it("does not depend on its log", async () => {
    const failing = method("m", () => Promise.reject(new Error("gone")));
    const gateway = authenticator(failing, {
      onFault: () => {
        throw new Error("disk full");
      },
    });
    expect(await gateway.authenticate({ method: "m", ...request })).toBeUndefined();
    expect(await authenticator(failing).authenticate({ method: "m", ...request })).toBeUndefined();
  });

  it("tells the log nothing of a proof that is merely wrong", async () => {
    const faults: unknown[] = [];
    const gateway = authenticator(
      method("m", () => undefined),
      { onFault: (fault) => faults.push(fault) },
    );
    expect(await gateway.authenticate({ method: "m", ...request })).toBeUndefined();
    expect(faults).toEqual([]);
  });

  it("takes a grant until it expires, and not at that moment", async () => {
    const gateway = authenticator(
      method("m", () => ({ ...grant, expiresAt: 1000 })),
      { now: () => now },
    );
    let now = 999;
    expect(await gateway.authenticate({ method: "m", ...request })).toEqual({ ...grant, expiresAt: 1000 });
    now = 1000;
    expect(await gateway.authenticate({ method: "m", ...request })).toBeUndefined();
  });

  it("goes by the time of day where nothing else is given", async () => {
    const past = authenticator(method("m", () => ({ ...grant, expiresAt: 1 })));
    expect(await past.authenticate({ method: "m", ...request })).toBeUndefined();
    const future = authenticator(method("m", () => ({ ...grant, expiresAt: 8.64e15 })));
    expect(await future.authenticate({ method: "m", ...request })).toBeDefined();
  });

  it.each([
    ["no principal", { scopes: [] }],
    ["an empty principal", { principal: "", scopes: [] }],
    ["a principal that WELCOME cannot carry", { principal: "p".repeat(1025), scopes: [] }],
    ["no scopes", { principal: "ana" }],
    ["a scope that is no text", { principal: "ana", scopes: [1] }],
    ["scopes that are text", { principal: "ana", scopes: "all" }],
    ["an end that is no number", { ...grant, expiresAt: Number.NaN }],
    ["an end that is a date", { ...grant, expiresAt: new Date() }],
  ])("lets nobody in by a grant with %s", async (_, wrong) => {
    const faults: unknown[] = [];
    const gateway = authenticator(
      // @ts-expect-error A method without types.
      method("m", () => wrong),
      { onFault: ({ error }) => faults.push(error) },
    );
    expect(await gateway.authenticate({ method: "m", ...request })).toBeUndefined();
    expect(faults).toEqual([expect.any(UsageError)]);
  });

  it("is refused without methods, and with two of one name", () => {
    expect(() => authenticator([])).toThrow(UsageError);
    const one = method("m", () => undefined);
    expect(() => authenticator([one, one])).toThrow(/same name/);
  });
});
