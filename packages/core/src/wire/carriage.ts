/**
 * The three carriages, and what callers need with them.
 *
 * @module
 */

export { binaryCarriage, handshakePayload, headerLength, STREAM_MAX } from "./binary.ts";
export {
  type Carriage,
  type DecodeLimits,
  type Envelope,
  sameOctets,
  TAG_LENGTH,
  ZERO_TAG,
} from "./envelope.ts";
export { textCarriage } from "./text.ts";
export { wrappedCarriage } from "./wrapped.ts";
