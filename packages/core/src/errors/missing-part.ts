/**
 * What a client says that lacks one of its parts.
 *
 * @module
 */
import { UsageError } from "./usage.ts";

/** `part` is what is to be imported from an `entry` of the client. */
export function missingPart(what: string, part: string, entry: string): UsageError {
  return new UsageError(
    `This client was made without ${what}. Pass { parts: [${part}] } to connect() or attach(), with import { ${part} } from "@turnmux/client/${entry}"`,
  );
}
