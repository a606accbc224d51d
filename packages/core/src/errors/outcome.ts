/**
 * What became of a call that failed. `docs/spec.md` section 7.
 *
 * @module
 */

const values = { not_started: 0, failed: 1, completed: 2, unknown: 3 } as const;

/**
 * What became of a call that failed (ERR-001).
 *
 * - `"not_started"`: the handler did not run and will not; safe to repeat
 * - `"failed"`: it ran and took no effect
 * - `"completed"`: it took effect, although an error is reported
 * - `"unknown"`: nobody knows; a repetition may double the effect
 */
export type Outcome = keyof typeof values;

/** Every outcome and its wire value. */
export const Outcomes: Readonly<Record<Outcome, number>> = values;

const names: readonly Outcome[] = Object.keys(values) as Outcome[];

/** The wire value of an outcome: 0 to 3. */
export function outcomeToWire(outcome: Outcome): number {
  return values[outcome];
}

/** The outcome of a wire value, or undefined where no outcome has it. */
export function outcomeFromWire(value: number): Outcome | undefined {
  return names[value];
}

/** Whether a string is the name of an outcome. */
export function isOutcome(name: unknown): name is Outcome {
  return typeof name === "string" && Object.hasOwn(values, name);
}
