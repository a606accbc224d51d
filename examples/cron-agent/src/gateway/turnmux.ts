/**
 * turnmux in the gateway: the contract's tools, implemented.
 *
 * @module
 */

import { createGateway, memoryJournal, type BaseToolCall, type Gateway } from "@turnmux/gateway";
import { tools } from "../contract.ts";
import type { CronService } from "../cron/service.ts";
import { longText } from "../text.ts";
import { sessionOf } from "./grant.ts";
import type { Work } from "./work.ts";

/** Makes a turnmux gateway with the cron tools. It still has to be attached to sockets, and listens nowhere. */
export function turnmuxFor(cron: CronService, work: Work): Gateway {
  // In memory: a key is known as long as this process lives.
  const gateway = createGateway({ journal: memoryJournal() });
  /** A call says which turn it belongs to, and so is let into the lane that its own turn holds. */
  const run = <T>(call: BaseToolCall, handler: () => T): Promise<T> =>
    work.run(call.tool, { session: sessionOf(call.principal), turn: call.turn }, handler);

  gateway.implement(tools, {
    cron: {
      list: (_, call) => run(call, () => cron.list()),
      add: (spec, call) => run(call, () => cron.add(spec)),
      remove: ({ id }, call) => run(call, () => cron.remove(id)),
      run: ({ id }, call) => run(call, () => cron.run(id)),
    },
    // A text is nobody's lane: it is read while jobs are planned.
    text: { read: ({ number }) => longText(number) },
  });
  return gateway;
}
