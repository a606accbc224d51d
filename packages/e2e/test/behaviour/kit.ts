/** The tools that the behavioural tests use. */
import { defineTools, tool } from "@turnmux/core";
import { z } from "zod";

/** Tools of the gateway. */
export const kit = defineTools({
  echo: tool({ description: "Gives back what it got", input: z.unknown(), output: z.unknown(), effect: "read" }),
  math: {
    divide: tool({
      description: "Divides",
      input: z.object({ a: z.number(), b: z.number().refine((b) => b !== 0, "must not be zero") }),
      output: z.object({ quotient: z.number() }),
      effect: "read",
    }),
  },
  count: tool({
    description: "Counts",
    input: z.object({ to: z.number() }),
    item: z.number(),
    output: z.string(),
    effect: "read",
  }),
  work: tool({
    description: "Works as it is told to",
    input: z.object({ how: z.string() }),
    output: z.object({ done: z.string() }),
    progress: z.object({ percent: z.number() }),
    effect: "idempotent",
  }),
  jobs: {
    add: tool({
      description: "Adds a job",
      input: z.object({ name: z.string() }),
      output: z.object({ id: z.number() }),
      effect: "once",
      verify: "jobs.list",
      scopes: ["jobs.write"],
    }),
    list: tool({ description: "Lists jobs", input: z.object({}), output: z.array(z.string()), effect: "read" }),
  },
});

/** Tools of the client. */
export const device = defineTools({
  screen: {
    show: tool({
      description: "Shows a text",
      input: z.object({ text: z.string() }),
      output: z.object({ shown: z.boolean() }),
      effect: "idempotent",
    }),
    keys: tool({ description: "Follows the keyboard", input: z.object({}), item: z.string(), effect: "read" }),
  },
});
