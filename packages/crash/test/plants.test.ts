import { expect, it } from "vitest";
import { figuresOf, ranDriver } from "./support/driver.ts";

/** How long a run may take on a machine that is busy with other things. */
const LIMIT_MS = 170_000;

it("finds that a journal forgets", { timeout: LIMIT_MS }, async () => {
  // The first kills of this seed are the gateway's.
  const kills = ["--clients", "1", "--kills", "2", "--duration", "3", "--seed", "1"];
  const { code, output, lastLine } = await ranDriver("--plant", "memory-journal", ...kills);
  expect(figuresOf(lastLine).duplicated, output).toBeGreaterThan(0);
  expect(output).toMatch(/^duplicated: \S+: effect \S+ is one too many$/m);
  // What somebody needs who looks into it: the story of the intent, and the seed.
  expect(output).toMatch(/^ +0\.0 ms {2}\S+ {2}wants .*(\n.*)+ EFFECT (.*\n)+.* EFFECT /m);
  expect(output).toMatch(/^seed 1$/m);
  expect(code).toBe(1);
});

it("finds that a client takes new keys", { timeout: LIMIT_MS }, async () => {
  const { code, output, lastLine } = await ranDriver("--plant", "new-key", "--kills", "0", "--duration", "3");
  expect(figuresOf(lastLine).duplicated, output).toBeGreaterThan(0);
  expect(code).toBe(1);
});

it("finds that callers were told something else than what happened", { timeout: LIMIT_MS }, async () => {
  const plants = ["lost-line", "no-ending", "late-effect", "false-failure", "wrong-result"];
  const args = plants.flatMap((plant) => ["--plant", plant]);
  const { code, output, lastLine } = await ranDriver(...args, "--kills", "0", "--duration", "2", "--clients", "1");
  expect.soft(output).toMatch(/^lost: .* was told ok, and there is no effect$/m);
  expect.soft(output).toMatch(/^lost: .* has no ending$/m);
  expect.soft(output).toMatch(/^untrue: .* was told ok before its effect$/m);
  expect.soft(output).toMatch(/^untrue: .* was told failed, in spite of effect /m);
  expect.soft(output).toMatch(/^untrue: .* was told ok with an effect that is not in the ledger$/m);
  const { lost, untrue } = figuresOf(lastLine);
  expect(lost).toBeGreaterThan(1);
  expect(untrue).toBeGreaterThan(2);
  expect(code).toBe(1);
});
