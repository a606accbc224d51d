/**
 * Frames as JSON arrays `[type, flags, stream, header, body]`: what text and wrapped carriage have in common (CARR-010 to
 * CARR-013).
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { handshakePayload, readHandshake } from "./binary.ts";
import { type DecodeLimits, TAG_LENGTH } from "./envelope.ts";
import { Flag, type Frame, type HandshakeFrame } from "./frame.ts";
import { readFrame, writeFrame } from "./layout.ts";
import { ListedReader, ListedWriter } from "./listed.ts";
import { bodyOf, checkHead, type FrameRule, flagsOf, ruleFor, ruleOf, STREAM_MAX, streamOf } from "./rule.ts";
import { encodeUtf8, readUtf8, utf8Length } from "./utf8.ts";

/** The carriage version, as text and wrapped carriage write it. */
export const VERSION: number = 1;

const reader: ListedReader = new ListedReader();
const writer: ListedWriter = new ListedWriter();
const EMPTY: Uint8Array = new Uint8Array(0);

/** The tag as 16 lower-case hexadecimal digits. */
export function tagToHex(tag: Uint8Array): string {
  let hex = "";
  for (const octet of tag) hex += octet < 16 ? `0${octet.toString(16)}` : octet.toString(16);
  return hex;
}

/** The tag that the 16 characters of `text` from `at` stand for, or undefined. */
export function tagFromHex(text: string, at: number): Uint8Array | undefined {
  const tag = new Uint8Array(TAG_LENGTH);
  for (let i = 0; i < TAG_LENGTH; i++) {
    const high = digit(text.charCodeAt(at + 2 * i));
    const low = digit(text.charCodeAt(at + 2 * i + 1));
    if (high < 0 || low < 0) return undefined;
    tag[i] = (high << 4) | low;
  }
  return tag;
}

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

/** The frames of these rows. `skip` is called for each that is left out. */
export function decodeRows(rows: readonly unknown[], limits: DecodeLimits, skip?: () => void): Frame[] {
  if (rows.length === 0) throw new ProtocolViolation("CARR-001", "a message must hold at least one frame");
  const frames: Frame[] = [];
  for (const row of rows) {
    const frame = decodeRow(row, limits.framePayload);
    if (frame === undefined) skip?.();
    else frames.push(frame);
  }
  return frames;
}

function decodeRow(row: unknown, framePayload: number): Frame | undefined {
  if (!Array.isArray(row) || row.length !== 5) {
    throw new ProtocolViolation("CARR-010", "a frame must be an array of type, flags, stream, header and body");
  }
  const cells: readonly unknown[] = row;
  const [type, flags, stream, header, body] = cells;
  if (!isUint(type, 255)) throw new ProtocolViolation("CARR-010", "the type of a frame must be an integer up to 255");
  if (!isUint(flags, 255)) throw new ProtocolViolation("CARR-010", "the flags of a frame must be an integer up to 255");
  if (!isUint(stream, 0xffff_ffff)) throw new ProtocolViolation("CARR-010", "the stream of a frame must be an integer");
  if (stream > STREAM_MAX) throw new ProtocolViolation("FRAME-003", "the stream of a frame must be at most 2^31-1");
  const rule = ruleOf(type);
  if (rule === undefined) {
    if (type >= 0x80) return undefined;
    throw new ProtocolViolation("FRAME-004", "the type of a frame is unknown, and not one that may be skipped");
  }
  checkHead(rule, flags & ~Flag.base64, stream);
  const base64 = (flags & Flag.base64) !== 0;
  if (rule.handshake) {
    if (header !== null) throw new ProtocolViolation("CARR-012", `${rule.label}: the header must be null`);
    if (!base64) throw new ProtocolViolation("CARR-012", `${rule.label}: the body must be base64, with its flag`);
    return readHandshake(rule, decodeCell(rule, body, base64, framePayload));
  }
  reader.stream = stream;
  reader.more = (flags & Flag.more) !== 0;
  reader.final = (flags & Flag.final) !== 0;
  reader.cont = (flags & Flag.cont) !== 0;
  if (!rule.body && base64) {
    throw new ProtocolViolation("FRAME-005", `${rule.label}: a flag that is not defined for it must be zero`);
  }
  if (!rule.body && body !== null) throw new ProtocolViolation("CARR-011", `${rule.label}: the body must be null`);
  reader.begin(rule.label, header, rule.body ? decodeCell(rule, body, base64, framePayload) : EMPTY);
  const frame = readFrame(reader, rule.type);
  reader.finish();
  return frame;
}

function isUint(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

/** The octets of a body. FRAME-001 counts these, not the characters (CARR-013). */
function decodeCell(rule: FrameRule, body: unknown, base64: boolean, framePayload: number): Uint8Array {
  if (body === null && !base64) return EMPTY;
  if (typeof body !== "string") {
    throw new ProtocolViolation("CARR-011", `${rule.label}: the body must be a string`);
  }
  if (base64) {
    if (body.length > Math.ceil(framePayload / 3) * 4) tooLong(rule, framePayload);
    const octets = decodeBase64(body);
    if (octets === undefined) throw new ProtocolViolation("CARR-011", `${rule.label}: the body must be base64`);
    if (octets.length > framePayload) tooLong(rule, framePayload);
    return octets;
  }
  if (body.length > framePayload || (body.length * 3 > framePayload && utf8Length(body) > framePayload)) {
    tooLong(rule, framePayload);
  }
  if (!body.isWellFormed()) {
    throw new ProtocolViolation("CARR-011", `${rule.label}: the body must be well-formed text`);
  }
  return encodeUtf8(body);
}

function tooLong(rule: FrameRule, framePayload: number): never {
  throw new ProtocolViolation(
    "FRAME-001",
    `${rule.label}: the body must be at most ${framePayload} octets`,
    "resource_exhausted",
  );
}

function isHandshake(frame: Frame): frame is HandshakeFrame {
  return ruleFor(frame).handshake;
}

/** Characters that JSON writes as six: a body with some of them is shorter as base64. */
// oxlint-disable-next-line no-control-regex -- they are what this looks for
const CONTROLS = /[\u0000-\u0007\u000b\u000e-\u001f]/;

/** One frame as a row. */
export function encodeRow(frame: Frame): unknown[] {
  const { code: type, label } = ruleFor(frame);
  if (isHandshake(frame)) {
    return [type, Flag.base64, 0, null, encodeBase64(handshakePayload(frame))];
  }
  const flags = flagsOf(frame);
  const stream = streamOf(frame);
  writer.cont = (flags & Flag.cont) !== 0;
  writer.begin(label);
  writeFrame(writer, frame);
  const header = writer.cont ? null : writer.finish();
  const body = bodyOf(frame);
  if (body === undefined) return [type, flags, stream, header, null];
  const text = readUtf8(body, 0, body.length);
  if (text !== undefined && !CONTROLS.test(text)) return [type, flags, stream, header, text];
  return [type, flags | Flag.base64, stream, header, encodeBase64(body)];
}
