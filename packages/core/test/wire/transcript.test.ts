import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binaryCarriage, handshakePayload, sameOctets, ZERO_TAG } from "../../src/wire/carriage.ts";
import type { Frame, HandshakeFrame } from "../../src/wire/frame.ts";
import { FRAMES } from "./support/arbitrary.ts";
import { hex } from "./support/hex.ts";
import { CARRIAGES, decode } from "./support/messages.ts";

const handshake: fc.Arbitrary<HandshakeFrame> = fc.oneof(
  FRAMES.hello,
  FRAMES.challenge,
  FRAMES.proof,
  FRAMES.welcome,
  FRAMES.refuse,
);

function only(frames: readonly Frame[]): Frame {
  const [frame] = frames;
  if (frame === undefined || frames.length !== 1) throw new Error("expected one frame");
  return frame;
}

describe("the transcript", () => {
  test("has the same octets on every carriage [CARR-012]", () => {
    fc.assert(
      fc.property(handshake, (frame) => {
        const payload = handshakePayload(frame);
        const message = binaryCarriage.encode(ZERO_TAG, [frame]) as Uint8Array;
        expect(sameOctets(message.subarray(19), payload)).toBe(true);
        for (const carriage of CARRIAGES) {
          const decoded = only(decode(carriage, carriage.encode(ZERO_TAG, [frame], 0), 1_000_000));
          if (decoded.type !== "hello" && decoded.type !== "challenge") continue;
          expect(decoded.payload).toEqual(payload);
          expect(handshakePayload(decoded)).toEqual(payload);
        }
      }),
    );
  });

  test("is about the octets that came, however they were packed, and not about those one would have sent", () => {
    const message = hex(`
      c1 01 0000000000000000
      000056 02 00 00000000
      dc 0007                                       ; CHALLENGE, as array 16
      c410 00000000000000000000000000000000
      c410 00000000000000000000000000000000
      c408 0000000000000000
      01 90 b3 "gateway.example:443" 92 a5 "token" a7 "ed25519"
    `);
    const challenge = only(decode(binaryCarriage, message));
    if (challenge.type !== "challenge") throw new Error("expected CHALLENGE");
    expect(handshakePayload(challenge)).toEqual(message.subarray(19));
    expect(binaryCarriage.encode(ZERO_TAG, [challenge])).toEqual(message);
  });

  test("of a frame that was decoded changes when any field does", () => {
    fc.assert(
      fc.property(FRAMES.hello, FRAMES.hello, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(sameOctets(handshakePayload(a), handshakePayload(b))).toBe(false);
      }),
    );
  });

  test("is kept without the buffer that messages share", () => {
    const payload = handshakePayload(fc.sample(FRAMES.hello, 1)[0] as HandshakeFrame);
    expect(payload.buffer.byteLength).toBe(payload.length);
  });
});

test("sameOctets compares lengths and octets", () => {
  expect(sameOctets(hex("0102"), hex("0102"))).toBe(true);
  expect(sameOctets(hex("0102"), hex("0103"))).toBe(false);
  expect(sameOctets(hex("0102"), hex("01"))).toBe(false);
  expect(sameOctets(hex(""), hex(""))).toBe(true);
});
