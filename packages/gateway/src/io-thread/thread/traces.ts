/**
 * Tells the main thread of the calls that run here, where somebody traces calls there.
 *
 * @module
 */

import type { CallEnd, CallTrace, Environment } from "@turnmux/core";
import type { ToMain } from "../messages.ts";
import type { Postbox } from "../postbox.ts";
import type { Watched } from "../watched.ts";

/** The hooks of the thread's environment. */
export function tracing(
  box: Postbox<ToMain>,
  watched: Watched,
): Required<Pick<Environment, "tracesCalls" | "traceCall">> {
  let last = 0;
  return {
    tracesCalls: () => watched.calls,
    traceCall: async <T>(trace: CallTrace, run: () => Promise<T>): Promise<T> => {
      last += 1;
      const id = last;
      box.post({ kind: "traceBegan", id, trace });
      let end: CallEnd = { ok: false, code: "internal", outcome: "unknown" };
      try {
        const value = await run();
        // What a dispatcher resolves with. No other calls are made in this thread.
        const { ok, code, outcome } = value as CallEnd;
        end = ok ? { ok } : { ok, code, outcome };
        return value;
      } finally {
        box.post({ kind: "traceEnded", id, end });
      }
    },
  };
}
