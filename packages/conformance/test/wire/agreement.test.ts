import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binaryCarriage, textCarriage, wrappedCarriage } from "../../../core/src/wire/carriage.ts";
import type { Frame as CoreFrame } from "../../../core/src/wire/frame.ts";
import { decodeBody as coreDecodes, encodeBody as coreEncodes } from "../../../core/src/content/body.ts";
import { anyFrame } from "../../../core/test/wire/support/arbitrary.ts";
import { decodeBody, encodeAs, encodeBody, type Value } from "../../src/wire/body.ts";
import { Content } from "../../src/wire/constants.ts";
import { decodeMessage, encodeMessage } from "../../src/wire/message.ts";
import type { Frame } from "../../src/wire/types.ts";

const TAG = Uint8Array.from(Buffer.from("5f0c9a1e22b7d403", "hex"));
const AMPLE = { framePayload: 0xff_ffff };

/** A frame without the octets that it came as, so that it is encoded anew. */
const bare = ({ type, flags, stream, header, body }: Frame): Frame => ({ type, flags, stream, header, body });

function withoutPayload(frame: CoreFrame): CoreFrame {
  if (frame.type !== "hello" && frame.type !== "challenge") return frame;
  const { payload: _payload, ...fields } = frame;
  return fields;
}

describe("what core writes, the suite reads, and what the suite then writes anew, core reads as what it wrote", () => {
  for (const carriage of [binaryCarriage, textCarriage, wrappedCarriage]) {
    test(`in ${carriage.name} carriage`, () => {
      fc.assert(
        fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 4 }), (frames) => {
          const written = carriage.encode(TAG, frames, 5);
          const message = decodeMessage(
            typeof written === "string" || written instanceof Uint8Array ? written : JSON.stringify(written),
          );
          if (message === undefined) throw new Error("The suite takes it for the host's.");
          const again = encodeMessage(message.carriage, message.tag, message.frames.map(bare), message.sequence);
          const envelope = carriage.recognise(
            carriage === wrappedCarriage && typeof again === "string" ? JSON.parse(again) : again,
          );
          if (envelope === undefined) throw new Error("Core takes it for the host's.");
          expect(carriage.decode(envelope, AMPLE).map(withoutPayload)).toEqual(frames);
        }),
        { numRuns: 300 },
      );
    });
  }
});

const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => (number === 0 ? 0 : number)),
    fc.maxSafeInteger(),
    fc.string({ unit: "binary" }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
})).value;

describe("bodies", () => {
  test("that core encodes the suite decodes", () => {
    fc.assert(
      fc.property(values, (value) => {
        const { content, octets } = coreEncodes(value, Object.values(Content));
        const whole = octets instanceof Uint8Array ? octets : new Uint8Array(0);
        expect(decodeBody(content, whole)).toEqual(value);
      }),
    );
  });

  test("that the suite encodes core decodes, in the content that suits them and in MessagePack", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(coreDecodes(encodeBody(value))).toEqual(value);
        expect(coreDecodes({ content: Content.msgpack, octets: encodeAs(Content.msgpack, value) })).toEqual(value);
      }),
    );
  });
});
