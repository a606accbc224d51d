/**
 * The tools of a gateway that are about the session which calls them.
 *
 * @module
 */

import type { GatewaySession, ToolHandlers } from "@turnmux/gateway";
import type { CallBackInput, CallBackReport, sessionTools } from "./contracts.ts";
import { endingOf, invoke } from "./invoke.ts";

/** Milliseconds within which an END that is about to be written is written. */
const WRITTEN_MS = 20;

/** The handlers of one session. */
export function sessionHandlers(session: GatewaySession): ToolHandlers<typeof sessionTools> {
  return {
    test: {
      call: (input, { signal }) => callBack(session, input, signal),
      grant: ({ scopes, revoke = false, expiresInMs }) => {
        setTimeout(() => {
          if (scopes !== undefined) session.updateScopes(scopes);
          if (revoke) void session.revoke();
        }, WRITTEN_MS);
        // A grant's own expiry is part of the handshake, so that it is taken back in its place.
        if (expiresInMs !== undefined) setTimeout(() => void session.revoke("the grant has expired"), expiresInMs);
        return "granted";
      },
    },
  };
}

async function callBack(session: GatewaySession, input: CallBackInput, signal: AbortSignal): Promise<CallBackReport> {
  const { tool, key, timeoutMs, acceptTimeoutMs, cancelAfterMs, turn, take } = input;
  const accepts: string[] = [];
  const signals = cancelAfterMs === undefined ? [signal] : [signal, abortedAfter(cancelAfterMs)];
  const options = {
    key,
    timeoutMs,
    acceptTimeoutMs,
    signal: AbortSignal.any(signals),
    onAccept: ({ state }: { readonly state: string }) => void accepts.push(state),
  };
  const made = invoke(session, { tool, input: input.input, turn, options });
  const items = made.items === undefined || take === -1 ? undefined : await read(made.items, take);
  const ending = await endingOf(made.result);
  return { ...ending, ...(items === undefined ? {} : { items }), accepts };
}

/** Reads so many items and leaves, or all of them. How it ends is told by the result. */
async function read(items: AsyncIterator<unknown, void>, take: number | undefined): Promise<unknown[]> {
  const taken: unknown[] = [];
  try {
    const most = take ?? Number.POSITIVE_INFINITY;
    while (taken.length < most) {
      const next = await items.next();
      if (next.done === true) return taken;
      taken.push(next.value);
    }
    await items.return?.();
  } catch {
    // The result rejects with the same error.
  }
  return taken;
}

/** Not a deadline: `AbortSignal.timeout` would say so. */
function abortedAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}
