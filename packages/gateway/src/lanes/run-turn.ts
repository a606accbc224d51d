/**
 * Turns that run at the gateway: each has the lane of its session while it runs.
 *
 * @module
 */

import {
  LaneRefusal,
  Turn,
  TurnmuxError,
  UsageError,
  type BaseToolCall,
  type Environment,
  type Lanes,
  type TurnOptions,
} from "@turnmux/core";
import { checkMs } from "../check.ts";
import { GatewaySession } from "../session/gateway-session.ts";

/** Options of `Gateway.runTurn`. */
export interface RunTurnOptions {
  /** Cancels the turn, also while it waits: its calls are cancelled, and it has the lane no more. */
  readonly signal?: AbortSignal | undefined;
  /** The call that causes the turn: the turn is on its behalf, and is cancelled with it. */
  readonly call?: Pick<BaseToolCall, "lineage" | "principal" | "signal"> | undefined;
  /** The token of the running turn on whose behalf it is, where there is no {@link call}. */
  readonly lineage?: string | undefined;
  /** How long it waits for the lane, in milliseconds. Default: for as long as it takes. */
  readonly maxWaitMs?: number | undefined;
}

/** A turn that runs at the gateway: calls made through it go to its client, on its behalf. `Gateway.runTurn` makes it. */
export class RunningTurn extends Turn {
  /** Whose lane it has. */
  readonly session: GatewaySession;
  /** The token that its calls carry, to be passed on with whatever else it causes. */
  declare readonly lineage: string;
  /** Resolves when the turn is over. */
  override readonly over: Promise<void>;

  /** For {@link runTurn}. */
  constructor(session: GatewaySession, id: string, lineage: string, over: Promise<void>, options: TurnOptions) {
    super(session, id, { ...options, lineage });
    this.session = session;
    this.over = over;
  }
}

/** What {@link runTurn} works with. */
export interface TurnHouse {
  readonly environment: Environment;
  readonly lanes: Lanes;
  readonly sessions: ReadonlySet<GatewaySession>;
}

/** See `Gateway.runTurn`. */
export async function runTurn<T>(
  house: TurnHouse,
  session: GatewaySession,
  turn: string,
  run: (running: RunningTurn) => T | PromiseLike<T>,
  options: RunTurnOptions = {},
): Promise<T> {
  const { call, lineage = call?.lineage, maxWaitMs } = options;
  checkMs("maxWaitMs", maxWaitMs);
  if (typeof run !== "function") throw new UsageError("runTurn() takes a function that runs the turn");
  if (!(session instanceof GatewaySession)) throw new UsageError("runTurn() takes a session of the gateway");
  const signals = [options.signal, call?.signal].filter((one) => one !== undefined);
  // Throws for what is no turn's name.
  const { signal } = session.turn(turn, { signal: signals.length === 0 ? undefined : AbortSignal.any(signals) });
  if (session.state !== "closed" && !house.sessions.has(session)) {
    throw new UsageError("runTurn() takes a session of this gateway");
  }
  const wait = new LaneWait(house.environment, session, signal, maxWaitMs);
  wait.check();
  const ticket = house.lanes.enter({
    lane: session.id,
    principal: session.principal,
    turn,
    lineage,
    asker: call?.principal,
  });
  wait.begin(() => ticket.leave());
  const verdict = await ticket.entered;
  wait.end();
  wait.check();
  if (verdict.kind === "refused") {
    // It names those turns alone that are the caller's own, where there is one, and so may be told to it.
    if (call !== undefined) throw new LaneRefusal(verdict.refusal);
    const { code, message, outcome, retryAfterMs, details } = verdict.refusal;
    throw new TurnmuxError(code, message, { outcome, retryAfterMs, details });
  }
  if (verdict.kind === "left") throw notStarted("aborted", "the turn left its lane before it ran");
  const over = Promise.withResolvers<void>();
  const running = new RunningTurn(session, turn, verdict.lineage, over.promise, { signal });
  const leave = (): void => ticket.leave();
  running.signal.addEventListener("abort", leave, { once: true });
  try {
    return await run(running);
  } finally {
    running.signal.removeEventListener("abort", leave);
    leave();
    over.resolve();
  }
}

/** What may end the wait for a lane before the lane is free. */
class LaneWait {
  /** Why nothing is waited for any more. */
  #over: TurnmuxError | undefined;
  readonly #session: GatewaySession;
  readonly #signal: AbortSignal;
  readonly #maxWaitMs: number | undefined;
  readonly #environment: Environment;
  #leave: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(environment: Environment, session: GatewaySession, signal: AbortSignal, maxWaitMs: number | undefined) {
    this.#environment = environment;
    this.#session = session;
    this.#signal = signal;
    this.#maxWaitMs = maxWaitMs;
    this.#look();
  }

  /** @throws {TurnmuxError} why the turn does not run */
  check(): void {
    if (this.#over !== undefined) throw this.#over;
  }

  /** `leave` is called when the wait is over before its end. */
  begin(leave: () => void): void {
    this.#leave = leave;
    this.#signal.addEventListener("abort", this.#look, { once: true });
    this.#session.addEventListener("state", this.#look);
    const ms = this.#maxWaitMs;
    if (ms === undefined || ms === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#environment.setTimer(this.#environment.now() + ms, () =>
      this.#giveUp(notStarted("deadline_exceeded", `the lane was not free within ${ms} ms`)),
    );
  }

  end(): void {
    this.#leave = undefined;
    this.#signal.removeEventListener("abort", this.#look);
    this.#session.removeEventListener("state", this.#look);
    this.#cancelTimer?.();
  }

  readonly #look = (): void => {
    if (this.#signal.aborted) {
      this.#giveUp(notStarted("cancelled", "the turn was cancelled before it ran", this.#signal.reason));
    } else if (this.#session.state === "closed") this.#giveUp(notStarted("unavailable", "the session is over"));
  };

  #giveUp(why: TurnmuxError): void {
    this.#over ??= why;
    this.#leave?.();
  }
}

function notStarted(code: TurnmuxError["code"], message: string, cause?: unknown): TurnmuxError {
  return new TurnmuxError(code, message, { outcome: "not_started", cause });
}
