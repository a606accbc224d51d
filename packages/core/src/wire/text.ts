/**
 * Text carriage: `{"turnmux":[1,"<tag>",<frame>,...]}` in WebSocket text messages (CARR-010).
 *
 * @module
 */

import type { CarrierMessage } from "../carrier/carrier.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { UsageError } from "../errors/usage.ts";
import { checkMessage } from "./binary.ts";
import type { Carriage, DecodeLimits, Envelope } from "./envelope.ts";
import type { Frame } from "./frame.ts";
import { decodeRows, encodeRow, tagFromHex, tagToHex } from "./rows.ts";

/** What a message starts with, and what follows its tag. */
const PREFIX = '{"turnmux":[1,"';
const TAG_END: number = PREFIX.length + 16;

function recognise(message: CarrierMessage): Envelope | undefined {
  if (typeof message !== "string" || !message.startsWith(PREFIX) || message[TAG_END] !== '"') return undefined;
  const tag = tagFromHex(message, PREFIX.length);
  return tag === undefined ? undefined : { tag, content: message };
}

function decode(envelope: Envelope, limits: DecodeLimits): Frame[] {
  const message = envelope.content;
  if (typeof message !== "string")
    throw new UsageError("decode takes an envelope that recognise() of textCarriage gave");
  return decodeRows(rowsOf(message), limits);
}

/** The frames behind version and tag. */
function rowsOf(message: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw new ProtocolViolation("CARR-010", "a message must be JSON");
  }
  if (typeof parsed === "object" && parsed !== null && "turnmux" in parsed && Array.isArray(parsed.turnmux)) {
    if (Object.keys(parsed).length === 1) return parsed.turnmux.slice(2);
  }
  throw new ProtocolViolation("CARR-010", "a message must be an object with the member turnmux alone, an array");
}

function encode(tag: Uint8Array, frames: readonly Frame[]): string {
  checkMessage(tag, frames);
  return `${PREFIX}${tagToHex(tag)}",${JSON.stringify(frames.map(encodeRow)).slice(1, -1)}]}`;
}

/** Frames in WebSocket text messages. */
export const textCarriage: Carriage = { name: "text", recognise, decode, encode };
