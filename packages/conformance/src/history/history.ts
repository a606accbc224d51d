/**
 * What happened to calls while connections were cut and processes were killed, as a list in the order in which it was seen.
 *
 * Each call of a counter adds a power of four of its own, so that the counter's value tells of every call how often it ran.
 *
 * @module
 */

/** Calls that one counter can tell apart: 4^26 is the last power that a number holds exactly. */
export const MOST_PLACES = 26;

/** What one call adds: the digit of its place, to the base of four, becomes one more. */
export function amountOf(place: number): number {
  if (!Number.isInteger(place) || place < 0 || place >= MOST_PLACES) throw new RangeError(`there is no place ${place}`);
  return 4 ** place;
}

/** How often the call of a place ran, by a counter's value. Beyond three it is carried to the next place. */
export function runsAt(value: number, place: number): number {
  return Math.floor(value / amountOf(place)) % 4;
}

/** A call of a `once` tool was made. A repetition has another name, and the same key, counter and place. */
export interface Invoked {
  readonly type: "invoked";
  readonly call: string;
  readonly key: string;
  readonly counter: string;
  readonly place: number;
}

/** A call was made that sends so many items, numbered from 0. */
export interface Streamed {
  readonly type: "streamed";
  readonly call: string;
  readonly items: number;
}

/** An item arrived. */
export interface ItemSeen {
  readonly type: "item";
  readonly call: string;
  readonly number: number;
}

/** The caller was told how its call ended: well, a counter with its new value. */
export interface ToldOk {
  readonly type: "ok";
  readonly call: string;
  readonly value: number;
}

/** The caller was told that its call failed. */
export interface ToldFailure {
  readonly type: "failed";
  readonly call: string;
  readonly code: string;
  readonly outcome: string;
}

/** The side that runs the handlers was killed, or may have been for all that its peer knows. */
export interface Died {
  readonly type: "died";
}

/** What callers were told in front of this place of the history has had time to reach a disk. */
export interface Recorded {
  readonly type: "recorded";
  readonly before: number;
}

/** Something was done to a connection. For readers alone. */
export interface Disturbed {
  readonly type: "disturbed";
  readonly what: string;
}

/** What a counter says when all is over. */
export interface Counted {
  readonly type: "counted";
  readonly counter: string;
  readonly value: number;
  readonly runs: number;
}

/** One thing that happened. */
export type HistoryEvent = Invoked | Streamed | ItemSeen | ToldOk | ToldFailure | Died | Recorded | Disturbed | Counted;

/** In the order in which the suite saw it. */
export type History = readonly HistoryEvent[];
