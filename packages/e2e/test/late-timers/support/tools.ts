/** The tools that a gateway of these tests has. */
import { defineTools, tool } from "@turnmux/core";
import { z } from "zod";

export const tools = defineTools({
  /** Answers with this many letters when the test says so. */
  answer: tool({ description: "Answer", input: z.number(), output: z.string(), effect: "read" }),
  echo: tool({ description: "Say it again", input: z.string(), output: z.string(), effect: "read" }),
});
