import { describe, expect, it } from "vitest";
import { BATCH_OCTETS } from "../../src/limits.ts";
import { SpareOctets } from "../../src/spare-octets.ts";
import { PackWriter } from "../../src/wire/pack.ts";

const LARGE = BATCH_OCTETS;

describe("Memory for large octets", () => {
  it("is used again once it is given back, and not before", () => {
    const spare = new SpareOctets();
    const first = spare.take(LARGE);
    const second = spare.take(LARGE);
    expect(second.buffer).not.toBe(first.buffer);
    spare.giveBack(first.subarray(3, 9));
    expect(spare.take(LARGE).buffer).toBe(first.buffer);
    expect(spare.take(LARGE).buffer).not.toBe(first.buffer);
  });

  it("is lent to one at a time, however often it is given back", () => {
    const spare = new SpareOctets();
    const octets = spare.take(LARGE);
    spare.giveBack(octets);
    spare.giveBack(octets);
    expect(spare.take(LARGE).buffer).not.toBe(spare.take(LARGE).buffer);
  });

  it("is never taken from others: not octets of an application, not those that another lent, not those that several have", () => {
    const spare = new SpareOctets();
    const shared = spare.take(LARGE);
    spare.share(shared);
    const strange = [new Uint8Array(shared.buffer.byteLength), new SpareOctets().take(LARGE), shared];
    for (const octets of strange) spare.giveBack(octets);
    const taken = [spare.take(LARGE), spare.take(LARGE), spare.take(LARGE)].map(({ buffer }) => buffer);
    for (const { buffer } of strange) expect(taken).not.toContain(buffer);
  });

  it("is not kept beyond a few buffers", () => {
    const spare = new SpareOctets();
    const all = Array.from({ length: 100 }, () => spare.take(LARGE));
    for (const octets of all) spare.giveBack(octets);
    const before = new Set(all.map(({ buffer }) => buffer));
    const again = all.filter(() => before.has(spare.take(LARGE).buffer));
    expect(again.length).toBeGreaterThan(0);
    expect(again.length).toBeLessThanOrEqual(16);
  });

  it("makes a copy of any length, that is as long as what it copies", () => {
    const spare = new SpareOctets();
    for (const length of [0, 1, 1_000, LARGE / 2, LARGE, LARGE + 4_096, LARGE + 4_097, LARGE * 3]) {
      const octets = new Uint8Array(length).fill(7);
      const copy = spare.copyOf(octets);
      expect(copy).toEqual(octets);
      expect(copy.buffer).not.toBe(octets.buffer);
      spare.giveBack(copy);
    }
  });
});

describe("A writer of large results", () => {
  const spare = new SpareOctets();
  const written = (writer: PackWriter, octets: Uint8Array, expected = octets.length + 5): Uint8Array => {
    writer.begin(expected);
    writer.bin(octets);
    return writer.take();
  };

  it("gives them memory of their own, and goes on behind the small ones in that which those share", () => {
    const writer = new PackWriter(1_024, spare);
    const first = written(writer, Uint8Array.of(1, 2));
    const large = written(writer, new Uint8Array(LARGE).fill(5));
    const second = written(writer, Uint8Array.of(3, 4));
    expect(second.buffer).toBe(first.buffer);
    expect([...first, ...second]).toEqual([0xc4, 2, 1, 2, 0xc4, 2, 3, 4]);
    expect(large.length).toBe(LARGE + 5);
    expect(large.subarray(5).every((octet) => octet === 5)).toBe(true);
    spare.giveBack(large);
    expect(written(writer, new Uint8Array(LARGE)).buffer).toBe(large.buffer);
  });

  it("writes more than was expected, and drops what was begun and not taken", () => {
    const writer = new PackWriter(1_024, spare);
    writer.begin(LARGE);
    writer.bin(new Uint8Array(40));
    const octets = new Uint8Array(LARGE * 2).map((_, index) => index);
    expect(written(writer, octets, LARGE).subarray(5)).toEqual(octets);
    expect([...written(writer, Uint8Array.of(9))]).toEqual([0xc4, 1, 9]);
  });
});
