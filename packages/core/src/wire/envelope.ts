/**
 * What every carriage does: tell turnmux's messages from the host's, and turn messages into frames and back.
 * `docs/spec.md` section 1.
 *
 * @module
 */

import type { CarrierMessage } from "../carrier/carrier.ts";
import type { Frame } from "./frame.ts";

/** A message that has turnmux's prefix: whose it is, and what {@link Carriage.decode} needs to read it. */
export interface Envelope {
  /** The channel tag, 8 octets; zero in a handshake message. */
  readonly tag: Uint8Array;
  /** Wrapped carriage only: the number of the message (CARR-020). Undefined there when it is malformed. */
  readonly sequence?: number | undefined;
  /** Opaque. */
  readonly content: unknown;
}

/** Limits of the side that decodes. */
export interface DecodeLimits {
  /** The longest payload of a frame, in octets (FRAME-001). */
  readonly framePayload: number;
}

/** One of the three forms in which frames travel. Stateless: any number of channels share it. */
export interface Carriage {
  readonly name: "binary" | "text" | "wrapped";
  /**
   * The envelope of a message with this carriage's prefix. Undefined means host traffic (CARR-004), also where prefix or
   * tag are malformed. Costs next to nothing for host traffic: nothing is parsed.
   */
  recognise(message: CarrierMessage): Envelope | undefined;
  /**
   * The frames of a recognised message, in order; those of unknown types that may be skipped are left out (FRAME-004).
   * In binary carriage their bodies, and the payloads of HELLO and CHALLENGE, are views into the message.
   *
   * @param skip called for each frame that is left out.
   * @throws ProtocolViolation when the peer broke a rule of sections 1 and 2.
   */
  decode(envelope: Envelope, limits: DecodeLimits, skip?: () => void): Frame[];
  /**
   * One message with these frames, one or more, under this tag of 8 octets. The octets of the frames are copied:
   * the caller may use them again at once.
   *
   * @param sequence the number of the message; wrapped carriage only, and needed there.
   * @throws UsageError when a field is outside what its place takes, for example a tool name that is too long.
   */
  encode(tag: Uint8Array, frames: readonly Frame[], sequence?: number): CarrierMessage;
}

/** Octets of a channel tag. */
export const TAG_LENGTH: number = 8;

/** The tag of handshake messages (CARR-003). Nobody writes to it. */
export const ZERO_TAG: Uint8Array = new Uint8Array(TAG_LENGTH);

/** Whether two runs of octets are equal. Not in constant time: never for proofs or secrets (AUTH-003). */
export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  const length = a.length;
  if (length !== b.length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
