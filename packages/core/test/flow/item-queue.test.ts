import { describe, expect, it } from "vitest";
import { ItemQueue } from "../../src/session/items.ts";

/** A queue, and what its items gave back. */
function queue() {
  const taken: number[] = [];
  const source = { itemTaken: (octets: number) => void taken.push(octets) };
  let left = 0;
  const items = new ItemQueue(() => {
    left += 1;
  });
  return { items, taken, left: () => left, push: (item: unknown, octets: number) => items.push(item, octets, source) };
}

describe("What an item counts for", () => {
  it("is given back when it is read, not before, and at once where somebody waits for it", async () => {
    const { items, taken, push } = queue();
    push("a", 1);
    push("b", 2);
    expect([taken, items.octets]).toEqual([[], 3]);
    expect(await items.next()).toEqual({ done: false, value: "a" });
    expect([taken, items.octets]).toEqual([[1], 2]);
    await items.next();
    const waiting = items.next();
    push("c", 4);
    expect([taken, items.octets]).toEqual([[1, 2, 4], 0]);
    expect(await waiting).toEqual({ done: false, value: "c" });
  });

  it.each(["finish", "fail"] as const)(
    "is given back with the end of all (%s), once, and they are still read",
    async (how) => {
      const { items, taken, push } = queue();
      for (let n = 1; n <= 200; n++) push(n, n);
      for (let n = 1; n <= 150; n++) await items.next();
      taken.length = 0;
      if (how === "finish") items.finish();
      else items.fail(new Error("broken"));
      expect(taken).toEqual(Array.from({ length: 50 }, (_, n) => 151 + n));
      for (let n = 151; n <= 200; n++) expect((await items.next()).value).toBe(n);
      expect(taken).toHaveLength(50);
      if (how === "finish") expect((await items.next()).done).toBe(true);
      else await expect(items.next()).rejects.toThrow("broken");
      push("late", 7);
      expect(taken.at(-1)).toBe(7);
      expect((await items.next()).done).toBe(true);
    },
  );

  it("is given back when the reader leaves, before that is told", async () => {
    const { items, taken, left, push } = queue();
    push("a", 1);
    push("b", 2);
    await items.return();
    expect([taken, left(), items.octets]).toEqual([[1, 2], 1, 0]);
    push("c", 3);
    expect(taken).toEqual([1, 2, 3]);
    await items.return();
    expect([(await items.next()).done, left(), taken]).toEqual([true, 1, [1, 2, 3]]);
  });
});
