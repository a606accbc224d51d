/**
 * Text carriage: `{"turnmux":[1,"<tag>",<frame>,...]}` in WebSocket text messages (CARR-010).
 *
 * @module
 */

import type { CarrierMessage } from "../carrier/carrier.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { UsageError } from "../errors/usage.ts";
import { checkMessage } from "./rule.ts";
import { HEADER_DEPTH } from "./unpack.ts";
import type { Carriage, DecodeLimits, Envelope } from "./envelope.ts";
import type { Frame } from "./frame.ts";
import { nestsDeeper } from "./nesting.ts";
import { decodeRows, encodeRow, tagFromHex, tagToHex } from "./rows.ts";

/** What a message starts with, and what follows its tag. */
const PREFIX = '{"turnmux":[1,"';
const TAG_END: number = PREFIX.length + 16;
/** Places in front of the frames: version, tag. */
const PLACES = 2;
/** The object, the array, and a frame around a header. */
const DEPTH: number = 3 + HEADER_DEPTH;

function recognise(message: CarrierMessage): Envelope | undefined {
  if (typeof message !== "string" || !message.startsWith(PREFIX) || message[TAG_END] !== '"') return undefined;
  const tag = tagFromHex(message, PREFIX.length);
  return tag === undefined ? undefined : { tag, content: message };
}

function decode(envelope: Envelope, limits: DecodeLimits, skip?: () => void): Frame[] {
  const message = envelope.content;
  if (typeof message !== "string")
    throw new UsageError("decode takes an envelope that recognise() of textCarriage gave");
  return decodeRows(rowsOf(message), limits, skip);
}

/** The frames behind version and tag. */
function rowsOf(message: string): readonly unknown[] {
  if (nestsDeeper(message, DEPTH)) {
    throw new ProtocolViolation("FRAME-008", `the header of a frame must not nest deeper than ${HEADER_DEPTH}`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw new ProtocolViolation("CARR-010", "a message must be JSON");
  }
  if (typeof parsed === "object" && parsed !== null && "turnmux" in parsed && Object.keys(parsed).length === 1) {
    const { turnmux } = parsed;
    // A second member of the same name would stand for another tag than the one that was looked at.
    const hex = message.slice(PREFIX.length, TAG_END);
    if (Array.isArray(turnmux) && turnmux[1] === hex) return turnmux.slice(PLACES);
  }
  throw new ProtocolViolation("CARR-010", "a message must be an object with one member, turnmux, an array");
}

function encode(tag: Uint8Array, frames: readonly Frame[]): string {
  checkMessage(tag, frames);
  return `${PREFIX}${tagToHex(tag)}",${JSON.stringify(frames.map(encodeRow)).slice(1, -1)}]}`;
}

/** Frames in WebSocket text messages. */
export const textCarriage: Carriage = { name: "text", recognise, decode, encode };
