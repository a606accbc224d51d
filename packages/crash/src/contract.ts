/**
 * The tools of the load: what a client calls at the gateway, and the gateway at a client.
 *
 * @module
 */

import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";

const Orders = z.object({
  intent: z.string(),
  before: z.number(),
  after: z.number(),
  how: z.enum(["work", "refuse", "break", "obey"]),
  octets: z.number(),
  items: z.number(),
  text: z.string(),
});

/** The result of whatever takes effect: which effect it was. */
const Done = z.object({ intent: z.string(), effect: z.string() });

const Sum = z.object({ intent: z.string(), length: z.number() });

const Item = z.object({ number: z.number(), text: z.string() });

/** What the gateway offers. */
export const gatewayTools = defineTools({
  once: {
    plain: tool({
      description: "Takes effect once.",
      input: Orders,
      output: Done,
      progress: z.number(),
      effect: "once",
    }),
    reconciled: tool({
      description: "Takes effect once, and can find out after a crash whether it did.",
      input: Orders,
      output: Done,
      effect: "once",
    }),
    again: tool({
      description: "Is recorded, and may run again after a crash.",
      input: Orders,
      output: Done,
      effect: "once",
      afterCrash: "run",
    }),
  },
  plain: {
    put: tool({
      description: "Takes effect, as often as one likes.",
      input: Orders,
      output: Done,
      effect: "idempotent",
    }),
    sum: tool({ description: "Measures a text.", input: Orders, output: Sum, effect: "read" }),
    feed: tool({ description: "Counts.", input: Orders, item: Item, output: z.number(), effect: "read" }),
    ask: tool({ description: "Asks the client that calls.", input: Orders, output: Sum, effect: "read" }),
  },
});

/** What each client offers. */
export const clientTools = defineTools({
  device: {
    note: tool({ description: "Takes effect once, at the client.", input: Orders, output: Done, effect: "once" }),
    look: tool({ description: "Measures a text, at the client.", input: Orders, output: Sum, effect: "read" }),
  },
});
