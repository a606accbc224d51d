/**
 * turnmux in the gateway: the contract's tools, implemented.
 *
 * @module
 */

import { createGateway, memoryJournal, type BaseToolCall, type Gateway } from "@turnmux/gateway";
import { tools } from "../contract.ts";
import type { CronService } from "../cron/service.ts";
import { longText } from "../text.ts";
import type { Busy } from "./busy.ts";
import { sessionOf } from "./grant.ts";
import { Lanes } from "./lanes.ts";
import { Work } from "./work.ts";

/** A turnmux gateway, and what calls go through that come by other ways. */
export interface Turnmux {
  readonly gateway: Gateway;
  readonly lanes: Lanes;
  readonly work: Work;
}

/** Makes a turnmux gateway with the cron tools. It still has to be attached to sockets, and listens nowhere. */
export function turnmuxFor(cron: CronService, busy: Busy): Turnmux {
  // In memory: a key is known as long as this process lives.
  const gateway = createGateway({ journal: memoryJournal() });
  const lanes = new Lanes(gateway);
  const work = new Work(lanes, busy);
  /** A call carries the lineage of its turn, and so is let into the lane that its own turn holds. */
  const run = <T>(call: BaseToolCall, handler: () => T): Promise<T> =>
    work.run(call.tool, { session: sessionOf(call.principal), lineage: call.lineage }, handler);

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
  return { gateway, lanes, work };
}
