/**
 * Answers of the peer's built-in tools: what they are is the peer's to keep, and is checked here.
 *
 * @module
 */

import { TurnmuxError } from "../errors/turnmux-error.ts";

/** What a caller knows of the built-in tools: they change nothing. */
export const BUILTIN: { readonly effect: "read" } = { effect: "read" };

/** The answer of a built-in tool. Throws a {@link TurnmuxError} where it is not what the rule says. */
export function checkedAnswer<T>(isAnswer: (value: unknown) => value is T, answer: unknown, requirement: string): T {
  if (isAnswer(answer)) return answer;
  throw new TurnmuxError("internal", "the peer's answer to a built-in tool is not what the protocol says", {
    outcome: "failed",
    requirement,
  });
}
