/**
 * Tells the main thread of the calls that run here, where somebody traces calls there.
 *
 * @module
 */

import type { CallEnd, CallTrace, Environment } from "@turnmux/core";
import type { ToMain } from "../messages.ts";
import type { Watched } from "../watched.ts";
import type { Outbox } from "./outbox.ts";

/** Calls that are over and wait to be told of. Before others the oldest are left out. */
const MOST_WAITING = 1_000;

/** The hooks of the thread's environment. */
export function tracing(
  box: Outbox<ToMain>,
  watched: Watched,
): Required<Pick<Environment, "tracesCalls" | "traceCall">> {
  let last = 0;
  let over = 0;
  /** The end of a call. One whose beginning waits as well is one of those that may be left out. */
  const tellEnd = (id: number, trace: CallTrace, end: CallEnd): void => {
    if (!box.takeBack(`trace ${id}`)) {
      box.post({ kind: "traceEnded", id, end });
      return;
    }
    const place = over % MOST_WAITING;
    over += 1;
    box.takeBack(`trace ended ${place}`);
    box.post({ kind: "traceBegan", id, trace }, undefined, `trace began ${place}`);
    box.post({ kind: "traceEnded", id, end }, undefined, `trace ended ${place}`);
  };
  return {
    tracesCalls: () => watched.calls,
    traceCall: async <T>(trace: CallTrace, run: () => Promise<T>): Promise<T> => {
      last += 1;
      const id = last;
      box.post({ kind: "traceBegan", id, trace }, undefined, `trace ${id}`);
      let end: CallEnd = { ok: false, code: "internal", outcome: "unknown" };
      try {
        const value = await run();
        // What a dispatcher resolves with. No other calls are made in this thread.
        const { ok, code, outcome } = value as CallEnd;
        end = ok ? { ok } : { ok, code, outcome };
        return value;
      } finally {
        tellEnd(id, trace, end);
      }
    },
  };
}
