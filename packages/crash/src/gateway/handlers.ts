/**
 * The gateway's tools.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { ToolError, TurnmuxError, type GatewaySession, type ToolHandlers } from "@turnmux/gateway";
import { clientTools, type gatewayTools } from "../contract.ts";
import { itemText } from "../invoke.ts";
import type { Performer } from "../performer.ts";

/** Makes the handlers. `session` gives the latest session of a principal. */
export function handlers(
  performer: Performer,
  session: (principal: string) => GatewaySession | undefined,
): ToolHandlers<typeof gatewayTools> {
  return {
    once: {
      plain: async (orders, call) => {
        call.progress(0);
        return performer.perform(orders, call);
      },
      reconciled: {
        run: (orders, call) => performer.perform(orders, call),
        reconcile: (key) => performer.reconcile(key),
      },
      again: (orders, call) => performer.perform(orders, call),
    },
    plain: {
      put: (orders, call) => performer.perform(orders, call),
      sum: (orders, call) =>
        performer.watch(orders, call, async () => {
          await pause(orders.before);
          return { intent: orders.intent, length: orders.text.length };
        }),
      feed: async (orders, call) =>
        performer.watch(orders, call, async () => {
          for (let number = 0; number < orders.items; number++) {
            await call.item({ number, text: itemText(orders, number) });
            if (number % 8 === 7) await pause(orders.before % 10);
          }
          return orders.items;
        }),
      ask: async (orders, call) =>
        performer.watch(orders, call, async () => {
          const asked = session(call.principal);
          if (asked === undefined) throw new ToolError("unavailable", "the client is not here");
          try {
            const timeoutMs = 5_000;
            const meta = { attempt: randomUUID() };
            return await asked.client(clientTools).device.look(orders, { timeoutMs, signal: call.signal, meta });
          } catch (cause) {
            if (!TurnmuxError.is(cause)) throw cause;
            throw new ToolError("unavailable", "the client did not answer", { cause });
          }
        }),
    },
  };
}
