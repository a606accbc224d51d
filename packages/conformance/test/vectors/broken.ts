import { ProtocolViolation } from "../../../core/src/errors/violation.ts";
import { WireError } from "../../src/wire/types.ts";

/** The requirement that reading breaks, by whichever decoder; undefined where it breaks none. */
export function broken(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof WireError || error instanceof ProtocolViolation) return error.requirement;
    throw error;
  }
}
