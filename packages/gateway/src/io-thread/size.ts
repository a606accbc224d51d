/**
 * How much a value is, and a message.
 *
 * @module
 */

import type { ToMain } from "./messages.ts";

/** Values are looked at until they are found to be this long; those that are longer, and no text or octets, count for no more. */
export const COUNTED_OCTETS: number = 1024 * 1024;

/** Octets that a tool of an offer counts for. The main thread looks at each of them. */
const OFFERED_TOOL = 512;

/** What a message to the main thread counts for. Runs of handlers are counted by whoever asks for them. */
export function weightOf(message: ToMain): number {
  if (!("kind" in message)) return 0;
  if (message.kind === "event" && message.event.type === "offer") return message.event.tools.size * OFFERED_TOOL;
  return sizeOf(message, COUNTED_OCTETS);
}

/** About how many octets a value takes; looks no further when it is `most`. */
export function sizeOf(value: unknown, most: number): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = 8;
  for (const [name, part] of Object.entries(value)) {
    size += name.length + sizeOf(part, most - size);
    if (size >= most) break;
  }
  return size;
}
