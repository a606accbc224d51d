/**
 * The three carriages, and what callers need with them.
 *
 * @module
 */

export { binaryCarriage, handshakePayload, headerLength } from "./binary.ts";
export {
  type Carriage,
  type DecodeLimits,
  type Envelope,
  sameOctets,
  TAG_LENGTH,
  ZERO_TAG,
} from "./envelope.ts";
export { STREAM_MAX } from "./rule.ts";
export { textCarriage } from "./text.ts";
export { wrappedCarriage } from "./wrapped.ts";
