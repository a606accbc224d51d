import { randomInt } from "node:crypto";

/** For tests in which much is said and heard: the machine may have other things to do. */
export const PATIENCE_MS = 120_000;

/**
 * Runs a test with a seed, from which all that it sends is made: a new one each time, or the one in TURNMUX_SEED. What
 * fails says which it was.
 */
export function seeded(test: (seed: number) => Promise<void>): () => Promise<void> {
  return async () => {
    const given = process.env["TURNMUX_SEED"];
    const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
    try {
      await test(seed);
    } catch (error) {
      if (error instanceof Error) error.message += ` (TURNMUX_SEED=${seed} repeats it)`;
      throw error;
    }
  };
}
