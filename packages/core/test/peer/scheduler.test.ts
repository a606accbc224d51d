import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLASS_WEIGHTS, classOf, Scheduler, type PriorityClass, type Schedulable } from "../../src/peer/scheduler.ts";

class Thing implements Schedulable<Thing> {
  waitsIn: PriorityClass | undefined;
  waitsBehind: Thing | undefined;
  waitsBefore: Thing | undefined;
  readonly name: string;
  readonly priority: PriorityClass;

  constructor(name: string, priority: PriorityClass) {
    this.name = name;
    this.priority = priority;
  }
}

/** A scheduler, and the octets that each class has written with it. */
class Writing {
  readonly scheduler = new Scheduler<Thing>();
  readonly octets: [number, number, number] = [0, 0, 0];

  add(...things: Thing[]): void {
    for (const thing of things) this.scheduler.add(thing, thing.priority);
  }

  /** The next turn: the thing writes a frame and wants to go on, unless it has `done` with it. */
  turn(octets: number | ((thing: Thing) => number), done = false): Thing | undefined {
    const thing = this.scheduler.take();
    if (thing === undefined) return undefined;
    const written = typeof octets === "number" ? octets : octets(thing);
    this.scheduler.served(thing.priority, written);
    this.octets[thing.priority] += written;
    if (!done) this.add(thing);
    return thing;
  }

  /** The names of those that have the next turns. */
  turns(count: number, octets: number): string[] {
    return Array.from({ length: count }, () => this.turn(octets)?.name ?? "nobody");
  }

  reset(): void {
    this.octets.fill(0);
  }
}

const priorities = fc.constantFrom<PriorityClass>(0, 1, 2);
const frames = fc.array(fc.integer({ min: 64, max: 16_384 }), { minLength: 1, maxLength: 50 });

/** Octets of frames in turn, for ever. */
function sizes(given: readonly number[]): () => number {
  let turn = 0;
  return () => given[turn++ % given.length] ?? 64;
}

