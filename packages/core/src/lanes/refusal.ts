/**
 * A turn that was refused its lane, where a call has caused it.
 *
 * @module
 */
import { TurnmuxError } from "../errors/turnmux-error.ts";
import type { Failure } from "../session/settled.ts";

const brand = Symbol.for("turnmux.lane-refusal");

/**
 * Thrown where a handler asks for a lane on behalf of its call. It names nothing that the caller may not know, so that a handler
 * which does nothing about it ends its call with it: nobody else could tell the caller that its own turns are the cycle.
 */
export class LaneRefusal extends TurnmuxError {
  static {
    // By this mark `is` knows what another copy of this package made.
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  constructor({ code, message, outcome, retryAfterMs, details }: Failure) {
    super(code, message, { outcome, retryAfterMs, details });
  }

  static override is(thrown: unknown): thrown is LaneRefusal {
    return typeof thrown === "object" && thrown !== null && brand in thrown;
  }
}
