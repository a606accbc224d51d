/**
 * Makes a schedule that goes wrong smaller, so that a person can follow it.
 *
 * @module
 */
import { runOne } from "./batch.ts";
import { planOf } from "./plan.ts";
import { Random } from "./random.ts";

/** How many schedules this may take. */
const MOST_RUNS = 400;

/** The steps of a schedule without which the same invariant still breaks. */
export async function shrink(seed: number, invariant: string): Promise<readonly number[]> {
  let steps = planOf(seed, new Random(seed, 1)).steps.map(({ number }) => number);
  let runs = 0;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length && runs < MOST_RUNS; ) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      runs += 1;
      const { violation } = await runOne(seed, { only: new Set(fewer) });
      if (violation?.invariant === invariant) steps = fewer;
      else at += size;
    }
  }
  return steps;
}
