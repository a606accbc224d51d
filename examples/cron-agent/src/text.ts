/**
 * Texts that take long to send.
 *
 * @module
 */

import { TEXT_OCTETS } from "./settings.ts";

/** How many texts there are. */
export const TEXTS = 4;

const made = new Map<number, string>();

/** The text with this number, {@link TEXT_OCTETS} octets long. No two are equal, so that a mix-up is noticed. */
export function longText(number: number): string {
  const line = `This is a line of text number ${number}, and the next one is the same.\n`;
  const text = made.get(number) ?? line.repeat(Math.ceil(TEXT_OCTETS / line.length)).slice(0, TEXT_OCTETS);
  made.set(number, text);
  return text;
}
