import { describe, expect, it } from "vitest";
import { Queue } from "../../src/peer/queue.ts";

interface Thing {
  readonly n: number;
}

function things(count: number): Thing[] {
  return Array.from({ length: count }, (_, n) => ({ n }));
}

describe("a queue", () => {
  it("gives out what was put in first", () => {
    const queue = new Queue<Thing>();
    const [a, b, c] = things(3) as [Thing, Thing, Thing];
    for (const thing of [b, a, b, c]) queue.add(thing);
    expect([...queue]).toEqual([b, a, c]);
    expect([queue.take(), queue.first, queue.take(), queue.take(), queue.take()]).toEqual([b, a, a, c, undefined]);
    expect(queue.size).toBe(0);
  });

  it("lets things out of its middle, and puts them at the end when they come again", () => {
    const queue = new Queue<Thing>();
    const [a, b, c] = things(3) as [Thing, Thing, Thing];
    for (const thing of [a, b, c]) queue.add(thing);
    queue.remove(a);
    queue.remove(a);
    queue.add(a);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([b, c, a]);
  });

  it("keeps its order through any mixture of what it can do", () => {
    const queue = new Queue<Thing>();
    const all = things(400);
    let model: Thing[] = [];
    let seed = 7;
    for (let step = 0; step < 40_000; step++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      const thing = all[(seed >>> 8) % all.length] as Thing;
      const what = (seed >>> 24) % 5;
      if (what < 2) {
        queue.add(thing);
        if (!model.includes(thing)) model.push(thing);
      } else if (what < 4) {
        queue.remove(thing);
        model = model.filter((other) => other !== thing);
      } else {
        expect(queue.take()).toBe(model.shift());
      }
      if (queue.first !== model[0] || queue.size !== model.length) expect([...queue]).toEqual(model);
    }
  });

  it("holds nothing of what has gone through it", () => {
    const queue = new Queue<Thing>();
    const stays = { n: -1 };
    queue.add(stays);
    for (const thing of things(100_000)) {
      queue.add(thing);
      queue.remove(thing);
    }
    expect(queue.size).toBe(1);
    expect(queue.first).toBe(stays);
  });
});
