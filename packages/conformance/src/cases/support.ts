/**
 * What cases of several kinds need.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Ending } from "../harness/calls.ts";
import type { Context } from "../suite/context.ts";
import type { CodeName, OutcomeName } from "../wire/constants.ts";

/** Lets time pass: for what a limit or a handler of the peer needs, never for something to happen. Milliseconds, before the time scale. */
export function pause(t: Context, ms: number): Promise<void> {
  return wait(t.ms(ms));
}

/** A call must have ended so. */
export function endedWith(
  t: Context,
  ending: Ending,
  expected: { readonly code: CodeName; readonly outcome?: OutcomeName; readonly clause: string },
): void {
  t.equal([ending.code, ending.outcome], [expected.code, expected.outcome], "Code and outcome", expected.clause);
}
