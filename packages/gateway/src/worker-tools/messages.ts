/**
 * What the thread of a worker tool and the thread that has its call say to each other. Types and numbers only: both load it.
 *
 * @module
 */

import type { Logger } from "@turnmux/core";
import type { MessagePort } from "node:worker_threads";

/** Where in the memory that both share each number is. */
export const Shared = {
  /** One of {@link Phase}. Whoever changes it first decides whether the handler runs. */
  phase: 0,
  /** Why the call is cancelled, one of {@link CANCELLED}'s places plus one; 0 while it is not. */
  cancelled: 1,
  /** Reports that were taken. */
  reportsTaken: 2,
  /** Log lines that were taken. */
  linesTaken: 3,
  count: 4,
} as const;

/** How far a run has come. */
export const Phase = { waiting: 0, begun: 1, withdrawn: 2 } as const;

/** Why a call is cancelled. */
export const CANCELLED = ["cancelled", "deadline_exceeded", "unavailable"] as const;

/** One of {@link CANCELLED}. */
export type CancelCode = (typeof CANCELLED)[number];

/** Progress and `waiting` that may be under way to the other thread: of more, the latest counts. */
export const REPORTS_UNDER_WAY = 8;

/** Log lines that may be under way to the other thread: more are dropped, and counted. */
export const LINES_UNDER_WAY = 1_000;

/** Items that may be under way to the other thread: more wait where they were made. */
export const ITEMS_UNDER_WAY = 8;

/** What is to run. */
export interface ModuleReference {
  readonly url: string;
  readonly export: string;
  /** The export with the contract that is to be checked here; undefined where that was done. */
  readonly contract: string | undefined;
  /** The tool's name. */
  readonly tool: string;
}

/** What a handler is told of its call. */
export interface CallFacts {
  readonly callId: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly lineage: string | undefined;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly trace: string | undefined;
  readonly meta: Readonly<Record<string, string>>;
  /** On the clock of {@link clockMs}. */
  readonly deadlineAt: number | undefined;
}

/** One call for a thread. */
export interface Job {
  readonly port: MessagePort;
  /** See {@link Shared}. */
  readonly shared: Int32Array;
  readonly module: ModuleReference;
  readonly input: unknown;
  readonly call: CallFacts;
  /** Whether the contract has items, so that an async iterable is a stream of them. */
  readonly hasItems: boolean;
  /** Whether the contract has a result: otherwise what the handler returns is dropped. */
  readonly hasOutput: boolean;
}

/** Something thrown, as far as it can be told. */
export interface ThrownText {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: ThrownText | undefined;
}

/** How a run ended. */
export type RunEnding =
  | { readonly kind: "result"; readonly value: unknown }
  /** A `ToolError`, to be told as it is. */
  | { readonly kind: "toolError"; readonly fields: ToolErrorFields }
  /** Anything else. */
  | { readonly kind: "threw"; readonly error: ThrownText }
  /** The handler ran, and gave what it may not (CALL-012). */
  | { readonly kind: "forbidden"; readonly message: string }
  /** By the refusal of an item, which the other thread knows. */
  | { readonly kind: "refused" }
  /** The contract refuses the arguments (CALL-011). The handler did not run. */
  | { readonly kind: "invalid"; readonly details: unknown }
  /** There is no such handler. */
  | { readonly kind: "unloadable"; readonly error: ThrownText }
  /** The call was taken back before the handler was called. */
  | { readonly kind: "withdrawn" };

/** What a tool error says. Unchecked: plain JavaScript can put anything there. */
export interface ToolErrorFields {
  readonly code: unknown;
  readonly message: unknown;
  readonly outcome: unknown;
  readonly retryable: unknown;
  readonly retryAfterMs: unknown;
  readonly details: unknown;
}

/** From the thread of the tool. */
export type FromWorker =
  | { readonly kind: "item"; readonly value: unknown }
  | { readonly kind: "progress"; readonly value: unknown }
  | { readonly kind: "waiting"; readonly reason: string }
  | {
      readonly kind: "log";
      readonly level: keyof Logger;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    }
  | { readonly kind: "end"; readonly ending: RunEnding };

/** To the thread of the tool. */
export type ToWorker =
  /** {@link Shared.cancelled} was set. */
  | { readonly kind: "cancelled" }
  /** There is room for a further item. */
  | { readonly kind: "room" }
  /** An item was refused, and so is what follows. */
  | { readonly kind: "refused"; readonly message: string }
  /** {@link Shared.reportsTaken} has grown. */
  | { readonly kind: "taken" };

/** Milliseconds of a clock that all threads of a process have in common. */
export function clockMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Posts a message of the one end's to the other. Throws for what cannot be cloned. */
export function post(port: MessagePort, message: FromWorker | ToWorker, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, [...transfer]);
}
