/**
 * The built-in tools `turnmux.turn.begin` and `turnmux.turn.end` (LANE-002, LANE-003).
 *
 * @module
 */

import { fieldsOf } from "./outcome.ts";

/** The name of the built-in tool that takes the lane of its session for a turn that runs at the caller's. */
export const beginTurnToolName = "turnmux.turn.begin";

/** The name of the built-in tool that gives the lane back. */
export const endTurnToolName = "turnmux.turn.end";

/** What `turnmux.turn.begin` takes. */
export interface BeginTurnRequest {
  /** The turn's name, as it stands in `turn` of its calls. */
  readonly turn: string;
}

/** What `turnmux.turn.begin` returns once the lane is the turn's own. */
export interface TurnBegun {
  /** What calls on behalf of the turn carry. */
  readonly lineage: string;
}

/** Which turn is over: the one with this token, or the one that this call of `turnmux.turn.begin` began. */
export type EndTurnRequest =
  | { readonly lineage: string; readonly callId?: undefined }
  | { readonly callId: string; readonly lineage?: undefined };

/** What `turnmux.turn.end` returns. */
export interface TurnEnded {
  /** False where no such turn of this session ran. */
  readonly ended: boolean;
}

/** Whether a value is `{ turn }`. */
export function isBeginTurnRequest(value: unknown): value is BeginTurnRequest {
  const turn = fieldsOf(value)?.["turn"];
  return typeof turn === "string" && turn !== "";
}

/** Whether a value is what `turnmux.turn.begin` returns. */
export function isTurnBegun(value: unknown): value is TurnBegun {
  const lineage = fieldsOf(value)?.["lineage"];
  return typeof lineage === "string" && lineage !== "";
}

/** Whether a value is `{ lineage }` or `{ callId }`. */
export function isEndTurnRequest(value: unknown): value is EndTurnRequest {
  const fields = fieldsOf(value);
  if (fields === undefined) return false;
  const { lineage, callId } = fields;
  if (lineage === undefined) return typeof callId === "string";
  return callId === undefined && typeof lineage === "string";
}

/** Whether a value is what `turnmux.turn.end` returns. */
export function isTurnEnded(value: unknown): value is TurnEnded {
  return typeof fieldsOf(value)?.["ended"] === "boolean";
}
