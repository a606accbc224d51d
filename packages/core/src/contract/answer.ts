/**
 * Answers of the peer's built-in tools: the contract is the peer's to keep, and what it answers is checked by it.
 *
 * @module
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { TurnmuxError } from "../errors/turnmux-error.ts";

/** The answer, as the built-in tool's contract has it. Throws a {@link TurnmuxError} where it is not what the rule says. */
export function checkedAnswer<T>(
  contract: { readonly output: StandardSchemaV1<T, T> },
  answer: unknown,
  requirement: string,
): T {
  const checked = contract.output["~standard"].validate(answer);
  if (!(checked instanceof Promise) && checked.issues === undefined) return checked.value;
  throw new TurnmuxError("internal", "the peer's answer to a built-in tool is not what the protocol says", {
    outcome: "failed",
    requirement,
  });
}
