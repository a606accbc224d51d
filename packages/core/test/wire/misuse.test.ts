import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors/usage.ts";
import { binaryCarriage, textCarriage, wrappedCarriage } from "../../src/wire/carriage.ts";
import type { EndFrame, Frame, HelloFrame, OpenFrame } from "../../src/wire/frame.ts";
import { CARRIAGES, decode, TAG } from "./support/messages.ts";

const open: OpenFrame = {
  type: "open",
  stream: 1,
  more: false,
  final: true,
  tool: "a",
  callId: "b",
  content: 0,
  body: new Uint8Array(0),
};

const hello: HelloFrame = {
  type: "hello",
  versions: [1],
  nonce: new Uint8Array(16),
  tag: new Uint8Array(8),
  features: [],
  limits: { framePayload: 1, message: 1, streams: 1, assembling: 1 },
  contents: [],
};

const end: EndFrame = {
  type: "end",
  stream: 1,
  more: false,
  final: true,
  code: 2,
  content: 0,
  outcome: 3,
  body: new Uint8Array(0),
};

/** Frames that a peer would have to refuse. TypeScript lets some of them pass, and JavaScript all. */
const BAD: readonly (readonly [what: string, frame: unknown, message: string])[] = [
  [
    "a tool name that is too long",
    { ...open, tool: "a".repeat(65) },
    '"tool" must be a well-formed string of at most 64 octets',
  ],
  ["a tool name that is absent", { ...open, tool: undefined }, '"tool" must be'],
  ["a key that is not well-formed", { ...open, key: "\ud800" }, '"key" must be a well-formed string'],
  ["a call id in octets beyond its limit", { ...open, callId: "é".repeat(65) }, '"callId" must be'],
  ["a deadline that is a fraction", { ...open, deadlineMs: 1.5 }, '"deadlineMs" must be an integer from 0 to 2^53-1'],
  ["a deadline that is negative", { ...open, deadlineMs: -1 }, '"deadlineMs" must be'],
  ["a deadline that is not finite", { ...open, deadlineMs: Number.POSITIVE_INFINITY }, '"deadlineMs" must be'],
  ["meta that is no string", { ...open, meta: { a: 1 } }, '"meta" must be'],
  ["meta with the key __proto__", { ...open, meta: JSON.parse('{"__proto__":"x"}') as unknown }, "__proto__"],
  ["stream 0", { ...open, stream: 0 }, '"stream" must be an integer from 1 to 2^31-1'],
  ["a stream beyond 2^31-1", { ...open, stream: 2 ** 31 }, '"stream" must be'],
  ["a body that is no Uint8Array", { ...open, body: "x" }, '"body" must be a Uint8Array'],
  ["a retryable that is no boolean", { ...end, retryable: 1 }, '"retryable" must be a boolean'],
  ["a nonce that is too short", { ...hello, nonce: new Uint8Array(15) }, '"nonce" must be a Uint8Array of 16 octets'],
  ["versions that are absent", { ...hello, versions: undefined }, '"versions" must be a list'],
  [
    "DATA of a kind beyond an octet",
    { type: "data", stream: 1, more: false, final: true, head: { kind: 256, content: 1 }, body: new Uint8Array(0) },
    '"kind" must be an integer from 0 to 255',
  ],
];

describe.each(CARRIAGES)("$name carriage refuses to encode", (carriage) => {
  test.each(BAD)("%s", (_, frame, message) => {
    const encode = (): unknown => carriage.encode(TAG, [frame as Frame], 0);
    expect(encode).toThrow(UsageError);
    expect(encode).toThrow(message);
  });

  test("no frames, or a tag that is not one", () => {
    expect(() => carriage.encode(TAG, [], 0)).toThrow("CARR-001");
    expect(() => carriage.encode(new Uint8Array(7), [open], 0)).toThrow(UsageError);
  });

  test("and encodes the next message as if nothing had been", () => {
    const before = carriage.encode(TAG, [open, hello], 0);
    for (const [, frame] of BAD) expect(() => carriage.encode(TAG, [hello, frame as Frame], 0)).toThrow(UsageError);
    expect(carriage.encode(TAG, [open, hello], 0)).toEqual(before);
  });

  test("no sentence: one that is too long or ill-formed is mended", () => {
    const [long, broken] = decode(
      carriage,
      carriage.encode(
        TAG,
        [
          { ...end, message: "é".repeat(5000) },
          { ...end, message: "half \ud800 a pair" },
        ],
        0,
      ),
    );
    expect(long).toMatchObject({ message: `${"é".repeat(2046)}…` });
    expect(broken).toMatchObject({ message: "half \ufffd a pair" });
  });
});

test("binary carriage refuses a payload of more than 2^24-1 octets", () => {
  const frame: Frame = { ...open, body: new Uint8Array(2 ** 24) };
  expect(() => binaryCarriage.encode(TAG, [frame])).toThrow(UsageError);
});

test("wrapped carriage refuses to encode without a number", () => {
  expect(() => wrappedCarriage.encode(TAG, [open])).toThrow(UsageError);
});

test("a carriage refuses to decode the envelope of another", () => {
  const limits = { framePayload: 1000 };
  const binary = binaryCarriage.recognise(binaryCarriage.encode(TAG, [open]));
  const text = textCarriage.recognise(textCarriage.encode(TAG, [open]));
  if (binary === undefined || text === undefined) throw new Error("not recognised");
  expect(() => textCarriage.decode(binary, limits)).toThrow(UsageError);
  expect(() => wrappedCarriage.decode(text, limits)).toThrow(UsageError);
  expect(() => binaryCarriage.decode(text, limits)).toThrow(UsageError);
});
