/**
 * What kind of message or frame something is.
 *
 * @module
 */
import type { CarrierMessage } from "../carrier/carrier.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import {
  binaryCarriage,
  sameOctets,
  textCarriage,
  wrappedCarriage,
  ZERO_TAG,
  type Carriage,
} from "../wire/carriage.ts";
import type { CountedFrame, Frame, HandshakeFrame, PeerLimits } from "../wire/frame.ts";

/** A tag-zero message may hold one handshake frame; all else travels under the receiver's tag. */
const HANDSHAKE_TYPES: ReadonlySet<string> = new Set(["hello", "challenge", "proof", "welcome", "refuse"]);

/** True for HELLO, CHALLENGE, PROOF, WELCOME and REFUSE. */
export function isHandshake(frame: Frame): frame is HandshakeFrame {
  return HANDSHAKE_TYPES.has(frame.type);
}

/** Frames that `delivery` counts (DELIV-001). */
const COUNTED_TYPES: ReadonlySet<string> = new Set(["open", "accept", "data", "end", "reset", "offer"]);

/** True for OPEN, ACCEPT, DATA, END, RESET and OFFER. */
export function isCounted(frame: Frame): frame is CountedFrame {
  return COUNTED_TYPES.has(frame.type);
}

/** The carriage of a message by its form. */
export function carriageOf(message: CarrierMessage): Carriage {
  if (typeof message === "string") return textCarriage;
  return message instanceof Uint8Array ? binaryCarriage : wrappedCarriage;
}

/** True for a message that starts a handshake. What does not parse does not: it is the host's (CARR-004). */
export function isHello(message: CarrierMessage, limits: PeerLimits): boolean {
  const carriage = carriageOf(message);
  const envelope = carriage.recognise(message);
  if (envelope === undefined || !sameOctets(envelope.tag, ZERO_TAG)) return false;
  try {
    return carriage.decode(envelope, limits)[0]?.type === "hello";
  } catch (error) {
    if (error instanceof ProtocolViolation) return false;
    throw error;
  }
}

/** True for a message of a handshake, whoever's. */
export function isHandshakeMessage(message: CarrierMessage): boolean {
  const envelope = carriageOf(message).recognise(message);
  return envelope !== undefined && sameOctets(envelope.tag, ZERO_TAG);
}
