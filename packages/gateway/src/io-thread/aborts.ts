/**
 * Why runs are aborted, as it crosses between threads.
 *
 * @module
 */

import { TurnmuxError } from "@turnmux/core";
import type { AbortData } from "./messages.ts";

/** What of a reason crosses. */
export function abortData(reason: unknown): AbortData {
  if (TurnmuxError.is(reason)) {
    const { code, message, outcome } = reason;
    return { code, message, outcome };
  }
  return { code: "cancelled", message: "the call was cancelled", outcome: "unknown" };
}

/** The reason that a handler's signal has. */
export function abortReason({ code, message, outcome }: AbortData, tool: string): TurnmuxError {
  return new TurnmuxError(code, message, { outcome, tool });
}
