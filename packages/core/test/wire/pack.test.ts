import { decode as libraryDecode, encode as libraryEncode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PackWriter } from "../../src/wire/pack.ts";
import { HeaderReader, type HeaderValue } from "../../src/wire/unpack.ts";
import { toHex } from "./support/hex.ts";

/** Writes any value of a header, as layouts do place by place. */
function write(writer: PackWriter, value: HeaderValue): void {
  if (value === null) writer.nil();
  else if (typeof value === "boolean") writer.bool(value);
  else if (typeof value === "number") {
    if (Number.isSafeInteger(value)) writer.int(value);
    else writer.float(value);
  } else if (typeof value === "string") writer.str(value);
  else if (value instanceof Uint8Array) writer.bin(value);
  else if (Array.isArray(value)) {
    writer.array(value.length);
    for (const item of value) write(writer, item);
  } else {
    const entries = Object.entries(value);
    writer.map(entries.length);
    for (const [key, item] of entries) {
      writer.str(key);
      write(writer, item);
    }
  }
}

function pack(value: HeaderValue, slab = 4096): Uint8Array {
  const writer = new PackWriter(slab);
  writer.begin();
  write(writer, value);
  return writer.take();
}

const unpack = (octets: Uint8Array): HeaderValue => new HeaderReader(octets, 0, octets.length).value();

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .tuple(fc.constantFrom(0, 5, 7, 8, 15, 16, 31, 32, 33, 52), fc.integer({ min: -2, max: 2 }), fc.constantFrom(1, -1))
    .map(([bits, near, sign]) => sign * (2 ** bits + near) + 0),
);
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("é".repeat(16), "x".repeat(300)));
const value: fc.Arbitrary<HeaderValue> = fc.letrec<{ value: HeaderValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    integer,
    fc.double().filter((number) => !Number.isInteger(number)),
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(
      text.filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 20 },
    ),
  ),
})).value;

describe("MessagePack of headers", () => {
  test("is written as another implementation writes it, in the shortest form", () => {
    fc.assert(
      fc.property(value, (value) => {
        expect(toHex(pack(value))).toBe(toHex(libraryEncode(value)));
      }),
    );
  });

  test("is read as another implementation wrote it", () => {
    fc.assert(
      fc.property(value, (value) => {
        expect(unpack(libraryEncode(value))).toEqual(value);
      }),
    );
  });

  test("is what another implementation reads", () => {
    fc.assert(
      fc.property(value, (value) => {
        expect(libraryDecode(pack(value))).toEqual(value);
      }),
    );
  });

  test("has heads of every length", () => {
    for (const size of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      for (const sized of ["a".repeat(size), new Uint8Array(size), Array.from({ length: size }, () => 1)]) {
        const octets = pack(sized);
        expect(octets.subarray(0, 8)).toEqual(libraryEncode(sized).subarray(0, 8));
        expect(unpack(octets)).toEqual(sized);
      }
    }
    const map = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]));
    expect(unpack(pack(map))).toEqual(map);
  });

  test("gives maps that inherit nothing", () => {
    expect(Object.getPrototypeOf(unpack(pack({ a: 1 })))).toBeNull();
  });
});

describe("the buffer that results share", () => {
  test("is not written again where a result is", () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        (values, slab) => {
          const writer = new PackWriter(slab);
          const results = values.map((value) => {
            writer.begin();
            write(writer, value);
            return writer.take();
          });
          expect(results.map(unpack)).toEqual(values);
        },
      ),
    );
  });

  test("drops what was begun and not taken", () => {
    const writer = new PackWriter(64);
    writer.begin();
    writer.str("x".repeat(500));
    writer.begin();
    writer.int(5);
    expect(writer.take()).toEqual(new Uint8Array([5]));
  });

  test("is let go when a result has made it large", () => {
    const writer = new PackWriter(64);
    writer.begin();
    writer.raw(new Uint8Array(10_000));
    expect(writer.take()).toHaveLength(10_000);
    expect(writer.octets).toHaveLength(0);
  });

  test("is shared by small results", () => {
    const writer = new PackWriter(64);
    const results = [1, 2, 3].map((value) => {
      writer.begin();
      writer.int(value);
      return writer.take();
    });
    expect(results[1]?.buffer).toBe(results[0]?.buffer);
    expect(results).toEqual([new Uint8Array([1]), new Uint8Array([2]), new Uint8Array([3])]);
  });
});
