/**
 * Wrapped carriage: a JSON value `{"turnmux":[1,"<tag>",<sequence>,<frame>,...]}` that a carrier puts into the host's own
 * envelope (CARR-020).
 *
 * @module
 */

import type { CarrierMessage, WrappedMessage } from "../carrier/carrier.ts";
import { UsageError } from "../errors/usage.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { checkMessage } from "./rule.ts";
import type { Carriage, DecodeLimits, Envelope } from "./envelope.ts";
import type { Frame } from "./frame.ts";
import { decodeRows, encodeRow, tagFromHex, tagToHex, VERSION } from "./rows.ts";

/** Places in front of the frames: version, tag, sequence. */
const PLACES = 3;

function recognise(message: CarrierMessage): Envelope | undefined {
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return undefined;
  const content: unknown = message.turnmux;
  if (!Array.isArray(content)) return undefined;
  const places: readonly unknown[] = content;
  const [version, hex, sequence] = places;
  if (version !== VERSION || typeof hex !== "string" || hex.length !== 16) return undefined;
  const tag = tagFromHex(hex, 0);
  if (tag === undefined) return undefined;
  return { tag, sequence: isSequence(sequence) ? sequence : undefined, content: places };
}

function isSequence(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function decode(envelope: Envelope, limits: DecodeLimits, skip?: () => void): Frame[] {
  const { content } = envelope;
  if (!Array.isArray(content)) {
    throw new UsageError("decode takes an envelope that recognise() of wrappedCarriage gave");
  }
  if (envelope.sequence === undefined) {
    throw new ProtocolViolation("CARR-020", "the sequence number of a message must be an unsigned integer");
  }
  return decodeRows(content.slice(PLACES), limits, skip);
}

function encode(tag: Uint8Array, frames: readonly Frame[], sequence?: number): WrappedMessage {
  checkMessage(tag, frames);
  if (!isSequence(sequence)) throw new UsageError("wrapped carriage numbers its messages: encode needs the sequence");
  return { turnmux: [VERSION, tagToHex(tag), sequence, ...frames.map(encodeRow)] };
}

/** Frames in the envelopes of a host. */
export const wrappedCarriage: Carriage = { name: "wrapped", recognise, decode, encode };
