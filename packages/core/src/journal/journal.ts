/**
 * Where calls of `once` tools are recorded, so that none runs twice for its key. `docs/spec.md` section 7, "Keys".
 *
 * @module
 */

import type { Body } from "../content/body.ts";
import type { Outcome } from "../errors/outcome.ts";

/** How a recorded call ended: what END says. */
export interface RecordedEnding {
  /** 0 is ok, otherwise the wire value of an error code. */
  readonly code: number;
  readonly message?: string | undefined;
  /** Present exactly when `code` is not 0. */
  readonly outcome?: Outcome | undefined;
  readonly retryable?: boolean | undefined;
  /** The result, or the details of the error. */
  readonly body: Body;
}

/** A request to run a call under a key. */
export interface JournalClaim {
  readonly principal: string;
  /** The idempotency key. Records are found by principal and key, whatever the session (KEY-001). */
  readonly key: string;
  readonly tool: string;
  /** What `fingerprint(tool, args)` gave (KEY-002). */
  readonly fingerprint: string;
  readonly callId: string;
  /** The gateway that will run the call. A string of its own for each gateway. */
  readonly owner: string;
  /** Which life of the owner: it grows with each start. */
  readonly epoch: number;
  /** When, in milliseconds since 1970. A journal reads no clock. */
  readonly atMs: number;
  /**
   * An owner that lets go of the key for this claim: what is recorded as running there is `abandoned`. Two threads of a process ask for
   * that. A journal that knows nothing of it says `running`, as it does to any other claim.
   */
  readonly takes?: string | undefined;
  /** The epoch of the record where it is taken over, so that it can be told from what was claimed afresh. Default: `epoch`. */
  readonly takeOverEpoch?: number | undefined;
}

/**
 * What a journal says to a claim.
 *
 * - `claimed`: the call is recorded and may run
 * - `running`: a call with this key and fingerprint runs, at this owner and in this epoch: join it (KEY-002)
 * - `abandoned`: a call with this key and fingerprint ran when its owner died, or its owner lets go of it. From this answer on the record belongs to
 *   the owner and epoch of the claim, which finds out what became of it, and settles it (KEY-007)
 * - `settled`: it ended like this: replay it (KEY-002, KEY-004)
 * - `conflict`: the key belongs to a call with another fingerprint (KEY-003)
 * - `full`: nothing is recorded, since there is no room: `resource_exhausted`, `not_started`
 */
export type JournalVerdict =
  | { readonly kind: "claimed" }
  | { readonly kind: "running"; readonly callId: string; readonly owner: string; readonly epoch: number }
  | { readonly kind: "abandoned"; readonly callId: string }
  | { readonly kind: "settled"; readonly ending: RecordedEnding }
  | { readonly kind: "conflict" }
  | { readonly kind: "full"; readonly message: string; readonly retryAfterMs?: number | undefined };

/** How a claimed call ended. */
export interface JournalSettlement {
  readonly principal: string;
  readonly key: string;
  /** Owner and epoch of the claim; a settlement with others than the record's is ignored. */
  readonly owner: string;
  readonly epoch: number;
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
  readonly ending: RecordedEnding;
}

/** Which record is asked for: that of a key, or that of a call id. */
export type JournalQuery =
  | { readonly principal: string; readonly key: string }
  | { readonly principal: string; readonly callId: string };

/** A record, as {@link Journal.find} gives it. */
export interface JournalRecord {
  readonly key: string;
  readonly tool: string;
  readonly fingerprint: string;
  /** Of the call that claimed the key first. */
  readonly callId: string;
  readonly owner: string;
  readonly epoch: number;
  /** When it was claimed, in milliseconds since 1970. */
  readonly claimedAtMs: number;
  /** When it ended. Absent exactly where `ending` is: the call runs, or ran when its owner died. */
  readonly settledAtMs?: number | undefined;
  readonly ending?: RecordedEnding | undefined;
}

/**
 * Records calls by principal and key. Asynchronous and batched, so that a database fits behind it, also one that several
 * gateways share.
 */
export interface Journal {
  /** For logs and errors, for example `"memory"`. */
  readonly name: string;
  /** Whether records outlive the process. */
  readonly durable: boolean;
  /**
   * Claims keys. One verdict for each claim, in the same order; of two equal keys in one batch the first wins. Resolves when
   * the claims are as durable as this journal makes them: before that no ACCEPT is sent (CALL-002). Rejects when nothing is
   * known of any of them; then none may run.
   */
  claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]>;
  /**
   * Records endings. One with outcome `not_started` or `failed` frees its key (KEY-004). Resolves when they are
   * recorded; what has no record, or one of another owner or epoch, or is settled already, is ignored.
   */
  settle(settlements: readonly JournalSettlement[]): Promise<void>;
  /** Looks records up, one answer for each query in the same order. Changes nothing. Rejects when nothing can be read. */
  find(queries: readonly JournalQuery[]): Promise<readonly (JournalRecord | undefined)[]>;
  /** Gives resources back. Later calls reject. */
  close(): Promise<void>;
}
