/**
 * The three carriages, and what callers need with them.
 *
 * @module
 */
import { missingPart } from "../errors/missing-part.ts";
import { UsageError } from "../errors/usage.ts";
import { binaryCarriage } from "./binary.ts";
import type { Carriage } from "./envelope.ts";
import { textCarriage } from "./text.ts";
import { wrappedCarriage } from "./wrapped.ts";

export { binaryCarriage, handshakePayload, headerLength } from "./binary.ts";
export {
  type Carriage,
  type Envelope,
  sameOctets,
  ZERO_TAG,
} from "./envelope.ts";
export { textCarriage } from "./text.ts";
export { wrappedCarriage } from "./wrapped.ts";

/** For whoever has no reason to save octets of code. */
export const ALL_CARRIAGES: readonly Carriage[] = [binaryCarriage, textCarriage, wrappedCarriage];

/**
 * The carriage of this name: binary, or one of `others`. Throws {@link UsageError} where it is none of them, with the part that has it
 * where there is such a carriage.
 */
export function carriageNamed(name: string, others: readonly Carriage[]): Carriage {
  const found = name === binaryCarriage.name ? binaryCarriage : others.find((other) => other.name === name);
  if (found !== undefined) return found;
  if (name !== "text" && name !== "wrapped") throw new UsageError('A carriage is "binary", "text" or "wrapped"');
  throw missingPart(`${name} carriage`, `${name}Carriage`, name);
}
