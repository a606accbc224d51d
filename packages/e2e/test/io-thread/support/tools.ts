/** The tools that the tests of the I/O thread use. */
import { defineTools, tool } from "@turnmux/core";
import { z } from "zod";

export const tools = defineTools({
  echo: tool({ description: "Gives back what it got", input: z.unknown(), output: z.unknown(), effect: "read" }),
  note: tool({
    description: "Notes a text, once",
    input: z.object({ text: z.string() }),
    output: z.object({ notes: z.number() }),
    effect: "once",
  }),

  hang: tool({ description: "Runs until it is told to end", input: z.object({}), output: z.string(), effect: "once" }),
});

/** Of each session. */
export const own = defineTools({
  mine: tool({ description: "Is a session's own", input: z.object({}), output: z.string(), effect: "once" }),
});

export const SECRET = "a shared secret of the tests";
