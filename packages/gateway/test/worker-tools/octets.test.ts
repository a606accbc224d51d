/** What changes hands between threads, and what is only copied. */
import { expect, test } from "vitest";
import { parcel } from "../../src/worker-tools/octets.ts";

const large = new Uint8Array(16 * 1024).fill(3);
const small = new Uint8Array(16 * 1024 - 1).fill(4);

test("large octets are copied, wherever they are, and their copies change hands", () => {
  const value = { a: [1, { large }, small], b: "text" };
  const { value: copied, transfer } = parcel(value);
  const received = structuredClone(copied, { transfer });
  expect(received).toEqual(value);
  expect(transfer).toHaveLength(1);
  // What has changed hands is empty where it was; what was given is as it was.
  expect(transfer[0]?.byteLength).toBe(0);
  expect([large.length, value.a[1]]).toEqual([16 * 1024, { large }]);
});

test("of a part of a buffer no more than the part is copied", () => {
  const { value, transfer } = parcel(new Uint8Array(large.buffer, 0, large.length));
  const part = parcel(new Uint8Array(new ArrayBuffer(100_000), 10, 20_000));
  expect(value).toEqual(large);
  expect([transfer[0]?.byteLength, part.transfer[0]?.byteLength]).toEqual([16 * 1024, 20_000]);
  const few = parcel([new Uint8Array(new ArrayBuffer(100_000), 10, 20)]);
  expect(few).toEqual({ value: [new Uint8Array(20)], transfer: [] });
  expect((few.value as Uint8Array[])[0]?.buffer.byteLength).toBe(20);
});

test("what has none is passed on as it is", () => {
  const date = new Date();
  for (const value of [undefined, null, 7, "text", small, [small], { small }, date, new Map([["a", large]])]) {
    expect(parcel(value)).toEqual({ value, transfer: [] });
    expect(parcel(value).value).toBe(value);
  }
});

test("a value that is its own part is no trap", () => {
  const knot: { self?: unknown } = {};
  knot.self = knot;
  expect(parcel(knot)).toEqual({ value: knot, transfer: [] });
});
