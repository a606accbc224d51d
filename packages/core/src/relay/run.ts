/**
 * What all ways of making a child's call have in common.
 *
 * @module
 */

/** The turn whose calls a child makes. */
export interface RelayTurn {
  readonly turn: string;
  /** The token of the turn, where the gateway gave it one (LANE-004). */
  readonly lineage: string | undefined;
}

/** A call of a child that is under way, or waits. It tells its child how it ended, once. */
export interface RelayedRun {
  /** Its place has come. */
  start(): void;
  /** Its place comes later. */
  wait(): void;
  /** The child gives it up; what became of it is told all the same. */
  cancel(message: string): void;
  /** The child is gone: it is cancelled, and nothing is told any more. */
  abandon(): void;
  /** The child's port has room for further items. */
  room(): void;
}
