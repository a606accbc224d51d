/**
 * What the two processes say to each other beside their sockets.
 *
 * @module
 */
import { z } from "zod";

/** What clients prove that they know. */
export const SECRET = "not a secret: it is in an example";

const Order = z.object({ blockMs: z.number() });
const Told = z.union([z.object({ url: z.string() }), z.object({ standsStillSince: z.number() })]);

/** What the gateway's process is told: to stand still for so long. */
export type Order = z.infer<typeof Order>;

/** What it tells: where it listens; since when it stands still, by the clock of the machine. */
export type Told = z.infer<typeof Told>;

/** Whether a message is one. */
export function isOrder(message: unknown): message is Order {
  return Order.safeParse(message).success;
}

/** Whether a message is one. */
export function isTold(message: unknown): message is Told {
  return Told.safeParse(message).success;
}
