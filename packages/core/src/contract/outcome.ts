/**
 * The built-in tools `turnmux.outcome` and `turnmux.calls` (TOOL-005, TOOL-006).
 *
 * @module
 */

import type { Code } from "../errors/codes.ts";
import type { Outcome } from "../errors/outcome.ts";

/** The name of the built-in tool that tells what became of a call. */
export const outcomeToolName = "turnmux.outcome";

/** The name of the built-in tool that tells which calls are in flight. */
export const callsToolName = "turnmux.calls";

/** Which call is asked for: the one with this key, or the one with this identifier. */
export type OutcomeRequest =
  | { readonly key: string; readonly callId?: undefined }
  | { readonly callId: string; readonly key?: undefined };

/**
 * Where a call stands.
 *
 * - `running`: it is in flight
 * - `settled`: it is over, and `outcome` says how
 * - `abandoned`: it ran when its side died, and nobody has found out what became of it
 * - `none`: nothing is known of it: it never came, it took no effect and its key is free, or it was long ago
 */
export type CallState = "running" | "settled" | "abandoned" | "none";

/** What is known of a call. What is not known is absent. */
export interface CallOutcome {
  readonly state: CallState;
  readonly tool?: string | undefined;
  /** Of the call that had the key first. */
  readonly callId?: string | undefined;
  readonly key?: string | undefined;
  /** `completed` where there is a result. Absent while the call runs. */
  readonly outcome?: Outcome | undefined;
  /** What the call failed with, where it failed. */
  readonly code?: Code | undefined;
  readonly message?: string | undefined;
  /** The result, where the call succeeded and its tool is still there. */
  readonly result?: unknown;
  readonly retryable?: boolean | undefined;
  /** When the call was recorded, in milliseconds since 1970 on the clock of the side that ran it. */
  readonly claimedAtMs?: number | undefined;
  /** When it ended, likewise. */
  readonly settledAtMs?: number | undefined;
}

/** A call that is not over. */
export interface CallInFlight {
  readonly callId: string;
  readonly tool: string;
  readonly key?: string | undefined;
  readonly turn?: string | undefined;
  readonly state: "running" | "queued" | "joined" | "waiting";
  /** For how long it has been there, in milliseconds. */
  readonly sinceMs: number;
  /** What is left of its deadline, in milliseconds. */
  readonly deadlineMs?: number | undefined;
}

/** What `turnmux.calls` returns. */
export interface CallsResult {
  readonly calls: readonly CallInFlight[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object; undefined for anything else. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

/** Whether a value is `{ key }` or `{ callId }`. */
export function isOutcomeRequest(value: unknown): value is OutcomeRequest {
  const fields = fieldsOf(value);
  if (fields === undefined) return false;
  const { key, callId } = fields;
  if (key === undefined) return typeof callId === "string" && callId !== "";
  return callId === undefined && typeof key === "string" && key !== "";
}

/** What {@link CallOutcome.state} may be. */
export const CALL_STATES: readonly unknown[] = ["running", "settled", "abandoned", "none"];
const flightStates: readonly unknown[] = ["running", "queued", "joined", "waiting"];

/** Whether a value is what `turnmux.outcome` returns. */
export function isCallOutcome(value: unknown): value is CallOutcome {
  const fields = fieldsOf(value);
  if (fields === undefined || !CALL_STATES.includes(fields["state"])) return false;
  return (
    every(fields, ["tool", "callId", "key", "outcome", "code", "message"], "string") &&
    every(fields, ["claimedAtMs", "settledAtMs"], "number") &&
    every(fields, ["retryable"], "boolean")
  );
}

/** Whether a value is what `turnmux.calls` returns. */
export function isCallsResult(value: unknown): value is CallsResult {
  const calls = fieldsOf(value)?.["calls"];
  return Array.isArray(calls) && calls.every(isInFlight);
}

function isInFlight(value: unknown): boolean {
  const fields = fieldsOf(value);
  if (fields === undefined || !flightStates.includes(fields["state"])) return false;
  const { callId, tool: name, sinceMs } = fields;
  if (typeof callId !== "string" || typeof name !== "string" || typeof sinceMs !== "number") return false;
  return every(fields, ["key", "turn"], "string") && every(fields, ["deadlineMs"], "number");
}

/** Whether each of these is absent, or of this type. */
function every(fields: Fields, names: readonly string[], type: "string" | "number" | "boolean"): boolean {
  return names.every((name) => fields[name] === undefined || typeof fields[name] === type);
}
