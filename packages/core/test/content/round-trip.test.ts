import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloneValue, Content, decodeBody, encodeBody } from "../../src/content/body.ts";
import { ValueError } from "../../src/content/value.ts";

const ALL = [Content.json, Content.msgpack, Content.text, Content.bytes];

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "é".repeat(40), "\u2028", "\ufeff"),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 2 ** 53, -(2 ** 53), 2 ** 64, 1e21, 1e300, 5e-324, 2 ** 31, 2 ** 32, -(2 ** 31) - 1),
);
const key = text.filter((key) => key !== "__proto__");

/** Values of the set; with octets inside them or without. */
function values(octets: boolean): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, depthSize: "medium" },
      fc.constant(null),
      fc.boolean(),
      number,
      text,
      ...(octets ? [fc.uint8Array({ maxLength: 60 })] : []),
      fc.array(tie("value"), { maxLength: 20 }),
      fc.dictionary(key, fc.option(tie("value"), { nil: undefined }), { maxKeys: 20, noNullPrototype: false }),
    ),
  })).value;
}

describe.each([
  ["without octets", values(false)],
  ["with octets", values(true)],
])("a value %s", (_, value) => {
  test("is the same whether it was encoded and decoded, or copied", () => {
    fc.assert(
      fc.property(value, (value) => {
        const body = encodeBody(value, ALL);
        const copy = cloneValue(value);
        expect(decodeBody(body)).toStrictEqual(copy);
        expect(copy).toEqual(unsigned(value));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same on the other contents too", () => {
    fc.assert(
      fc.property(value, (value) => {
        const marked = { value, octets: new Uint8Array([1]) };
        const body = encodeBody(marked, ALL);
        expect(body.content).toBe(Content.msgpack);
        expect(decodeBody(body)).toStrictEqual(cloneValue(marked));
      }),
      { numRuns: 500 },
    );
  });

  test("shares nothing with its copy", () => {
    fc.assert(
      fc.property(value, (value) => {
        const seen = new Set<unknown>();
        collect(value, seen);
        const copied = new Set<unknown>();
        collect(cloneValue(value), copied);
        for (const object of copied) expect(seen.has(object)).toBe(false);
      }),
    );
  });
});

/** A value as it is once it was sent: with zero for negative zero. */
function unsigned(value: unknown): unknown {
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(unsigned);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unsigned(member)]));
}

/** Every object in a value, and the buffers of octets. */
function collect(value: unknown, into: Set<unknown>): void {
  if (typeof value !== "object" || value === null) return;
  into.add(value);
  if (value instanceof Uint8Array) into.add(value.buffer);
  else for (const member of Object.values(value)) collect(member, into);
}

test("anything at all is encoded as it is copied, or refused as it is refused", () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const outcome = (run: () => unknown): unknown => {
    try {
      return { value: run() };
    } catch (error) {
      if (error instanceof ValueError) return { refused: error.message };
      throw error;
    }
  };
  fc.assert(
    fc.property(anything, (value) => {
      expect(outcome(() => decodeBody(encodeBody(value, ALL)))).toStrictEqual(outcome(() => cloneValue(value)));
    }),
    { numRuns: 3000 },
  );
});
