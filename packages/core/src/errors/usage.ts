/**
 * What local code did wrong.
 *
 * @module
 */

/** The local caller broke the API's contract: a bug to mend, not a condition to handle. The message says what to do instead. */
export class UsageError extends TypeError {
  override readonly name = "UsageError";
}
