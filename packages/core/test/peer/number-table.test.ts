import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberTable } from "../../src/peer/number-table.ts";

describe("a table by number", () => {
  it("holds what a map would hold, in the order of the numbers", () => {
    const operation = fc.oneof(
      // Few numbers and far ones: many of them want the same place.
      fc.tuple(fc.constant("set" as const), fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1 }))),
      fc.tuple(fc.constant("delete" as const), fc.integer({ min: 1, max: 40 })),
      fc.tuple(fc.constant("clear" as const), fc.constant(1)),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const table = new NumberTable<object>();
        const map = new Map<number, object>();
        for (const [what, key] of operations) {
          if (what === "set") {
            const value = { key };
            table.set(key, value);
            map.set(key, value);
          } else if (what === "delete") {
            expect(table.delete(key)).toBe(map.delete(key));
          } else {
            table.clear();
            map.clear();
          }
          expect(table.size).toBe(map.size);
          expect(table.get(key)).toBe(map.get(key));
          expect(table.has(key)).toBe(map.has(key));
        }
        const keys = [...map.keys()].sort((a, b) => a - b);
        expect(table.keys()).toEqual(keys);
        expect(table.values()).toEqual(keys.map((key) => map.get(key)));
      }),
    );
  });

  it("finds what is left of numbers that want the same place", () => {
    const table = new NumberTable<string>();
    for (const key of [8, 16, 24, 32, 9]) table.set(key, String(key));
    for (const gone of [16, 8]) expect(table.delete(gone)).toBe(true);
    expect([8, 16, 24, 32, 9].map((key) => table.get(key))).toEqual([undefined, undefined, "24", "32", "9"]);
  });

  it("holds numbers as well that were chosen to want the same place, and others behind them", () => {
    const table = new NumberTable<number>();
    const chosen = Array.from({ length: 300 }, (_, i) => (i + 1) * 2 ** 20);
    for (const round of [1, 2]) {
      for (const key of chosen) table.set(key, key + round);
      expect([table.size, table.values()]).toEqual([300, chosen.map((key) => key + round)]);
      table.set(7, 7);
      expect([table.get(7), table.has(8), table.keys().slice(0, 2)]).toEqual([7, false, [7, 2 ** 20]]);
      for (const key of [...chosen, 7]) expect(table.delete(key)).toBe(true);
      expect([table.size, table.get(7), table.keys(), table.delete(7)]).toEqual([0, undefined, [], false]);
    }
    for (const key of chosen) table.set(key, key);
    table.clear();
    expect([table.size, table.values(), table.has(2 ** 20)]).toEqual([0, [], false]);
  });

  it("finds numbers that follow one another, while some of the first ones stay for long", () => {
    const table = new NumberTable<number>();
    const there = new Set<number>();
    for (let key = 1; key <= 4_000; key++) {
      table.set(key, -key);
      there.add(key);
      const old = key - 300;
      // Every 700th stays, and is in the way of others.
      if (old > 0 && old % 700 !== 0) expect([table.delete(old), there.delete(old)]).toEqual([true, true]);
    }
    expect(table.keys()).toEqual([...there]);
    expect(table.values()).toEqual([...there].map((key) => -key));
    for (const key of there) expect(table.delete(key)).toBe(true);
    // It is small again.
    for (let key = 9_000; key < 9_400; key++) table.set(key, key);
    expect([table.size, table.get(9_000), table.get(9_399), table.get(9_400)]).toEqual([400, 9_000, 9_399, undefined]);
  });

  it("has nothing under 0", () => {
    const table = new NumberTable<string>();
    expect([table.get(0), table.has(0), table.delete(0), table.size]).toEqual([undefined, false, false, 0]);
  });
});
