import { createHmac, createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { proofOctets } from "../../../core/src/auth/transcript.ts";
import { channelWindow, streamWindow } from "../../../core/src/flow/window.ts";
import { ReceivedNames, SentNames } from "../../../core/src/peer/interned.ts";
import type { OpenFrame } from "../../../core/src/wire/frame.ts";
import { KEYS, prove, proves } from "../../src/harness/keys.ts";
import { broken } from "./broken.ts";
import { windowVectors } from "./credit.ts";
import { hex, octetsOf } from "./format.ts";
import { namesVectors, type WrittenNames } from "./names.ts";
import { proofVectors } from "./proofs.ts";

describe("proofs", () => {
  test.each(proofVectors())("$method: $name", (vector) => {
    const { method, keyId, secret, publicKey } = vector;
    const [hello, challenge, proof] = [vector.hello, vector.challenge, vector.proof].map((each) => octetsOf(each));
    if (hello === undefined || challenge === undefined || proof === undefined) throw new Error("A part is missing.");
    const octets = proofOctets(method, keyId, hello, challenge);
    expect(hex(octets)).toBe(vector.transcript);
    if (secret !== undefined) expect(createHmac("sha256", secret).update(octets).digest("hex")).toBe(vector.proof);
    if (publicKey !== undefined) {
      const der = octetsOf(`302a300506032b6570032100${publicKey}`);
      const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
      expect(verify(null, octets, key, proof)).toBe(true);
    }
    const suiteKey = Object.values(KEYS).find((key) => key.keyId === keyId);
    if (suiteKey === undefined) return;
    expect(hex(prove(suiteKey, hello, challenge))).toBe(vector.proof);
    expect(proves(suiteKey, proof, hello, challenge)).toBe(true);
  });
});

describe("windows", () => {
  test.each(windowVectors())("core steps and begins as it is said of a $of's $window octets", (vector) => {
    const window = vector.of === "stream" ? streamWindow(vector.window) : channelWindow(vector.window);
    expect({ step: window.step, enoughToBegin: window.begin }).toEqual({
      step: vector.step,
      enoughToBegin: vector.enoughToBegin,
    });
  });
});

function openOf({ tool, turn }: WrittenNames): OpenFrame {
  const body = new Uint8Array(0);
  return { type: "open", stream: 1, more: false, final: true, tool, turn, callId: "c", content: 0, body };
}

describe("names", () => {
  test.each(namesVectors())("core reads: $name", ({ opens }) => {
    const names = new ReceivedNames();
    for (const { tool, turn, read } of opens) {
      const open = openOf(turn === undefined ? { tool } : { tool, turn });
      if ("requirement" in read) expect(broken(() => names.named(open))).toBe(read.requirement);
      else expect(names.named(open)).toMatchObject(read);
    }
  });

  test.each(namesVectors())("core writes what is read as the same names: $name", ({ opens }) => {
    const sent = new SentNames();
    const received = new ReceivedNames();
    for (const { read } of opens) {
      if ("requirement" in read) continue;
      expect(received.named(sent.written(openOf(read)))).toMatchObject(read);
    }
  });
});
