import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Model, type Plan, type Step } from "./model.ts";

const ways = fc.constantFrom<Step["how"]>("wait", "wait", "wait", "fork", "forget");

/** A turn that calls turns and keys, so deep at most. On few lanes they often meet, and under few keys. */
function planOn(lanes: number, keys: number, depth: number): fc.Arbitrary<Plan> {
  const step = (): fc.Arbitrary<Step> => fc.record({ how: ways, plan: planOn(lanes, keys, depth - 1) });
  const steps = depth === 0 ? fc.constant<Step[]>([]) : fc.array(step(), { maxLength: 3 });
  const key = keys === 0 ? fc.constant(undefined) : fc.option(fc.nat(keys - 1), { nil: undefined, freq: 2 });
  return fc.record({ lane: fc.nat(lanes - 1), key, steps });
}

const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }));

const graphs = sizes.chain(([lanes, keys]) =>
  fc.record({
    roots: fc.array(planOn(lanes, keys, 3), { minLength: 1, maxLength: 5 }),
    order: fc.array(fc.nat(1_000), { maxLength: 40 }),
    cancels: fc.boolean(),
  }),
);

/** Chooses these moves, and then always the first. */
function pick(moves: readonly number[]): () => number {
  let at = 0;
  return () => moves[at++] ?? 0;
}

const GRAPHS = 10_000;

describe("random graphs of turns that call turns and keys", () => {
  it("all end, in the order of each lane, and nothing is refused where there is no cycle", () => {
    let joined = 0;
    let unjoined = 0;
    let refused = 0;
    let nested = 0;
    let ran = 0;
    fc.assert(
      fc.property(graphs, ({ roots, order, cancels }) => {
        let at = 0;
        const choose = (below: number): number => (order[at++ % Math.max(1, order.length)] ?? 0) % below;
        // What it throws is what was broken.
        const report = new Model(roots, choose, cancels).run();
        refused += report.refused;
        nested += report.nested;
        ran += report.ran;
        joined += report.joined;
        unjoined += report.unjoined;
      }),
      { numRuns: GRAPHS },
    );
    // Otherwise it shows nothing.
    expect(refused).toBeGreaterThan(GRAPHS / 50);
    expect(nested).toBeGreaterThan(GRAPHS / 10);
    expect(ran).toBeGreaterThan(GRAPHS);
    expect(joined).toBeGreaterThan(GRAPHS / 20);
    expect(unjoined).toBeGreaterThan(GRAPHS / 50);
  });

  it("are met by the model: of two turns that wait for each other one is refused, and both end", () => {
    const nest = (lane: number, steps: Step[]): Plan => ({ lane, steps });
    const a = nest(0, [{ how: "wait", plan: nest(1, []) }]);
    const b = nest(1, [{ how: "wait", plan: nest(0, []) }]);
    // Both begin, and then each asks for the lane of the other.
    const report = new Model([a, b], () => 0, false).run();
    expect(report).toMatchObject({ refused: 1, ran: 3 });
  });

  it("are met by the model: what joins a key whose run waits for it is not let wait, whichever comes first", () => {
    const asks: Plan = { lane: 0, key: 7, steps: [{ how: "wait", plan: { lane: 0, steps: [] } }] };
    const turn: Plan = { lane: 0, steps: [{ how: "wait", plan: { ...asks, steps: [] } }] };
    // The turn has the lane, the run of the key waits for it, and the turn calls the key.
    expect(new Model([turn, asks], pick([0, 0, 1]), false).run()).toMatchObject({ unjoined: 1, refused: 0 });
    // The turn has joined before the run asks for the lane.
    expect(new Model([turn, asks], pick([0, 0, 0]), false).run()).toMatchObject({ joined: 1, refused: 1 });
  });
});
