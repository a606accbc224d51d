import { ProtocolViolation } from "../../../src/errors/violation.ts";

/** The violation that `run` throws. Anything else it throws, or nothing, fails the test. */
export function violationOf(run: () => unknown): ProtocolViolation {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolViolation) return error;
    throw error;
  }
  throw new Error("expected a ProtocolViolation, and nothing was thrown");
}
