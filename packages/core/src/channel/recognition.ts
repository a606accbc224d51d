/**
 * What kind of message something is, for whoever is spoken to first, in whatever carriage.
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
import type { PeerLimits } from "../wire/frame.ts";

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
