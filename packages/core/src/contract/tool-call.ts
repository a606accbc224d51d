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
