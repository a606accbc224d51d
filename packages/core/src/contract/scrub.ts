/**
 * Keeps values out of what validators say about them (CALL-011).
 *
 * Validators differ: zod shows no values, arktype adds `(was "x")`, valibot `but received "x"`, and a message that the
 * contract's author wrote may hold anything. So what is known to be added is cut off, and whatever else repeats a part of the value is
 * replaced by dots.
 *
 * @module
 */

import { renderPath } from "../content/value.ts";

/** A validator's message and the way to the part of the value that it speaks of. */
export interface RawIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const maxLength = 200;
/** A message longer than this is not searched, but left out. */
const maxRawLength = 2000;
/** How many parts of a value are looked at, and how many texts may be in a message. Beyond that, messages are left out. */
const maxParts = 100_000;
const maxTexts = 1000;
/** Text of this length is replaced wherever it comes from and stands. Shorter text only where it is the value that is wrong. */
const longText = 6;
const gramLength = 3;
const quotes: readonly string[] = ['"', "'"];
const dots = "...";
const fallback = "is not valid";

/** Names of types, which messages need and which tell nothing. */
const harmless: ReadonlySet<string> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "object",
  "array",
  "date",
  "null",
  "undefined",
  "true",
  "false",
]);

/** The messages without values, each of at most 200 characters, in the same order. */
export function scrubMessages(issues: readonly RawIssue[], value: unknown): readonly string[] {
  const raw = issues.map(({ message }) => (message.length > maxRawLength ? fallback : withoutReceived(message)));
  const grams = gramsOf(raw);
  const budget = { parts: maxParts };
  const everywhere = textsOf(value, grams, budget).filter((text) => text.length >= longText);
  return issues.map(({ path }, index) => {
    const near = textsOf(partAt(value, path), grams, budget);
    const message = budget.parts < 0 ? fallback : withoutTexts(raw[index] ?? fallback, [...everywhere, ...near]);
    return tidy(message, renderPath(path));
  });
}

/** Cuts off what arktype (`(was "x")`, `a ("x") must be...`) and valibot (`but received "x"`, `: Received "x"`) add. */
function withoutReceived(message: string): string {
  return message
    .replace(/ \(was [^]*$/, "")
    .replace(/(?:^| )\([^]*\) must be\.\.\./, " must be...")
    .replace(/(?:: | but )[Rr]eceived [^]*$/, "");
}

/** Replaces the texts, the longest first, so that one which holds another goes as a whole. */
function withoutTexts(message: string, texts: readonly string[]): string {
  let clean = message;
  for (const text of [...texts].sort((a, b) => b.length - a.length)) {
    if (text.length >= longText) clean = clean.replaceAll(text, dots);
    else if (text.length >= gramLength) clean = replaceWord(clean, text);
    else for (const quote of quotes) clean = clean.replaceAll(quote + text + quote, quote + dots + quote);
  }
  return clean;
}

/** Replaces a text where it is no part of a longer word. */
function replaceWord(message: string, text: string): string {
  let clean = message;
  for (let at = clean.indexOf(text); at !== -1; at = clean.indexOf(text, at + 1)) {
    const around = [clean.charAt(at - 1), clean.charAt(at + text.length)];
    if (around.some((char) => /[\p{L}\p{N}]/u.test(char))) continue;
    clean = clean.slice(0, at) + dots + clean.slice(at + text.length);
  }
  return clean;
}

/** arktype starts with the path, which an issue has anyway. */
function tidy(message: string, path: string): string {
  const short = path !== "" && message.startsWith(`${path} `) ? message.slice(path.length + 1) : message;
  return short.trim().slice(0, maxLength).toWellFormed() || fallback;
}

/** Every run of three characters in the messages: text that starts with none of them is in no message. */
function gramsOf(messages: readonly string[]): ReadonlySet<string> {
  const grams = new Set<string>();
  for (const message of messages) {
    for (let at = 0; at + gramLength <= message.length; at += 1) grams.add(message.slice(at, at + gramLength));
  }
  return grams;
}

/**
 * The strings and numbers of a value that a message may repeat, as messages would write them. What is not plain data has no
 * text. The budget sinks with every part, and is negative when it did not suffice.
 */
function textsOf(value: unknown, grams: ReadonlySet<string>, budget: { parts: number }): readonly string[] {
  const texts = new Set<string>();
  const seen = new Set<object>();
  const parts: unknown[] = [value];
  while (parts.length > 0 && budget.parts >= 0) {
    const part = parts.pop();
    budget.parts = texts.size > maxTexts ? -1 : budget.parts - 1;
    if (typeof part === "string") {
      addText(part, grams, texts);
      addText(JSON.stringify(part).slice(1, -1), grams, texts);
    } else if (typeof part === "number" || typeof part === "bigint") {
      const text = String(part);
      // A number this small may as well be a limit that the message speaks of.
      if (text.length > gramLength) addText(text, grams, texts);
    } else if (typeof part === "object" && part !== null && !ArrayBuffer.isView(part) && !seen.has(part)) {
      seen.add(part);
      for (const key in part) parts.push((part as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return [...texts];
}

function addText(text: string, grams: ReadonlySet<string>, texts: Set<string>): void {
  if (text === "" || text.length > maxRawLength || harmless.has(text)) return;
  const starts =
    text.length < gramLength
      ? quotes.map((quote) => (quote + text + quote).slice(0, gramLength))
      : [text.slice(0, gramLength)];
  if (starts.some((start) => grams.has(start))) texts.add(text);
}

function partAt(value: unknown, path: readonly (string | number)[]): unknown {
  let part: unknown = value;
  for (const step of path) {
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, step)) return undefined;
    part = (part as Readonly<Record<string | number, unknown>>)[step];
  }
  return part;
}
