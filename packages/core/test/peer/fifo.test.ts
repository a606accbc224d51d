import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/peer/fifo.ts";

describe("a queue that is emptied from the front", () => {
  it("gives back what a list would, in order", () => {
    const operation = fc.oneof(fc.constant("add" as const), fc.constant("take" as const), fc.constant("drop" as const));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
        const fifo = new Fifo<{ n: number }>();
        let list: { n: number }[] = [];
        for (const [n, what] of operations.entries()) {
          if (what === "add") {
            const thing = { n };
            fifo.add(thing);
            list.push(thing);
          } else if (what === "take") {
            expect(fifo.take()).toBe(list.shift());
          } else {
            expect(fifo.drop((thing) => thing.n % 3 === 0)).toEqual(list.filter((thing) => thing.n % 3 === 0));
            list = list.filter((thing) => thing.n % 3 !== 0);
          }
        }
        for (const thing of list) expect(fifo.take()).toBe(thing);
        expect(fifo.take()).toBeUndefined();
      }),
    );
  });
});
