/**
 * The call of the bench of small calls, once as an effect that may be repeated, and once as one that must not happen twice.
 *
 * @module
 */

import { defineTools, tool } from "@turnmux/client";
import { Order, Receipt } from "../calls/contract.ts";

/** See the module's comment. Everything but the effect is the same. */
export const tools = defineTools({
  shop: {
    idempotent: tool({ description: "Takes an order", input: Order, output: Receipt, effect: "idempotent" }),
    once: tool({ description: "Takes an order", input: Order, output: Receipt, effect: "once" }),
  },
});

/** The tools by name. */
export type Effect = keyof typeof tools.shop;

/** What both programs know. */
export const SECRET = "a secret that both programs of a bench have";
