/**
 * What is sent: small calls, results of 8 MiB, and messages of the host's own.
 *
 * @module
 */
import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";

/** The kinds of large results. */
export const LARGE_KINDS = ["text", "octets", "json"] as const;
/** One of {@link LARGE_KINDS}. */
export type LargeKind = (typeof LARGE_KINDS)[number];

/** A small call's arguments: with its envelope about 100 octets. */
export const Question: z.ZodObject<{ number: z.ZodNumber; text: z.ZodString }> = z.object({
  number: z.number(),
  text: z.string(),
});
/** A small call's result. */
export const Answer: z.ZodObject<{ number: z.ZodNumber; text: z.ZodString }> = z.object({
  number: z.number(),
  text: z.string(),
});
/** The values of {@link Question}. */
export type Question = z.infer<typeof Question>;
/** The values of {@link Answer}. */
export type Answer = z.infer<typeof Answer>;

/** One of many in a large result of JSON. */
const Line: z.ZodObject<{ at: z.ZodNumber; level: z.ZodString; message: z.ZodString; took: z.ZodNumber }> = z.object({
  at: z.number(),
  level: z.string(),
  message: z.string(),
  took: z.number(),
});
/** The values of {@link Line}. */
export type Line = z.infer<typeof Line>;

const Nothing = z.object({ octets: z.number() });

/** The same for turnmux. */
export const tools = defineTools({
  small: tool({ description: "Answers a question", input: Question, output: Answer, effect: "read" }),
  large: {
    text: tool({ description: "A long text", input: Nothing, output: z.string(), effect: "read" }),
    octets: tool({ description: "A file", input: Nothing, output: z.instanceof(Uint8Array), effect: "read" }),
    json: tool({ description: "Many lines", input: Nothing, output: z.array(Line), effect: "read" }),
  },
});

/** The small call with that number. */
export function questionOf(number: number): Question {
  return { number, text: "what is on the calendar of Thursday the 26th, and who has asked for it?" };
}

const TEXT = "three meetings, of which one was asked for by the warehouse, at noon";

/** What the server answers. */
export function answer({ number }: Question): Answer {
  return { number, text: TEXT };
}

/** True for the answer to the small call with that number. */
export function isAnswerTo(asked: number, { number, text }: Answer): boolean {
  return number === asked && text === TEXT;
}

const LINE = "2026-11-23 06:51:07 worker-3 took the order of Zoë Müller for twelve reams of paper, white, A4\n";

/** A large result of each kind, about so many octets long on the wire. Made once: what is measured is its way. */
export function largeResults(octets: number): LargeResults {
  const lines = Math.ceil(octets / new TextEncoder().encode(LINE).length);
  const json: Line[] = [];
  let at = 0;
  for (let length = 0; length < octets; length += JSON.stringify(json.at(-1)).length + 1) {
    at += 37;
    json.push({ at, level: "info", message: "worker-3 took the order of Zoë Müller", took: at % 100 });
  }
  return { text: LINE.repeat(lines), octets: new Uint8Array(octets).map((_, index) => index % 251), json };
}

/** See {@link largeResults}. */
export interface LargeResults {
  readonly text: string;
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly json: readonly Line[];
}

/** True for a result of that kind, judged by its ends: looking at all of it would be measured as well. */
export function isLarge(kind: LargeKind, result: LargeResults[LargeKind], octets: number): boolean {
  if (kind === "json") return result.length * 60 >= octets / 2 && (result.at(-1) as Line).level === "info";
  if (kind === "octets") return result.length === octets && result.at(-1) === (octets - 1) % 251;
  return result.length >= octets / 2 && result.at(-1) === "\n";
}
