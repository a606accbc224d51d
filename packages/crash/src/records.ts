/**
 * What the processes write down: one JSON value in each line, in files that only grow. All that is judged at the end is in
 * these records, and nothing else.
 *
 * `at` is in milliseconds on the machine's monotonic clock, which all processes share.
 *
 * @module
 */

import type { Code, Outcome } from "@turnmux/client";

/** Names of tools, as they are called. */
export type ToolName =
  | "once.plain"
  | "once.reconciled"
  | "once.again"
  | "plain.put"
  | "plain.sum"
  | "plain.feed"
  | "plain.ask"
  | "device.note"
  | "device.look";

/** What a handler is asked to do; the same each time that an intent is called. */
export interface Orders {
  /** The intent's own identifier. So no two intents have the same arguments. */
  readonly intent: string;
  /** Milliseconds until the effect, and from there to the return. */
  readonly before: number;
  readonly after: number;
  /**
   * - `work`: takes effect, and returns
   * - `refuse`: half of the runs say `failed` in place of an effect
   * - `break`: takes effect, and throws
   * - `obey`: says `failed` in place of an effect when it was cancelled by then
   */
  readonly how: "work" | "refuse" | "break" | "obey";
  /** Octets of text that go with the arguments. */
  readonly octets: number;
  /** For `plain.feed`: how many items. */
  readonly items: number;
}

/** How a call ended, as its caller was told. */
export type Ending =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: Code; readonly outcome: Outcome; readonly message: string };

/** A line of an application's store. */
export type StoreRecord =
  /** A process begins to use the store. */
  | { readonly kind: "born"; readonly at: number; readonly process: string }
  /** The application wants something. On the disk before it is called for the first time. */
  | {
      readonly kind: "intent";
      readonly at: number;
      readonly intent: string;
      readonly tool: ToolName;
      readonly key: string | null;
      /** The turn that its calls are made in, without a key: asked again there, they join. */
      readonly turn: string | null;
      readonly orders: Orders;
    }
  /** A call begins. */
  | {
      readonly kind: "asked";
      readonly at: number;
      readonly process: string;
      readonly intent: string;
      readonly attempt: string;
      readonly key: string | null;
      readonly timeoutMs: number;
      readonly cancelMs: number | null;
    }
  /** A call has ended. `wrong` says what of the answer is not what the tool must answer. */
  | {
      readonly kind: "told";
      readonly at: number;
      readonly attempt: string;
      readonly ending: Ending;
      readonly wrong?: string;
    }
  /** A call should have ended long ago, and has not. */
  | { readonly kind: "hung"; readonly at: number; readonly attempt: string }
  /** The other side was asked, at `since`, what became of the intent's key. */
  | {
      readonly kind: "looked";
      readonly at: number;
      readonly since: number;
      readonly intent: string;
      readonly answer: LookedUp;
    }
  /** The application is done with an intent. */
  | { readonly kind: "closed"; readonly at: number; readonly intent: string; readonly why: string }
  /** The session ended although nobody ended it. */
  | {
      readonly kind: "session";
      readonly at: number;
      readonly cause: string;
      readonly code: string;
      readonly message: string;
    }
  /** The process leaves in order: all of its calls have ended. */
  | { readonly kind: "left"; readonly at: number; readonly process: string };

/** What `session.outcome()` said. */
export type LookedUp =
  | { readonly state: "running" | "abandoned" | "none" }
  | { readonly state: "settled"; readonly ending: Ending }
  | { readonly state: "no answer"; readonly message: string };

/** A line of the ledger: something happened to the world. */
export interface Effect {
  readonly kind: "effect";
  readonly at: number;
  /** The effect's own identifier. The result of the call names it. */
  readonly effect: string;
  /** Which run of a handler did it. */
  readonly run: string;
  readonly intent: string;
  readonly attempt: string;
  readonly key: string | null;
  readonly tool: ToolName;
  readonly process: string;
}

/** A line of the diary of handlers. */
export type DiaryRecord =
  | {
      readonly kind: "began";
      readonly at: number;
      readonly run: string;
      readonly intent: string;
      readonly attempt: string;
      readonly tool: ToolName;
      readonly process: string;
    }
  | { readonly kind: "ended"; readonly at: number; readonly run: string; readonly how: string }
  | {
      readonly kind: "reconciled";
      readonly at: number;
      readonly key: string;
      readonly found: string | null;
      readonly process: string;
    };

/** A line of the driver's own log. */
export interface DriverRecord {
  readonly kind: "driver";
  readonly at: number;
  readonly what: "start" | "ready" | "kill" | "exit" | "cut" | "stall" | "calm";
  readonly process: string;
  readonly detail?: string;
}

/** Milliseconds on the clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
