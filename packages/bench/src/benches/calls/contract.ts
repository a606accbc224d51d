/**
 * The call that everybody makes: about 100 octets of JSON each way.
 *
 * @module
 */

import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";

/** What the server needs to know. */
export const Order: z.ZodObject<{
  order: z.ZodNumber;
  item: z.ZodString;
  pieces: z.ZodNumber;
  note: z.ZodString;
  express: z.ZodBoolean;
}> = z.object({
  order: z.number(),
  item: z.string(),
  pieces: z.number(),
  note: z.string(),
  express: z.boolean(),
});

/** What it answers. */
export const Receipt: z.ZodObject<{
  order: z.ZodNumber;
  state: z.ZodString;
  cents: z.ZodNumber;
  by: z.ZodString;
  message: z.ZodString;
}> = z.object({
  order: z.number(),
  state: z.string(),
  cents: z.number(),
  by: z.string(),
  message: z.string(),
});

/** The values of {@link Order}. */
export type Order = z.infer<typeof Order>;
/** The values of {@link Receipt}. */
export type Receipt = z.infer<typeof Receipt>;

/** The same for turnmux. */
export const tools = defineTools({
  shop: {
    order: tool({ description: "Takes an order", input: Order, output: Receipt, effect: "idempotent" }),
  },
});

/** The arguments of the call with that number. */
export function orderOf(number: number): Order {
  return { order: number, item: "paper, white, A4", pieces: 12, note: "leave it at the back door", express: false };
}

/** What the server does. */
export function take({ order, pieces }: Order): Receipt {
  return { order, state: "accepted", cents: pieces * 499, by: "warehouse 7", message: "on its way by Thursday noon" };
}

/** True for the answer to the call with that number. */
export function isReceiptOf(number: number, receipt: Receipt): boolean {
  return receipt.order === number && receipt.cents === 5_988 && receipt.message.length === 27;
}
