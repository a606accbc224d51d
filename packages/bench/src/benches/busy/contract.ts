/**
 * The tools of a gateway that is kept busy: two whose handlers are in the main thread, and one in a worker.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";

/** What clients prove that they know. */
export const SECRET = "a secret that both programs of a bench have";

/** See the module's comment. */
export const tools = defineTools({
  note: tool({
    description: "Writes something down, once",
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string(), runs: z.number() }),
    effect: "once",
  }),
  echo: tool({
    description: "Gives back what it got",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
    effect: "read",
  }),
  digest: tool({
    description: "The SHA-256 of a text",
    input: z.object({ text: z.string() }),
    output: z.string(),
    effect: "read",
  }),
});

/** What `digest` answers. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
