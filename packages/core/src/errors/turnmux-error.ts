/**
 * What a call fails with, wherever it failed.
 *
 * @module
 */

import type { Value } from "../content/value.ts";
import { type Code, Codes } from "./codes.ts";
import type { Effect } from "./effect.ts";
import { adviseModel } from "./for-model.ts";
import type { Outcome } from "./outcome.ts";

const brand = Symbol.for("turnmux.error");

/** What a {@link TurnmuxError} says beside its code and sentence. */
export interface TurnmuxErrorOptions {
  /** What became of the call (ERR-001). */
  readonly outcome: Outcome;
  /** Whether the same call may succeed later. Default: what the table says about the code. */
  readonly retryable?: boolean | undefined;
  /** How long to wait before, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What else the receiver said. For `invalid_argument`: `{ issues: [{ path, message }] }`. */
  readonly details?: Value | undefined;
  /** The tool that was called, for example `"cron.add"`. */
  readonly tool?: string | undefined;
  /** The tool's effect, where it is known. */
  readonly effect?: Effect | undefined;
  /** The tool that tells whether a call of this one took effect. */
  readonly verify?: string | undefined;
  /** The call's identifier, as in the logs of both sides. */
  readonly callId?: string | undefined;
  /** The call's idempotency key: the same key with the same arguments joins or replays the call. */
  readonly key?: string | undefined;
  /** The rule of `docs/spec.md` that was broken, for example `"KEY-003"`. */
  readonly requirement?: string | undefined;
  /** What lies behind it, on this side. */
  readonly cause?: unknown;
}

/** A {@link TurnmuxError} as plain data, without stack and cause. Absent fields are absent. */
export interface TurnmuxErrorJson {
  readonly name: "TurnmuxError";
  readonly message: string;
  readonly code: Code;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Value;
  readonly tool?: string;
  readonly effect?: Effect;
  readonly verify?: string;
  readonly callId?: string;
  readonly key?: string;
  readonly requirement?: string;
}

/**
 * A call or a session failed: what went wrong (`code`), what became of the call (`outcome`), and whether to try again.
 *
 * `message` is for logs: `cron.add: There is a job with this name. [already_exists, failed]`, that is the tool where
 * there is one, the sentence, and code and outcome in brackets. `sentence` is the sentence alone. For a model, use
 * {@link TurnmuxError.forModel}.
 *
 * ```ts
 * if (TurnmuxError.is(e) && e.outcome === "unknown") ...
 * ```
 */
export class TurnmuxError extends Error {
  static {
    // By this mark `is` knows what another copy of this package made.
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  override readonly name = "TurnmuxError";
  /** What went wrong, without tool, code and outcome. */
  readonly sentence: string;
  readonly code: Code;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: Value | undefined;
  readonly tool: string | undefined;
  readonly effect: Effect | undefined;
  readonly verify: string | undefined;
  readonly callId: string | undefined;
  readonly key: string | undefined;
  readonly requirement: string | undefined;

  /** An empty sentence stands for the table's own. */
  constructor(code: Code, sentence: string, options: TurnmuxErrorOptions) {
    const said = sentence === "" ? Codes[code].sentence : sentence;
    const subject = options.tool === undefined ? "" : `${options.tool}: `;
    super(
      `${subject}${said} [${code}, ${options.outcome}]`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.sentence = said;
    this.code = code;
    this.outcome = options.outcome;
    this.retryable = options.retryable ?? Codes[code].retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
    this.tool = options.tool;
    this.effect = options.effect;
    this.verify = options.verify;
    this.callId = options.callId;
    this.key = options.key;
    this.requirement = options.requirement;
  }

  /** Whether something thrown is a turnmux error, whichever copy of this package made it. */
  static is(thrown: unknown): thrown is TurnmuxError {
    return typeof thrown === "object" && thrown !== null && brand in thrown;
  }

  /**
   * What a model should read in place of the tool's result: what happened, whether the call took effect, and what to do
   * next. Plain sentences; no codes, stack, identifiers or keys.
   */
  forModel(): string {
    return adviseModel(this);
  }

  /** Plain data for logs: no stack, no cause. */
  toJSON(): TurnmuxErrorJson {
    return {
      name: this.name,
      message: this.message,
      code: this.code,
      outcome: this.outcome,
      retryable: this.retryable,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.tool === undefined ? {} : { tool: this.tool }),
      ...(this.effect === undefined ? {} : { effect: this.effect }),
      ...(this.verify === undefined ? {} : { verify: this.verify }),
      ...(this.callId === undefined ? {} : { callId: this.callId }),
      ...(this.key === undefined ? {} : { key: this.key }),
      ...(this.requirement === undefined ? {} : { requirement: this.requirement }),
    };
  }
}
