/**
 * Sessions in the gateway's own process, without a socket.
 *
 * @module
 */

import {
  connectLocally,
  OnceCalls,
  toolServer,
  TurnmuxError,
  type Grant,
  type Interceptor,
  type Journal,
  type SessionControl,
} from "@turnmux/core";
import { checkGrant } from "../auth/grant.ts";
import { checkMs } from "../check.ts";
import type { Entry, House } from "./house.ts";
import { InProcessSession } from "./in-process-session.ts";

/** Options of `Gateway.openSession`: who it is, what it may do and until when, and what its own side works with. */
export interface OpenSessionOptions extends Grant {
  /** Stand around the calls of this side, and around those of the gateway to it. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Where calls of the gateway to this side's `once` tools are recorded. Without one this side can implement none. */
  readonly journal?: Journal | undefined;
  /** The deadline of a call that has none of its own or its tool's, in milliseconds. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** How long a call waits to be accepted where its caller does not say, in milliseconds. Default: no limit of its own. */
  readonly acceptTimeoutMs?: number | undefined;
}

/** Opens a session. Throws `UsageError` for a grant that is none, `TurnmuxError` when the gateway takes no more sessions. */
export function openLocalSession(house: House, options: OpenSessionOptions): InProcessSession {
  const { principal, scopes, expiresAt, interceptors, journal, timeoutMs, acceptTimeoutMs } = options;
  const { environment, visitorEnvironment, limits } = house;
  checkGrant(options);
  checkMs("timeoutMs", timeoutMs);
  checkMs("acceptTimeoutMs", acceptTimeoutMs);
  if (house.closing !== undefined) {
    const { message, retryAfterMs } = house.closing;
    throw new TurnmuxError("unavailable", message, { outcome: "not_started", retryAfterMs });
  }
  const leftMs = expiresAt === undefined ? undefined : expiresAt - environment.wallClock();
  if (leftMs !== undefined && leftMs <= 0) {
    throw new TurnmuxError("unauthenticated", "the grant has expired", { outcome: "not_started" });
  }
  let own: SessionControl | undefined;
  const once = journal === undefined ? undefined : new OnceCalls(journal, visitorEnvironment);
  const peer = { principal: GATEWAY } as const;
  const client = new InProcessSession(
    {
      environment: visitorEnvironment,
      limits,
      incoming: toolServer({ once }),
      interceptors,
      timeoutMs,
      acceptTimeoutMs,
      peer,
    },
    (control) => {
      own = control;
    },
  );
  const { session, control } = house.makeSession();
  const identity = { id: environment.id(), principal, scopes: [...scopes] };
  // The constructor has set it.
  const clientControl = own as unknown as SessionControl;
  const local = connectLocally(environment, clientControl, control, identity, () => house.entries.delete(entry));
  const entry: Entry = {
    drain: (message, retryAfterMs) => local.drain(message, retryAfterMs),
    close: (message) => local.close("unavailable", message),
  };
  house.entries.add(entry);
  // So that the offer is known before the first call: a tool's own deadline depends on it.
  clientControl.pump();
  if (leftMs !== undefined) {
    const expiry = control.deadlines.set(environment.now() + leftMs, () =>
      local.close("unauthenticated", "the grant has expired"),
    );
    void session.closed.then(() => expiry.cancel());
  }
  return client;
}

/** Whom a client's tools are called by. */
const GATEWAY = "gateway";
