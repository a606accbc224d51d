import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolViolation } from "../../src/errors/violation.ts";
import { binaryCarriage, type Carriage, textCarriage, wrappedCarriage } from "../../src/wire/carriage.ts";
import type { CarrierMessage } from "../../src/carrier/carrier.ts";
import { anyFrame } from "./support/arbitrary.ts";
import { LIMITS, TAG, TAG_HEX } from "./support/messages.ts";

/** What a receiver makes of a message: host traffic, frames, or a violation. Anything else fails the test. */
function receive(carriage: Carriage, message: CarrierMessage): "host" | "frames" | "violation" {
  const envelope = carriage.recognise(message);
  if (envelope === undefined) return "host";
  try {
    for (const frame of carriage.decode(envelope, LIMITS)) expect(frame.type).toBeTypeOf("string");
    return "frames";
  } catch (error) {
    if (error instanceof ProtocolViolation) return "violation";
    throw error;
  }
}

const prefixed = (rest: Uint8Array): Uint8Array => new Uint8Array([0xc1, 0x01, ...TAG, ...rest]);

/** Frames of known types with payloads of any octets: past the first checks. */
const roughFrame = fc
  .tuple(
    fc.constantFrom(1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 32, 33, 34, 35, 36, 37, 200),
    fc.constantFrom(0, 1, 2, 4, 6),
    fc.nat(3),
    fc.uint8Array({ maxLength: 60 }),
    fc.nat(15),
  )
  .map(([type, flags, stream, payload, places]) => {
    const head = type === 18 ? [] : [0x90 | places];
    return [0, 0, payload.length + head.length, type, flags, 0, 0, 0, stream, ...head, ...payload];
  });

const runs = { numRuns: 3000 };

/** Each test makes thousands of runs, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

describe("whatever arrives is host traffic, frames, or a violation", { timeout: PATIENCE_MS }, () => {
  test("octets of any kind, in binary carriage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => void receive(binaryCarriage, octets)),
      runs,
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => void receive(binaryCarriage, prefixed(octets))),
      runs,
    );
  });

  test("frames with payloads of any kind, in binary carriage", () => {
    fc.assert(
      fc.property(fc.array(roughFrame, { minLength: 1, maxLength: 3 }), (frames) => {
        receive(binaryCarriage, prefixed(new Uint8Array(frames.flat())));
      }),
      runs,
    );
  });

  test("messages with octets that were changed, left out or added", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom(0, 1, 2)), { minLength: 1, maxLength: 4 }),
        (frames, changes) => {
          const octets = [...(binaryCarriage.encode(TAG, frames) as Uint8Array)];
          for (const [at, value, way] of changes) {
            const place = 10 + (at % (octets.length - 10));
            if (way === 0) octets[place] = value;
            else octets.splice(place, way - 1, value);
          }
          receive(binaryCarriage, new Uint8Array(octets));
        },
      ),
      runs,
    );
  });

  test("text of any kind", () => {
    const start = `{"turnmux":[1,"${TAG_HEX}"`;
    fc.assert(
      fc.property(fc.string(), (text) => void receive(textCarriage, text)),
      runs,
    );
    fc.assert(
      fc.property(fc.string(), (text) => void receive(textCarriage, `${start}${text}`)),
      runs,
    );
  });

  test("JSON of any kind in the place of frames, headers and bodies", () => {
    const row = fc.tuple(
      fc.constantFrom(1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 32, 33, 34, 35, 36, 37, 200),
      fc.constantFrom(0, 1, 2, 4, 6, 128, 132),
      fc.nat(3),
      fc.oneof(fc.constant(null), fc.array(fc.jsonValue(), { maxLength: 10 }), fc.jsonValue()),
      fc.oneof(fc.constant(null), fc.string(), fc.base64String(), fc.jsonValue()),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(row, fc.jsonValue()), { maxLength: 4 }), (rows) => {
        const text = JSON.stringify({ turnmux: [1, TAG_HEX, ...rows] });
        expect(receive(textCarriage, text)).not.toBe("host");
        expect(receive(wrappedCarriage, { turnmux: [1, TAG_HEX, 0, ...rows] })).not.toBe("host");
      }),
      runs,
    );
  });

  test("any value as a wrapped message", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        receive(wrappedCarriage, { turnmux: value as unknown[] });
        receive(wrappedCarriage, { turnmux: [1, TAG_HEX, 0, value] });
        receive(wrappedCarriage, value as CarrierMessage);
        receive(binaryCarriage, value as CarrierMessage);
        receive(textCarriage, value as CarrierMessage);
      }),
      runs,
    );
  });
});

describe("a message that is cut off", { timeout: PATIENCE_MS }, () => {
  test("at any octet is a violation in binary carriage, or whole frames [FRAME-002]", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 3 }), (frames) => {
        const message = binaryCarriage.encode(TAG, frames) as Uint8Array;
        const ends = new Set([10, message.length]);
        for (let at = 10; at < message.length; ) {
          at += 9 + ((message[at] ?? 0) << 16) + ((message[at + 1] ?? 0) << 8) + (message[at + 2] ?? 0);
          ends.add(at);
        }
        const limits = { framePayload: 1_000_000 };
        const step = message.length > 600 ? 37 : 1;
        for (let length = 10; length < message.length; length += step) {
          const envelope = binaryCarriage.recognise(message.subarray(0, length));
          if (envelope === undefined) throw new Error("not recognised");
          if (length > 10 && ends.has(length)) binaryCarriage.decode(envelope, limits);
          else expect(() => binaryCarriage.decode(envelope, limits)).toThrow(ProtocolViolation);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("within a header breaks FRAME-007, never more", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const message = binaryCarriage.encode(TAG, [frame]) as Uint8Array;
        const length = Math.min(message.length, 19 + 300);
        for (let end = 19; end < length; end++) {
          const cut = message.slice(0, end);
          cut[10] = 0;
          cut[11] = (end - 19) >>> 8;
          cut[12] = (end - 19) & 0xff;
          receive(binaryCarriage, cut);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("at any character is a violation or host traffic in text carriage", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const message = textCarriage.encode(TAG, [frame]) as string;
        for (let end = 0; end < Math.min(message.length, 400); end++) {
          expect(receive(textCarriage, message.slice(0, end))).toBe(end < 32 ? "host" : "violation");
        }
      }),
      { numRuns: 40 },
    );
  });
});
