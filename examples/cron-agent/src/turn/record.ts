/**
 * What a turn leaves behind: the reply, and what became of each call.
 *
 * @module
 */

/** One tool call of the model. */
export interface CallRecord {
  readonly tool: string;
  /** From the moment that the model asked for it to the moment that its result was there. */
  readonly ms: number;
  /** The text that the model got to read instead of a result. */
  readonly error?: string;
}

/** A whole turn. */
export interface TurnRecord {
  readonly reply: string;
  readonly calls: readonly CallRecord[];
}
