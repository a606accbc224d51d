import { createHmac } from "node:crypto";
import { UsageError } from "@turnmux/core";
import { describe, expect, it } from "vitest";
import { sharedAddress, toVariable } from "../src/environment.ts";
import { shareLimits, SHARE_LIMITS } from "../src/limits.ts";
import { newTicket, provesTicket } from "../src/ticket.ts";

describe("TURNMUX_SESSION", () => {
  it("tells path and ticket, whatever the path holds", () => {
    const address = { path: "/run/a b:c/1.sock", ticket: newTicket() };
    expect(sharedAddress({ TURNMUX_SESSION: toVariable(address) })).toEqual(address);
  });

  it("is absent where it is empty", () => {
    expect([sharedAddress({}), sharedAddress({ TURNMUX_SESSION: "" })]).toEqual([undefined, undefined]);
  });

  it.each([
    "x",
    "1:short:/p",
    "2:" + "a".repeat(43) + ":/p",
    "1:" + "a".repeat(43) + ":",
    "1:" + "a".repeat(43) + ":/a\0b",
  ])("is refused where it is %j, without showing it", (value) => {
    expect(() => sharedAddress({ TURNMUX_SESSION: value })).toThrow(UsageError);
    expect(() => sharedAddress({ TURNMUX_SESSION: value })).not.toThrow("aaaa");
  });
});

describe("a ticket", () => {
  const octets = Uint8Array.of(1, 2, 3);
  const proofOf = (ticket: string): Uint8Array => createHmac("sha256", ticket).update(octets).digest();

  it("is proved by whoever knows it", () => {
    const ticket = newTicket();
    const proof = proofOf(ticket);
    expect(provesTicket(ticket, { method: "token", keyId: "", proof, octets })).toBe(true);
  });

  it("is not proved by another one, for other octets, by another method or key, or by a part", () => {
    const ticket = newTicket();
    const proof = proofOf(ticket);
    const wrong = [
      { method: "token", keyId: "", proof: proofOf(newTicket()), octets },
      { method: "token", keyId: "", proof, octets: Uint8Array.of(1) },
      { method: "ed25519", keyId: "", proof, octets },
      { method: "token", keyId: "x", proof, octets },
      { method: "token", keyId: "", proof: proof.subarray(0, 31), octets },
      { method: "token", keyId: "", proof: Uint8Array.from([...proof, 0]), octets },
      { method: "token", keyId: "", proof: new Uint8Array(0), octets },
    ];
    expect(wrong.map((request) => provesTicket(ticket, request))).toEqual(wrong.map(() => false));
  });
});

describe("the limits of a share", () => {
  it("are those that are given over the defaults", () => {
    expect(shareLimits({ children: 2, calls: undefined })).toEqual({ ...SHARE_LIMITS, children: 2 });
  });

  it.each([{ children: 0 }, { calls: 1.5 }, { handshakes: Number.NaN }, { heldArguments: 2 ** 41 }, { childs: 1 }])(
    "refuse %j by name",
    (limits) => {
      expect(() => shareLimits(limits)).toThrow(`limits.${Object.keys(limits)[0]}`);
    },
  );
});
