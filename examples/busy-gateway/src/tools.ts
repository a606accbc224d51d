/**
 * The gateway's tools.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { defineTools, tool } from "@turnmux/gateway";
import { z } from "zod";

/** `cron.list` and `note` run in the main thread, and `note` counts how often it has for each note; `digest` runs in a worker. */
export const tools = defineTools({
  cron: {
    list: tool({ description: "Lists the jobs", input: z.object({}), output: z.array(z.string()), effect: "read" }),
  },
  note: tool({
    description: "Writes something down, once",
    input: z.object({ text: z.string() }),
    output: z.object({ runs: z.number() }),
    effect: "once",
  }),
  digest: tool({
    description: "The SHA-256 of a text",
    input: z.object({ text: z.string() }),
    output: z.string(),
    effect: "read",
  }),
});

/** The handler of `digest`, as a worker loads it. */
export function digest({ text }: { readonly text: string }): string {
  return createHash("sha256").update(text).digest("hex");
}
