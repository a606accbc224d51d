/**
 * The contract: the gateway's tools as both sides of a call know them. The gateway implements it, and whoever calls gets
 * types, checks and JSON Schemas out of it.
 *
 * @module
 */

import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";
import { Job, JobId, JobSpec } from "./cron/job.ts";
import { TEXTS } from "./text.ts";

/** On the wire `cron.list`, `cron.add`, `cron.remove`, `cron.run` and `text.read`. */
export const tools = defineTools({
  cron: {
    list: tool({
      description: "Lists the planned jobs.",
      input: z.object({}),
      output: z.array(Job),
      effect: "read",
      scopes: ["cron.read"],
    }),
    add: tool({
      description: "Plans a new job.",
      input: JobSpec,
      output: z.object({ id: z.string() }),
      // It must not happen twice: a call has a key, and a call with the same key gets the first one's result.
      effect: "once",
      // What to look at when nobody knows whether a call took effect. The model gets to read this name.
      verify: "cron.list",
      scopes: ["cron.write"],
      timeoutMs: 30_000,
    }),
    remove: tool({
      description: "Removes a job.",
      input: JobId,
      output: z.object({ removed: z.boolean() }),
      effect: "idempotent",
      scopes: ["cron.write"],
    }),
    run: tool({
      description: "Runs a job now, whatever its schedule.",
      input: JobId,
      output: z.object({ ran: z.boolean() }),
      effect: "once",
      verify: "cron.list",
      scopes: ["cron.write"],
      timeoutMs: 30_000,
    }),
  },
  text: {
    read: tool({
      description: "Reads a long text.",
      input: z.object({ number: z.number().int().min(0).lt(TEXTS).describe("Which text") }),
      output: z.string(),
      effect: "read",
      scopes: ["text.read"],
    }),
  },
});
