import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerLength } from "../../src/wire/carriage.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { anyFrame, FRAMES } from "./support/arbitrary.ts";
import { CARRIAGES, decode, TAG } from "./support/messages.ts";

const AMPLE = 1_000_000;

/** What a frame becomes on its way: decoding HELLO and CHALLENGE adds the octets they came as. */
function withoutPayload(frame: Frame): Frame {
  if (frame.type !== "hello" && frame.type !== "challenge") return frame;
  const { payload, ...fields } = frame;
  expect(payload).toBeInstanceOf(Uint8Array);
  return fields;
}

describe.each(CARRIAGES)("$name carriage", (carriage) => {
  test.each(Object.keys(FRAMES) as Frame["type"][])("brings every %s frame through unchanged", (type) => {
    fc.assert(
      fc.property(FRAMES[type] as fc.Arbitrary<Frame>, (frame) => {
        const decoded = decode(carriage, carriage.encode(TAG, [frame], 0), AMPLE);
        expect(decoded.map(withoutPayload)).toEqual([frame]);
      }),
    );
  });

  test("keeps the order of the frames in a message, and its tag", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 12 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (frames, tag) => {
          const message = carriage.encode(tag, frames, 3);
          expect(carriage.recognise(message)?.tag).toEqual(tag);
          expect(decode(carriage, message, AMPLE).map(withoutPayload)).toEqual(frames);
        },
      ),
    );
  });

  test("does not change a message that was encoded earlier", () => {
    fc.assert(
      fc.property(anyFrame, anyFrame, (first, second) => {
        const message = carriage.encode(TAG, [first], 0);
        const before = structuredClone(message);
        carriage.encode(TAG, [second], 1);
        expect(message).toEqual(before);
      }),
    );
  });

  test("carries bodies that are larger than the buffer that messages share", () => {
    const body = new Uint8Array(200_000).map((_, i) => (i * 31) & 0xff);
    const frame: Frame = { type: "data", stream: 1, more: false, final: true, head: undefined, body };
    expect(decode(carriage, carriage.encode(TAG, [frame, frame], 0), AMPLE)).toEqual([frame, frame]);
  });
});

test("headerLength is what binary carriage takes beside the body and the frame's nine octets", () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const message = CARRIAGES[0]?.encode(TAG, [frame]) as Uint8Array;
      const body = "body" in frame ? frame.body.length : 0;
      expect(headerLength(frame)).toBe(message.length - 10 - 9 - body);
    }),
  );
});
