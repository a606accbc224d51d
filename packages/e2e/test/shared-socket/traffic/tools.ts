/** Tools that both sides implement for each other. Run in Node and in a page. */
import { defineTools, tool, ToolError, type ToolHandlers } from "@turnmux/core";
import { z } from "zod";
import { excerpt, Random } from "./random.ts";

const size = z.object({ seed: z.number(), length: z.number() });

/** What both sides can be asked for. */
export const tools = defineTools({
  echo: tool({ description: "Gives back what it got", input: z.unknown(), output: z.unknown(), effect: "read" }),
  text: tool({ description: "A text of this length", input: size, output: z.string(), effect: "read" }),
  octets: tool({ description: "So many octets", input: size, output: z.instanceof(Uint8Array), effect: "read" }),
  items: tool({
    description: "So many items",
    input: size,
    item: z.object({ at: z.number(), text: z.string() }),
    output: z.number(),
    effect: "read",
  }),
  refuse: tool({ description: "Says no", input: z.object({ why: z.string() }), effect: "idempotent" }),
});

/** Their handlers, and how often each ran. */
export interface Implementation {
  readonly handlers: ToolHandlers<typeof tools>;
  readonly runs: { count: number };
}

/** Fresh handlers. */
export function implementation(): Implementation {
  const runs = { count: 0 };
  return {
    runs,
    handlers: {
      echo: (input) => {
        runs.count += 1;
        return input;
      },
      text: ({ seed, length }) => {
        runs.count += 1;
        return textOf(seed, length);
      },
      octets: ({ seed, length }) => {
        runs.count += 1;
        return octetsOf(seed, length);
      },
      items: async function* ({ seed, length }) {
        runs.count += 1;
        for (let at = 0; at < length; at++) yield itemOf(seed, at);
        return length;
      },
      refuse: ({ why }) => {
        runs.count += 1;
        throw new ToolError("failed_precondition", why);
      },
    },
  };
}

const TEXT = new Random(1).text(400_000);
const OCTETS = new Random(2).octets(400_000);

/** The text that `text` answers with. */
export function textOf(seed: number, length: number): string {
  return excerpt(TEXT, seed % TEXT.length, length);
}

/** The octets that `octets` answers with. */
export function octetsOf(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const start = seed % (OCTETS.length - length);
  return OCTETS.slice(start, start + length);
}

/** One of the items of `items`. */
export function itemOf(seed: number, at: number): { at: number; text: string } {
  return { at, text: textOf(seed + at, (seed + at) % 50) };
}
