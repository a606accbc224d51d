/**
 * The tool that is called.
 *
 * @module
 */
import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";

/** Gives back what it gets. */
export const tools = defineTools({
  echo: tool({
    description: "Echoes",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
    effect: "read",
  }),
});
