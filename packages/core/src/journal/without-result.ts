/**
 * What is left of an ending whose result is dropped.
 *
 * @module
 */
import { codeToWire } from "../errors/codes.ts";
import type { RecordedEnding } from "./journal.ts";

/** The ending of a call whose result is no longer kept: it took effect or may have, and that must not be forgotten. */
export function withoutResult(ending: RecordedEnding): RecordedEnding {
  const body = { content: 0, octets: new Uint8Array() };
  if (ending.code !== 0) return { code: ending.code, outcome: ending.outcome, retryable: ending.retryable, body };
  return {
    code: codeToWire("data_loss"),
    message: "The call took effect; its result is no longer kept.",
    outcome: "completed",
    retryable: false,
    body,
  };
}
