/**
 * A turn that runs here, at the client, and has the lane of its session.
 *
 * @module
 */
import { checkedAnswer } from "../contract/answer.ts";
import type { Acceptance, CallOptions } from "../contract/call-options.ts";
import type { BaseToolCall } from "../contract/tool-call.ts";
import {
  beginTurnToolName,
  endTurnToolName,
  isTurnBegun,
  isTurnEnded,
  type BeginTurnRequest,
  type EndTurnRequest,
} from "../contract/turns.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import { LaneRefusal } from "../lanes/refusal.ts";
import type { Session } from "./session.ts";
import { Turn, type TurnOptions } from "./turn.ts";

/** What a turn is begun with. */
export interface BeginTurnOptions extends TurnOptions {
  /**
   * The call of a handler here that causes the turn: the turn is on its behalf, and is cancelled with it. A handler that does nothing
   * about a refusal of the lane ends its call with that.
   */
  readonly call?: Pick<BaseToolCall, "lineage" | "signal"> | undefined;
  /** How long it waits for the lane, in milliseconds. Default: for as long as it takes. */
  readonly maxWaitMs?: number | undefined;
  /** Hears that it waits: behind which turn, and at which place. */
  readonly onAccept?: ((acceptance: Acceptance) => void) | undefined;
}

/** Calls a built-in tool of the gateway. */
export type CallBuiltin = (
  tool: typeof beginTurnToolName | typeof endTurnToolName,
  input: BeginTurnRequest | EndTurnRequest,
  options: CallOptions,
) => Promise<unknown>;

/**
 * A {@link Turn} that has the lane of its session: no other turn of that session runs until this one has ended. Its calls never
 * wait for that lane, over any number of hops on which their `lineage` is passed on.
 *
 * It ends by {@link end}, when it is cancelled, and with its session; calls made through it later belong to no turn that runs.
 * `await using turn = await session.beginTurn("turn-7")` ends it with its block.
 */
export class BegunTurn extends Turn {
  /** The token that its calls carry. */
  declare readonly lineage: string;
  readonly #over: Session;
  readonly #call: CallBuiltin;
  readonly #cancelled: () => void;
  #ended: Promise<void> | undefined;
  readonly #ending = Promise.withResolvers<void>();
  /** Resolves when {@link end} was called: from then on its calls belong to no turn that runs. */
  override readonly over: Promise<void> = this.#ending.promise;

  /** For sessions: see {@link Session.beginTurn}. */
  constructor(session: Session, call: CallBuiltin, id: string, lineage: string, options: TurnOptions) {
    super(session, id, { ...options, lineage });
    this.#over = session;
    this.#call = call;
    this.#cancelled = (): void => {
      // Where the gateway does not hear of it, it ends the turn with its owner.
      this.end().catch(() => {});
    };
    this.signal.addEventListener("abort", this.#cancelled, { once: true });
    if (this.signal.aborted) this.#cancelled();
  }

  /**
   * Gives the lane back. Resolves when the gateway has done so, or the session is over; may be called again.
   *
   * @throws {TurnmuxError} where the gateway did not answer in time
   */
  end(): Promise<void> {
    this.signal.removeEventListener("abort", this.#cancelled);
    this.#ending.resolve();
    const { lineage } = this;
    this.#ended ??= endTurn(this.#call, { lineage }).catch((error: unknown) => {
      if (this.#over.state === "closed") return;
      this.#ended = undefined;
      throw error;
    });
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** For {@link Session.beginTurn}. */
export async function beginTurn(
  session: Session,
  call: CallBuiltin,
  turn: string,
  options: BeginTurnOptions,
): Promise<BegunTurn> {
  const { call: cause, lineage = cause?.lineage, maxWaitMs: timeoutMs = Number.POSITIVE_INFINITY, onAccept } = options;
  const signals = [options.signal, cause?.signal].filter((one) => one !== undefined);
  const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
  try {
    const answer = await call(beginTurnToolName, { turn }, { signal, lineage, timeoutMs, onAccept });
    const begun = checkedAnswer(isTurnBegun, answer, "LANE-002");
    return new BegunTurn(session, call, turn, begun.lineage, { signal });
  } catch (error) {
    // It may have begun all the same, and nobody here would end it.
    if (TurnmuxError.is(error) && error.outcome === "unknown" && error.callId !== undefined) {
      endTurn(call, { callId: error.callId }).catch(() => {});
    }
    // The gateway has told it to its client, and so it may hear of it again.
    throw cause !== undefined && isRefusal(error) ? refusalOf(error) : error;
  }
}

/** The lane was refused, and not the call as such. */
function isRefusal(error: unknown): error is TurnmuxError {
  if (!TurnmuxError.is(error) || error.outcome !== "not_started") return false;
  return error.code === "failed_precondition" || error.code === "resource_exhausted";
}

function refusalOf({ code, sentence, outcome, retryAfterMs, details }: TurnmuxError): LaneRefusal {
  return new LaneRefusal({ ok: false, code, message: sentence, outcome, retryAfterMs, details });
}

async function endTurn(call: CallBuiltin, of: EndTurnRequest): Promise<void> {
  checkedAnswer(isTurnEnded, await call(endTurnToolName, of, {}), "LANE-003");
}
