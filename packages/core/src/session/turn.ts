/**
 * A turn: one run of a model with its tool calls.
 *
 * @module
 */
import type { CallOptions, ItemCall } from "../contract/call-options.ts";
import type { ToolDescription } from "../contract/describe.ts";
import type { ToolClient } from "../contract/infer.ts";
import type { ToolTree } from "../contract/tree.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import type { CallMore } from "./outgoing-calls.ts";
import type { Session } from "./session.ts";

/** What a turn is made with. */
export interface TurnOptions {
  /** Cancels the turn, as {@link Turn.cancel} does. */
  readonly signal?: AbortSignal | undefined;
  /** The token of the running turn on whose behalf its calls are: `call.lineage` of the call that causes them (LANE-004). */
  readonly lineage?: string | undefined;
}

/**
 * Calls made through a turn carry its id, and are cancelled with it.
 *
 * A model that was told that the outcome of its call is `unknown` may try again. A call of the same `once` tool with the same
 * arguments, made through a turn of the same session and id after the first one rejected with outcome `unknown`, takes over
 * the key of the first one, whatever key it was given: it joins that call or gets its result, and nothing runs twice
 * (KEY-010). The key that counts is the error's `key`. Each such rejection is taken over by one call, and by another one when
 * that rejects with outcome `unknown` as well; one that could not even be started says `unknown`, since the first may have
 * taken effect. Calls made before the rejection, parallel ones, and calls after a success have keys of their own. A session
 * remembers 1,000 such rejections, the latest.
 */
export class Turn {
  readonly id: string;
  /** The token that its calls carry, where they carry one. */
  readonly lineage: string | undefined;
  /** Resolves when the turn has ended. Absent where it has no end of its own: it goes on until it is cancelled. */
  readonly over: Promise<void> | undefined = undefined;
  readonly #session: Session;
  readonly #abort = new AbortController();
  readonly #signals: AbortSignal[];
  #signal: AbortSignal | undefined;

  /** For sessions: see {@link Session.turn}. */
  constructor(session: Session, id: string, options: TurnOptions) {
    this.id = id;
    this.lineage = options.lineage;
    this.#session = session;
    this.#signals = options.signal === undefined ? [this.#abort.signal] : [this.#abort.signal, options.signal];
  }

  /** Aborted when the turn is cancelled. */
  get signal(): AbortSignal {
    // Made where somebody asks: see `cancellation.ts`.
    this.#signal ??= AbortSignal.any(this.#signals);
    return this.#signal;
  }

  /** Typed methods for the peer's tools, on behalf of this turn. */
  client<T extends ToolTree>(tools: T): ToolClient<T> {
    return this.#session.clientWith(tools, this.#more);
  }

  /** Calls a tool by name, without types. See {@link Session.call}. */
  call(name: string, input?: unknown, options: CallOptions = {}): Promise<unknown> {
    return this.#session.callWith(name, input, options, this.#more);
  }

  /** Calls a tool by name that sends items. See {@link Session.callItems}. */
  callItems(name: string, input?: unknown, options: CallOptions = {}): ItemCall<unknown, unknown> {
    return this.#session.callItemsWith(name, input, options, this.#more);
  }

  get #more(): CallMore {
    return { turn: this.id, lineage: this.lineage, signals: this.#signals };
  }

  /** The peer's tools with their JSON Schemas. See {@link Session.catalog}. */
  catalog(): Promise<readonly ToolDescription[]> {
    return this.#session.catalog();
  }

  /** Cancels every call of the turn. Each still ends with what really happened. */
  cancel(reason = "the turn was cancelled"): void {
    this.#abort.abort(new TurnmuxError("cancelled", reason, { outcome: "unknown" }));
  }
}
