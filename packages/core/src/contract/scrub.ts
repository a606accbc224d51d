/**
 * Keeps values out of what validators say about them (CALL-011).
 *
 * @module
 */

/** A validator's message and the way to the part of the value that it speaks of. */
export interface RawIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const maxLength = 200;
const fallback = "is not valid";

/** The messages without values, each of at most 200 characters, in the same order. */
export function scrubMessages(issues: readonly RawIssue[], _value: unknown): readonly string[] {
  return issues.map(({ message }) => withoutReceived(message).slice(0, maxLength) || fallback);
}

/** Cuts off what validators add about the value they got: arktype's `(was "x")`, valibot's `but received "x"`. */
function withoutReceived(message: string): string {
  return message.replace(/ \(was [^]*$/u, "").replace(/(?:: | but )[Rr]eceived [^]*$/u, "");
}
