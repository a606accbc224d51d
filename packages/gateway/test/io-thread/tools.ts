import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";

export const tools = {
  shared: defineTools({
    add: tool({
      description: "Adds",
      input: z.object({ a: z.number(), b: z.number() }),
      output: z.number(),
      effect: "read",
    }),
    secret: tool({
      description: "Tells a secret",
      input: z.object({}),
      output: z.string(),
      effect: "read",
      scopes: ["write"],
    }),
  }),
  own: defineTools({
    mine: tool({ description: "Is one side's own", input: z.object({}), output: z.string(), effect: "read" }),
  }),
};
