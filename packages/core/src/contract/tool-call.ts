/**
 * What a handler knows of the call that it serves.
 *
 * @module
 */

import type { Effect } from "../errors/effect.ts";

/** Where log lines go. Arguments and results of calls are never logged by turnmux itself. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What every handler knows of its call. `E` is the tool's effect. */
export interface BaseToolCall<E extends Effect = Effect> {
  /** The tool's name, for example `"cron.add"`. */
  readonly tool: string;
  /** The call's identifier, as in the logs of both sides. */
  readonly callId: string;
  /** The idempotency key: always there for a `once` tool, for others where the caller gave one. */
  readonly key: E extends "once" ? string : string | undefined;
  /** The turn that the call belongs to. */
  readonly turn?: string | undefined;
  /**
   * The token of the running turn on whose behalf the call is, as it came, to be passed on with calls that this one causes. Of a
   * tool with a lane: the token of the call's own turn (LANE-007). Of a `once` tool at a gateway: that of its run, which is on behalf of
   * that turn (LANE-004), and there without one as well.
   */
  readonly lineage?: string | undefined;
  /** Who calls. */
  readonly principal: string;
  /** What the caller may do, as it stood when the call began. */
  readonly scopes: readonly string[];
  /** Aborted when the caller cancels, when the deadline is over, or when the session ends (see `whenSessionEnds`). */
  readonly signal: AbortSignal;
  /** The deadline that counts, in milliseconds from when the handler was started. */
  readonly deadlineMs?: number | undefined;
  /** The caller's W3C `traceparent`. */
  readonly trace?: string | undefined;
  /** What the caller sent along. */
  readonly meta: Readonly<Record<string, string>>;
  /** Says that the call waits for a person or another system, with a sentence, so that the caller does not give up. */
  waiting(reason: string): void;
  readonly log: Logger;
}

/** A handler's way to report progress. */
export interface ReportsProgress<Progress> {
  /** Reports progress. Of several reports the latest counts: earlier ones may not arrive (CALL-008). */
  progress(progress: Progress): void;
}

/** A handler's way to send items. */
export interface SendsItems<Item> {
  /**
   * Sends an item. Items arrive in order, each once. Resolves when there is room for the next one, and rejects once the
   * call is cancelled.
   */
  item(item: Item): Promise<void>;
}

/**
 * What a handler knows of its call. `progress` is there where the tool's contract has `progress`, and `item` where it has
 * `item`; `never` stands for "has none".
 */
export type ToolCall<Progress = never, Item = never, E extends Effect = Effect> = BaseToolCall<E> &
  ([Progress] extends [never] ? unknown : ReportsProgress<Progress>) &
  ([Item] extends [never] ? unknown : SendsItems<Item>);

/** What a `reconcile` is told of the call that it is to find out about. */
export interface ReconcileCall<Input = unknown> {
  /** The tool's name, for example `"cron.add"`. */
  readonly tool: string;
  /** Who called. */
  readonly principal: string;
  /** The identifier of the call that ran, as its handler knew it. */
  readonly callId: string;
  /** The arguments, where the call has come again. Absent where only its outcome is asked for. */
  readonly input?: Input | undefined;
  /** Aborted when nobody waits for the answer any more, or after a minute. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * What a `reconcile` found out (KEY-008).
 *
 * - `completed`: the call took effect, and this is its result
 * - `not_started`: it took no effect; a call that waits for the answer runs now
 * - `unknown`: nobody can tell; the call ends with outcome `unknown`, for good
 */
export type Reconciled<Result = unknown> =
  | ([Result] extends [void]
      ? { readonly outcome: "completed"; readonly result?: undefined }
      : { readonly outcome: "completed"; readonly result: Result })
  | { readonly outcome: "not_started" }
  | { readonly outcome: "unknown" };
