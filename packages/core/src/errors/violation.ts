/**
 * What a remote peer did wrong. The counterpart for misuse by local code is {@link UsageError}.
 *
 * @module
 */

/**
 * The code that GOAWAY carries for a violation: malformed, out of turn, or too much; and `data_loss`, which ends the channel
 * alone (RESUME-005).
 */
export type ViolationCode = "invalid_argument" | "failed_precondition" | "resource_exhausted" | "data_loss";

/**
 * The remote peer broke a rule of `docs/spec.md`. It ends the session (CHAN-004), never the process.
 *
 * The message names the field and what was expected; it never holds a value that the peer sent (CHAN-005).
 */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation";
  /** The rule that was broken, for example `"FRAME-002"`. */
  readonly requirement: string;
  readonly code: ViolationCode;

  constructor(requirement: string, message: string, code: ViolationCode = "invalid_argument") {
    super(message);
    this.requirement = requirement;
    this.code = code;
  }
}
