import { expect, it } from "vitest";
import { figuresOf, ranDriver } from "./support/driver.ts";

/** How long a run may take on a machine that is busy with other things. */
const LIMIT_MS = 170_000;

const few = ["--clients", "1", "--kills", "0", "--duration", "2"];

/** Each planted fault, how it is run, and which figure shows it. */
const cases = [
  // The first kills of this seed are the gateway's.
  ["memory-journal", ["--clients", "1", "--kills", "3", "--duration", "4", "--seed", "1"], "duplicated"],
  ["new-key", ["--clients", "2", "--kills", "0", "--duration", "3"], "duplicated"],
  ["lost-line", few, "lost"],
  ["no-ending", few, "lost"],
  ["late-effect", few, "untrue"],
  ["false-failure", few, "untrue"],
  ["wrong-result", few, "untrue"],
] as const;

it.for(cases)("finds the planted fault %s", { timeout: LIMIT_MS }, async ([plant, args, figure]) => {
  const { code, output, lastLine } = await ranDriver("--plant", plant, ...args);
  expect(figuresOf(lastLine)[figure], output).toBeGreaterThan(0);
  expect(output).toMatch(/^seed \d+$/m);
  expect(output).toMatch(/^ +0\.0 ms {2}\S+ {2}wants /m);
  expect(code).toBe(1);
});