describe("the classes of a scheduler", () => {
  it("are those of OPEN's priority, and what is not known is normal", () => {
    expect([0, 1, 2, undefined, 3, -1, 0.5].map(classOf)).toEqual([0, 1, 2, 1, 1, 1, 1]);
  });

  it("share the octets by their weights while each has something to write", () => {
    const writing = new Writing();
    writing.add(new Thing("i", 0), new Thing("n", 1), new Thing("b", 2));
    for (let octets = 0; octets < 21_000; octets += 100) writing.turn(100);
    expect(writing.octets).toEqual([16_000, 4_000, 1_000]);
  });

  it("share them by their weights also where all of them have to wait now and then", () => {
    const writing = new Writing();
    const all = [new Thing("i", 0), new Thing("n", 1), new Thing("b", 2)];
    writing.add(...all);
    for (let turn = 0; turn < 210; turn++) {
      writing.turn(100);
      if (turn % 4 > 0) continue;
      // Each is taken, writes nothing, and is put back.
      while (writing.scheduler.take() !== undefined);
      writing.add(...all);
    }
    expect(writing.octets).toEqual([16_000, 4_000, 1_000]);
  });

  it("share them by their weights whatever the sizes of their frames are", () => {
    fc.assert(
      fc.property(frames, frames, frames, (...given) => {
        const writing = new Writing();
        writing.add(new Thing("i", 0), new Thing("n", 1), new Thing("b", 2));
        const next = given.map(sizes);
        for (let turn = 0; turn < 2_000; turn++) writing.turn((thing) => next[thing.priority]?.() ?? 0);
        const shares = writing.octets.map((octets, priority) => octets / (CLASS_WEIGHTS[priority] ?? 0));
        // No class is ahead of another one by more than a frame of its own.
        for (const [one, share] of shares.entries()) {
          for (const other of shares) expect(share - other).toBeLessThanOrEqual(16_384 / (CLASS_WEIGHTS[one] ?? 0));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("leave what one of them does not use to the others", () => {
    const writing = new Writing();
    writing.add(new Thing("n", 1), new Thing("b", 2));
    for (let turn = 0; turn < 500; turn++) writing.turn(100);
    expect(writing.octets).toEqual([0, 40_000, 10_000]);
    const alone = new Writing();
    alone.add(new Thing("b", 2));
    expect(alone.turns(3, 16_384)).toEqual(["b", "b", "b"]);
  });

  it("count turns that write next to nothing as well", () => {
    const writing = new Writing();
    writing.add(new Thing("i", 0), new Thing("b", 2));
    expect(writing.turns(40, 0)).toContain("b");
  });
});

describe("a class that becomes ready", () => {
  it("goes before a class of lesser weight that is at it", () => {
    const writing = new Writing();
    writing.add(new Thing("b", 2));
    writing.turns(10, 16_384);
    writing.add(new Thing("i", 0));
    expect(writing.turns(16, 16_384)).toEqual(Array.from({ length: 16 }, () => "i"));
    expect(writing.turns(2, 16_384)).toContain("b");
    writing.add(new Thing("n", 1));
    expect(writing.turns(2, 16_384)).toContain("n");
  });

  it("has no claim for the time when it had nothing to write", () => {
    fc.assert(
      fc.property(priorities, priorities, fc.nat(1_000), (early, late, alone) => {
        fc.pre(early !== late);
        const writing = new Writing();
        writing.add(new Thing("early", early));
        for (let turn = 0; turn < alone; turn++) writing.turn(1_000);
        writing.add(new Thing("late", late));
        writing.reset();
        for (let turn = 0; turn < 210; turn++) writing.turn(1_000);
        const [ours, theirs] = [CLASS_WEIGHTS[early], CLASS_WEIGHTS[late]];
        // Its share from now on, but for the frame that the other one wrote last and the one that it began with.
        const share = (210_000 * theirs) / (ours + theirs);
        expect(Math.abs(writing.octets[late] - share)).toBeLessThanOrEqual(2_000 * Math.max(ours, theirs));
        expect(writing.octets[early]).toBeGreaterThanOrEqual(210_000 - share - 2_000 * Math.max(1, theirs / ours));
      }),
      { numRuns: 200 },
    );
  });

  it("has not to make up for what it wrote while it was alone", () => {
    const writing = new Writing();
    const bulk = new Thing("b", 2);
    writing.add(bulk);
    writing.turns(10_000, 16_384);
    writing.add(new Thing("n", 1));
    writing.reset();
    for (let turn = 0; turn < 50; turn++) writing.turn(16_384);
    // One frame less than its share: it wrote one as the other came.
    expect(writing.octets[2]).toBeGreaterThanOrEqual(9 * 16_384);
  });

  it("gains nothing by being ready again and again", () => {
    const writing = new Writing();
    const often = new Thing("often", 2);
    writing.add(new Thing("n", 1), often);
    // Each time it has written it leaves, and comes back at once.
    for (let turn = 0; turn < 5_000; turn++) {
      const thing = writing.turn(100, true);
      if (thing !== undefined) writing.add(thing);
    }
    expect(writing.octets).toEqual([0, 400_000, 100_000]);
  });
});

describe("within a class", () => {
  it("things take turns, frame by frame", () => {
    const writing = new Writing();
    writing.add(new Thing("a", 1), new Thing("b", 1), new Thing("c", 1));
    expect(writing.turns(7, 16_384)).toEqual(["a", "b", "c", "a", "b", "c", "a"]);
  });

  it("a thing that is put in a second time keeps its place", () => {
    const writing = new Writing();
    const [a, b] = [new Thing("a", 1), new Thing("b", 1)];
    writing.add(a, b, a);
    expect([writing.scheduler.size, ...writing.turns(3, 1)]).toEqual([2, "a", "b", "a"]);
  });

  it("a thing that is taken out and put in again stands at the end", () => {
    const writing = new Writing();
    const [a, b, c] = [new Thing("a", 1), new Thing("b", 1), new Thing("c", 1)];
    writing.add(a, b, c);
    for (const thing of [b, b, a]) writing.scheduler.remove(thing);
    writing.add(a);
    expect(writing.turns(3, 1)).toEqual(["c", "a", "c"]);
  });
});

describe("a scheduler", () => {
  it("keeps the order of each class through any mixture of what it can do", () => {
    const step = fc.record({ what: fc.constantFrom("add", "add", "remove", "take"), which: fc.nat(29) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const scheduler = new Scheduler<Thing>();
        const things = Array.from({ length: 30 }, (_, n) => new Thing(`${n}`, classOf(n % 3)));
        const model: [Thing[], Thing[], Thing[]] = [[], [], []];
        for (const { what, which } of steps) {
          const thing = things[which];
          if (thing === undefined) continue;
          const lane = model[thing.priority];
          if (what === "add") {
            scheduler.add(thing, thing.priority);
            if (!lane.includes(thing)) lane.push(thing);
          } else if (what === "remove") {
            scheduler.remove(thing);
            model[thing.priority] = lane.filter((other) => other !== thing);
          } else {
            const taken = scheduler.take();
            // Which class it is of is not looked at here. Within it the first one goes.
            if (taken === undefined) expect(model.flat()).toEqual([]);
            else expect(taken).toBe(model[taken.priority].shift());
            if (taken !== undefined) scheduler.served(taken.priority, 100);
          }
          expect([...scheduler]).toEqual(model.flat());
          expect(scheduler.size).toBe(model.flat().length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("lets nobody wait for longer than the weights say, whoever else is at it", () => {
    fc.assert(
      fc.property(fc.array(priorities, { maxLength: 30 }), priorities, frames, (others, mine, given) => {
        const writing = new Writing();
        writing.add(...others.map((priority, n) => new Thing(`${n}`, priority)));
        const size = sizes(given);
        for (let turn = 0; turn < 100; turn++) writing.turn(size());
        writing.add(new Thing("mine", mine));
        writing.reset();
        // Before it, its own class has a turn each, and the others write no more than what the weights make of that.
        const peers = others.filter((priority) => priority === mine).length;
        const share = (CLASS_WEIGHTS[0] + CLASS_WEIGHTS[1] + CLASS_WEIGHTS[2]) / CLASS_WEIGHTS[mine];
        const most = (peers + 2) * 16_384 * share + 2 * 16_384;
        while (writing.turn(size())?.name !== "mine") {
          expect(writing.octets[0] + writing.octets[1] + writing.octets[2]).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is left by an iteration as it is, and what comes meanwhile is not visited", () => {
    const writing = new Writing();
    writing.add(new Thing("b", 2), new Thing("i", 0), new Thing("n", 1), new Thing("i2", 0));
    const seen: string[] = [];
    for (const thing of writing.scheduler) {
      seen.push(thing.name);
      writing.add(new Thing(`${thing.name}'`, 2));
    }
    expect(seen).toEqual(["i", "i2", "n", "b"]);
    expect(writing.scheduler.size).toBe(8);
  });

  it("holds nothing of what has gone through it", () => {
    const scheduler = new Scheduler<Thing>();
    const [stays, goes] = [new Thing("stays", 0), new Thing("goes", 0)];
    scheduler.add(stays, 0);
    scheduler.add(goes, 0);
    scheduler.remove(goes);
    expect([goes.waitsIn, goes.waitsBehind, goes.waitsBefore]).toEqual([undefined, undefined, undefined]);
    expect([stays.waitsBefore, scheduler.size]).toEqual([undefined, 1]);
  });
});
