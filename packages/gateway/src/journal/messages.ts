/**
 * What a journal and its thread say to each other. Types alone: the thread imports nothing of the workspace.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type {
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
  MemoryContents,
} from "@turnmux/core";

/** What the thread needs to know of the file. */
export interface DatabaseSettings {
  /** Absolute. */
  readonly path: string;
  /** As the user wrote it: for messages. */
  readonly shownPath: string;
  /** Milliseconds since 1970, for those who ask who uses the file. */
  readonly openedAtMs: number;
  readonly retentionMs: number;
  readonly maxOctets: number;
  readonly maxPrincipalOctets: number;
}

/** What the thread of a journal in memory needs to know. */
export interface MemorySettings {
  /** For messages. */
  readonly shownPath: string;
  readonly contents: MemoryContents;
}

/** What the thread starts with. */
export interface ThreadStart<S = DatabaseSettings> {
  readonly port: MessagePort;
  /** Becomes 1 when the {@link Opening} has been sent. */
  readonly opened: Int32Array<SharedArrayBuffer>;
  readonly settings: S;
}

/** Whether the file could be opened; `usage` where that is a matter of configuration. */
export type Opening = { readonly ok: true } | { readonly ok: false; readonly usage: boolean; readonly message: string };

/** One call of the journal. */
export type Operation =
  | { readonly kind: "claim"; readonly claims: readonly JournalClaim[] }
  | { readonly kind: "settle"; readonly settlements: readonly JournalSettlement[] }
  | { readonly kind: "find"; readonly queries: readonly JournalQuery[] };

/** What became of it. */
export type Result =
  | { readonly kind: "claim"; readonly verdicts: readonly JournalVerdict[] }
  | { readonly kind: "settle" }
  | { readonly kind: "find"; readonly records: readonly (JournalRecord | undefined)[] }
  | { readonly kind: "failed"; readonly message: string };

/** The operations of one event-loop turn; somebody else who asks, over a port of its own; or the end. */
export type Request =
  | { readonly operations: readonly Operation[] }
  | { readonly connect: MessagePort }
  | { readonly close: true };

/** Results of one or several requests, in the order of their operations. */
export interface Reply {
  readonly results: readonly Result[];
  /** How many operations share each commit, for whoever watches. Without those that changed nothing and could not have. */
  readonly commits: readonly number[];
}
