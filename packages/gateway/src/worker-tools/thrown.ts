/**
 * Something thrown, between threads: structured cloning refuses some of it, and forgets the names of classes.
 *
 * @module
 */

import type { ThrownText } from "./messages.ts";

/** Causes of causes that are followed. */
const MAX_CAUSES = 8;

/** What can be told of something thrown. Never throws. */
export function describeThrown(thrown: unknown, depth: number = MAX_CAUSES): ThrownText {
  try {
    if (!(thrown instanceof Error)) return text("Error", String(thrown));
    const cause = thrown.cause === undefined || depth === 0 ? undefined : describeThrown(thrown.cause, depth - 1);
    const stack = typeof thrown.stack === "string" ? thrown.stack : undefined;
    // Plain JavaScript can put anything there.
    const { name, message }: { readonly name: unknown; readonly message: unknown } = thrown;
    return { name: String(name), message: String(message), stack, cause };
  } catch {
    // A proxy, or a getter that throws.
    return text("Error", "something that cannot be shown was thrown");
  }
}

/** The same as an error of this thread. */
export function errorOf({ name, message, stack, cause }: ThrownText): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: errorOf(cause) });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function text(name: string, message: string): ThrownText {
  return { name, message, stack: undefined, cause: undefined };
}
