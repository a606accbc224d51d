/**
 * From a user's options to what sessions and dialers are made from.
 *
 * @module
 */
import {
  carriageNamed,
  Dialer,
  Resumption,
  TurnmuxError,
  type Carriage,
  type Carrier,
  type DialerOptions,
  type Environment,
  type Limits,
  type Session,
  type SessionControl,
  type SessionEnd,
  type SessionOptions,
} from "@turnmux/core";
import type { ClientAuth } from "../auth/client-auth.ts";
import { checkShared, type SharedOptions } from "../options.ts";
import type { ClientPart } from "../parts.ts";
import type { Platform } from "../platform/platform.ts";

/** What stays the same over all connections of a session. */
export interface Settings {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly parts: readonly ClientPart[];
  /** Those of the parts. */
  readonly carriages: readonly Carriage[];
  readonly auth: ClientAuth | undefined;
  readonly agent: string | undefined;
  readonly acceptsAudience: (audience: string) => boolean;
}

/** Throws {@link UsageError} for an option that is not what it should be, or lacks its part. */
export function settingsOf(
  options: SharedOptions,
  platform: Platform,
  auth: ClientAuth | undefined,
  acceptsAudience: (audience: string) => boolean,
): Settings {
  const { agent, carriage, logger } = options;
  const limits = checkShared(options);
  const parts = [...(options.parts ?? []), ...platform.parts];
  const carriages = parts.map((part) => part.carriage).filter((one) => one !== undefined);
  if (carriage !== undefined) carriageNamed(carriage, carriages);
  return { environment: platform.environment(logger), limits, parts, carriages, auth, agent, acceptsAudience };
}

/**
 * What the session is made from. The gateway may call whatever the client implements. `reconnects`: calls that nobody took
 * wait for the next connection.
 */
export function sessionOptions(
  options: SharedOptions,
  { environment, limits, parts }: Settings,
  reconnects: boolean,
): SessionOptions {
  const { journal, interceptors, timeoutMs, acceptTimeoutMs } = options;
  return {
    environment,
    limits,
    incoming: parts.find((part) => part.implement !== undefined)?.implement?.(journal, environment),
    interceptors,
    timeoutMs,
    acceptTimeoutMs,
    peer: { principal: "gateway" },
    reconnects,
  };
}

/** What a session keeps from one connection to the next. `reconnects`: there may be a next one. */
export function resumptionOf(settings: Settings, control: SessionControl, reconnects: boolean): Resumption {
  const { environment, limits } = settings;
  return new Resumption({ environment, limits, control, enabled: reconnects && limits.resumeWindowMs > 0 });
}

/** Says HELLO on a carrier. Throws what {@link Carrier.start} throws. */
export function dialOn(
  carrier: Carrier,
  settings: Settings,
  resumption: Resumption,
  more: Pick<DialerOptions, "ended" | "started" | "previous" | "peerChanged">,
): Dialer {
  const { environment, limits, carriages, auth, agent, acceptsAudience } = settings;
  return new Dialer({
    carrier,
    carriages,
    environment,
    limits,
    resumption,
    prover: auth,
    acceptsAudience,
    agent,
    ...more,
  });
}

/** Tells the subscribers of `turnmux:session` where the session is. */
export function publishStates(session: Session, { environment }: Settings): void {
  session.addEventListener("state", ({ detail: { state, end } }) => {
    const fields = end === undefined ? {} : { cause: end.cause, code: end.code, message: end.message };
    environment.publish?.("session", { event: state, sessionId: session.id, fields });
  });
}

/** Lets the gateway know how late this event loop is, until the session is over: a gateway waits on for a client that is busy (CALL-019). */
export function tellLag({ measureLag }: Platform, over: Promise<unknown>): void {
  const stop = measureLag?.();
  if (stop !== undefined) void over.then(stop);
}

/** The end of a session that its user closes. */
export function closedByUser(message: string): SessionEnd {
  return { cause: "closed", code: "cancelled", message, byPeer: false };
}

/** Runs `close` when the signal is aborted, until the session is over. Throws where it is aborted already. */
export function closeOnAbort(
  signal: AbortSignal | undefined,
  over: Promise<unknown>,
  close: (message: string) => void,
): void {
  if (signal === undefined) return;
  const abort = (): void => close(ABORTED);
  signal.addEventListener("abort", abort, { once: true });
  void over.then(() => signal.removeEventListener("abort", abort));
}

/** Throws {@link TurnmuxError} where the signal is aborted already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new TurnmuxError("cancelled", ABORTED, { outcome: "not_started", cause: signal.reason });
}

const ABORTED = "the signal of the session was aborted";
