/**
 * What a handler throws when it wants the caller to know.
 *
 * @module
 */

import type { Value } from "../content/value.ts";
import { type Code, Codes } from "./codes.ts";
import type { Outcome } from "./outcome.ts";

const brand = Symbol.for("turnmux.tool-error");

/** What a {@link ToolError} says beside its code and message. */
export interface ToolErrorOptions {
  /** What became of the call. Default: `"failed"`, it took no effect. */
  readonly outcome?: Outcome | undefined;
  /** Whether the same call may succeed later. Default: what the table says about the code. */
  readonly retryable?: boolean | undefined;
  /** How long to wait before, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Anything else that the caller should know. It travels to the peer as it is. */
  readonly details?: Value | undefined;
  /** What lies behind it. It stays on this side. */
  readonly cause?: unknown;
}

/**
 * Thrown by a handler, it ends the call with this code, message, outcome and details; anything else that a handler
 * throws stays on its own side (ERR-003).
 *
 * A tool error claims the outcome `"failed"`, so that the caller may repeat the call, unless `outcome` says otherwise
 * (ERR-002): say `"unknown"` where the effect may have taken place.
 *
 * ```ts
 * throw new ToolError("already_exists", "There is a job with this name.", { details: { name } });
 * ```
 */
export class ToolError extends Error {
  static {
    // By this mark `is` knows what another copy of this package made.
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  override readonly name = "ToolError";
  readonly code: Code;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: Value | undefined;

  constructor(code: Code, message: string, options: ToolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.outcome = options.outcome ?? "failed";
    this.retryable = options.retryable ?? Codes[code].retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  /** Whether something thrown is a tool error, whichever copy of this package made it. */
  static is(thrown: unknown): thrown is ToolError {
    return typeof thrown === "object" && thrown !== null && brand in thrown;
  }
}
