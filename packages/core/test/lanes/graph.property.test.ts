import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Model, type Plan, type Step } from "./model.ts";

const ways = fc.constantFrom<Step["how"]>("wait", "wait", "wait", "fork", "forget");

/** A turn that calls turns, so deep at most. On few lanes they often meet. */
function planOn(lanes: number, depth: number): fc.Arbitrary<Plan> {
  const step = (): fc.Arbitrary<Step> => fc.record({ how: ways, plan: planOn(lanes, depth - 1) });
  const steps = depth === 0 ? fc.constant<Step[]>([]) : fc.array(step(), { maxLength: 3 });
  return fc.record({ lane: fc.nat(lanes - 1), steps });
}

const graphs = fc.integer({ min: 1, max: 4 }).chain((lanes) =>
  fc.record({
    roots: fc.array(planOn(lanes, 3), { minLength: 1, maxLength: 5 }),
    order: fc.array(fc.nat(1_000), { maxLength: 40 }),
    cancels: fc.boolean(),
  }),
);

const GRAPHS = 10_000;

describe("random graphs of turns that call turns", () => {
  it("all end, in the order of each lane, and nothing is refused where there is no cycle", () => {
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
      }),
      { numRuns: GRAPHS },
    );
    // Otherwise it shows nothing.
    expect(refused).toBeGreaterThan(GRAPHS / 50);
    expect(nested).toBeGreaterThan(GRAPHS / 10);
    expect(ran).toBeGreaterThan(GRAPHS);
  });

  it("are met by the model: of two turns that wait for each other one is refused, and both end", () => {
    const nest = (lane: number, steps: Step[]): Plan => ({ lane, steps });
    const a = nest(0, [{ how: "wait", plan: nest(1, []) }]);
    const b = nest(1, [{ how: "wait", plan: nest(0, []) }]);
    // Both begin, and then each asks for the lane of the other.
    const report = new Model([a, b], () => 0, false).run();
    expect(report).toEqual({ refused: 1, ran: 3, nested: 0 });
  });
});
