/**
 * How long the strings and octets of a header may be, in octets of UTF-8 (FRAME-009).
 *
 * @module
 */

import { utf8Length } from "./utf8.ts";

/** The limits of strings in headers. What is not named here has {@link StringLimit.other}. */
export const StringLimit = {
  /** The name of a tool. */
  tool: 64,
  callId: 128,
  /** An idempotency key. */
  key: 256,
  turn: 256,
  /** A W3C `traceparent`, or what follows it. */
  trace: 256,
  lineage: 1024,
  /** Sentences for people: messages, reasons, descriptions. Writers cut them off instead of failing. */
  sentence: 4096,
  other: 1024,
} as const;

/** Octets of a nonce. */
export const NONCE_LENGTH: number = 16;

/** The longest proof and the longest resume token, in octets. */
export const OCTETS_LIMIT: number = 4096;

/** Entries of `meta` (LIMIT-003). */
export const META_ENTRIES: number = 32;

/** Whether `text` is well-formed and at most `limit` octets in UTF-8. */
export function fits(text: string, limit: number): boolean {
  return text.length <= limit && (text.length * 3 <= limit || utf8Length(text) <= limit) && text.isWellFormed();
}

/** `text` as a sentence that every peer takes: well-formed, and cut off with an ellipsis behind `limit` octets. */
export function clip(text: string, limit: number = StringLimit.sentence): string {
  if (fits(text, limit)) return text;
  const whole = text.slice(0, limit).toWellFormed();
  if (whole.length === text.length && utf8Length(whole) <= limit) return whole;
  const room = limit - 3; // the ellipsis
  let octets = 0;
  let kept = "";
  for (const character of whole) {
    octets += utf8Length(character);
    if (octets > room) break;
    kept += character;
  }
  return `${kept}…`;
}
