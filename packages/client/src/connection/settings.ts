/**
 * From a user's options to what sessions and dialers are made from.
 *
 * @module
 */
import {
  Dialer,
  OnceCalls,
  Resumption,
  TurnmuxError,
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

/** What stays the same over all connections of a session. */
export interface Settings {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly auth: ClientAuth | undefined;
  readonly agent: string | undefined;
  readonly acceptsAudience: (audience: string) => boolean;
}

export function settingsOf(
  options: SharedOptions,
  environment: Environment,
  auth: ClientAuth | undefined,
  acceptsAudience: (audience: string) => boolean,
): Settings {
  return { environment, limits: checkShared(options), auth, agent: options.agent, acceptsAudience };
}

/**
 * What the session is made from. The gateway may call whatever the client implements. `reconnects`: calls that nobody took
 * wait for the next connection.
 */
export function sessionOptions(
  options: SharedOptions,
  { environment, limits }: Settings,
  reconnects: boolean,
): SessionOptions {
  const { journal, interceptors, timeoutMs, acceptTimeoutMs } = options;
  return {
    environment,
    limits,
    once: journal === undefined ? undefined : new OnceCalls(journal, environment),
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
  more: Pick<DialerOptions, "ended" | "started" | "previous">,
): Dialer {
  const { environment, limits, auth, agent, acceptsAudience } = settings;
  return new Dialer({ carrier, environment, limits, resumption, prover: auth, acceptsAudience, agent, ...more });
}

/** Tells the subscribers of `turnmux:session` where the session is. */
export function publishStates(session: Session, { environment }: Settings): void {
  session.addEventListener("state", ({ detail: { state, end } }) => {
    const fields = end === undefined ? {} : { cause: end.cause, code: end.code, message: end.message };
    environment.publish?.("session", { event: state, sessionId: session.id, fields });
  });
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
