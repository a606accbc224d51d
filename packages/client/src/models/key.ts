/**
 * The key of a model's call.
 *
 * @module
 */

/** Characters of a framework's identifier that are taken over: a key has at most 256 octets. */
const LONGEST = 128;

/** Identifiers that are mere counts, which the next turn or process gives again: `call_0`, `1`, `tool-12`. */
const COUNTED = /^(?:[a-z]*[-_.:]?)?\d{1,6}$/i;

/**
 * The idempotency key of a call, from its turn and the framework's tool-call id: the same after a crash of the process that made it, so that the call that is
 * made again joins the first one. Undefined, which is a random key, where the id is none that stands for one call.
 */
export function toolCallKey(turnId: string, toolCallId: unknown): string | undefined {
  if (typeof toolCallId !== "string" || toolCallId === "" || COUNTED.test(toolCallId)) return undefined;
  if (toolCallId.length > LONGEST || turnId.length > LONGEST || !toolCallId.isWellFormed()) return undefined;
  return `${turnId}/${toolCallId}`;
}
