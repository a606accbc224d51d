/**
 * The three carriages, and what callers need with them.
 *
 * @module
 */

export { binaryCarriage, handshakePayload, headerLength } from "./binary.ts";
export {
  type Carriage,
  type Envelope,
  sameOctets,
  ZERO_TAG,
} from "./envelope.ts";
export { textCarriage } from "./text.ts";
export { wrappedCarriage } from "./wrapped.ts";
