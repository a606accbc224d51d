/**
 * One row of the table: which way to the gateway it measures, and what came of it.
 *
 * @module
 */

import type { OpenDoor, TextCounts } from "../doors/door.ts";
import type { CallRecord } from "../turn/record.ts";

/** What the rows are about. The verdict asks different things of each. */
export type RowKind = "old" | "http" | "turnmux" | "out-of-time";

/** A row before it is run. */
export interface RowSpec {
  readonly row: string;
  readonly title: string;
  readonly kind: RowKind;
  /** How the session's runner reaches the gateway. Absent where there is no runner: the gateway takes the turn itself. */
  readonly openDoor?: OpenDoor;
  /** Whether the gateway has an I/O thread. */
  readonly ioThread?: boolean;
}

/** A row that was run. Every figure was counted or measured in the run. */
export interface RowResult {
  readonly row: string;
  readonly title: string;
  readonly kind: RowKind;
  /** TCP connections to the gateway, the session's own among them. */
  readonly connections: number;
  /** Those of them that were opened during the turn, beyond the session's own. */
  readonly connectionsInTurn: number;
  readonly calls: number;
  /** Tool results that the model got to read as errors, and how many of them were timeouts. */
  readonly errors: number;
  readonly timeouts: number;
  readonly jobsWanted: number;
  readonly jobsCreated: number;
  /** Jobs beyond the first of each name. */
  readonly duplicates: number;
  readonly medianMs: number;
  readonly slowestMs: number;
  /** The longest that a caller waited until it heard that its call was taken. Absent where nobody says so. */
  readonly acceptedMs?: number | undefined;
  /** Long texts that were sent on the session's socket beside the turn's calls. */
  readonly texts: TextCounts;
  /** The host's own traffic on the session's socket meanwhile. */
  readonly ticks: number;
  /** The streamed reply arrived whole and in order. */
  readonly replyIntact: boolean;
  /** The calls one by one, with the errors as the model read them. */
  readonly log: readonly CallRecord[];
}
