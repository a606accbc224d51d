/**
 * Binary carriage: `C1 01`, the tag, and frames of nine octets and a payload. `docs/spec.md` sections 1 and 2.
 *
 * @module
 */

import type { CarrierMessage } from "../carrier/carrier.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { UsageError } from "../errors/usage.ts";
import { misuse } from "./checks.ts";
import { type Carriage, type DecodeLimits, type Envelope, TAG_LENGTH } from "./envelope.ts";
import { Flag, type Frame, type HandshakeFrame } from "./frame.ts";
import { readFrame, writeFrame } from "./layout.ts";
import { PackedReader, PackedWriter } from "./packed.ts";
import { bodyOf, checkHead, checkMessage, type FrameRule, flagsOf, ruleFor, ruleOf, streamOf } from "./rule.ts";

/** The octet that no MessagePack and no UTF-8 text begins with. */
const MARK = 0xc1;
const VERSION = 0x01;
/** Mark, version and tag. */
const PREFIX: number = 2 + TAG_LENGTH;
/** Length, type, flags and stream. */
const FRAME_HEAD = 9;
const LENGTH_MAX = 0xff_ffff;
/** Enough for nearly every frame's head and header. */
const HEADER_ROOM = 256;
// Each is used from begin to finish without a call into code of others, so that one will do for all channels.
const reader: PackedReader = new PackedReader();
const writer: PackedWriter = new PackedWriter();

function recognise(message: CarrierMessage): Envelope | undefined {
  if (!(message instanceof Uint8Array) || message[0] !== MARK || message[1] !== VERSION || message.length < PREFIX) {
    return undefined;
  }
  // Without what a subclass such as Buffer adds: bodies are views of this, and reach applications.
  const octets =
    Object.getPrototypeOf(message) === Uint8Array.prototype
      ? message
      : new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  return { tag: octets.subarray(2, PREFIX), content: octets };
}

function decode(envelope: Envelope, limits: DecodeLimits, skip?: () => void): Frame[] {
  const message = envelope.content;
  if (!(message instanceof Uint8Array))
    throw new UsageError("decode takes an envelope that recognise() of binaryCarriage gave");
  const size = message.length;
  if (size <= PREFIX) throw new ProtocolViolation("CARR-001", "a message must hold at least one frame");
  const frames: Frame[] = [];
  for (let at = PREFIX; at < size; ) {
    if (size - at < FRAME_HEAD) truncated();
    const length = u24(message, at);
    if (length > limits.framePayload) {
      throw new ProtocolViolation(
        "FRAME-001",
        `the payload of a frame must be at most ${limits.framePayload} octets`,
        "resource_exhausted",
      );
    }
    const start = at + FRAME_HEAD;
    const end = start + length;
    if (end > size) truncated();
    const frame = decodeFrame(message, at, start, end);
    if (frame === undefined) skip?.();
    else frames.push(frame);
    at = end;
  }
  reader.release();
  return frames;
}

/** One frame, or undefined when it is of an unknown type that may be skipped. */
function decodeFrame(message: Uint8Array, at: number, start: number, end: number): Frame | undefined {
  const type = message[at + 3] ?? 0;
  const flags = message[at + 4] ?? 0;
  if ((message[at + 5] ?? 0) >= 0x80)
    throw new ProtocolViolation("FRAME-003", "the reserved bit of a frame must be zero");
  const rule = ruleOf(type);
  if (rule === undefined) {
    if (type >= 0x80) return undefined;
    throw new ProtocolViolation("FRAME-004", "the type of a frame is unknown, and not one that may be skipped");
  }
  const stream = (message[at + 5] ?? 0) * 0x100_0000 + u24(message, at + 6);
  checkHead(rule, flags, stream);
  const isData = rule.type === "data";
  reader.stream = stream;
  reader.more = (flags & Flag.more) !== 0;
  reader.final = (flags & Flag.final) !== 0;
  reader.cont = (flags & Flag.cont) !== 0;
  reader.begin(message, start, end, rule.label, !isData);
  const frame = readFrame(reader, rule.type);
  if (!rule.body) reader.finish();
  if (frame.type === "hello" || frame.type === "challenge") return { ...frame, payload: message.subarray(start, end) };
  return frame;
}

function truncated(): never {
  throw new ProtocolViolation("FRAME-002", "a frame is cut off by the end of its message");
}

function u24(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0);
}

/** Writes the header of a frame behind what the writer holds. */
function writeHeader(frame: Frame, { label }: FrameRule): void {
  const preset = presetPayload(frame);
  if (preset !== undefined) {
    writer.out.raw(preset);
    return;
  }
  const isArray = frame.type !== "data";
  writer.cont = !isArray && frame.head === undefined;
  writer.begin(label, isArray);
  writeFrame(writer, frame);
  if (isArray) writer.finish();
}

function encode(tag: Uint8Array, frames: readonly Frame[]): Uint8Array {
  checkMessage(tag, frames);
  const { out } = writer;
  let room = PREFIX;
  for (const frame of frames) room += HEADER_ROOM + (bodyOf(frame)?.length ?? 0);
  out.begin(room);
  out.octet(MARK);
  out.octet(VERSION);
  out.raw(tag);
  for (const frame of frames) {
    out.room(FRAME_HEAD);
    const before = out.written;
    out.length += FRAME_HEAD;
    const rule = ruleFor(frame);
    writeHeader(frame, rule);
    const body = bodyOf(frame);
    if (body !== undefined) out.raw(body);
    const at = out.at(before);
    const length = out.written - before - FRAME_HEAD;
    if (length > LENGTH_MAX) misuse(rule.label, "body", "shorter: a payload has at most 2^24-1 octets");
    const stream = streamOf(frame);
    const { octets } = out;
    octets[at] = length >>> 16;
    octets[at + 1] = length >>> 8;
    octets[at + 2] = length;
    octets[at + 3] = rule.code;
    octets[at + 4] = flagsOf(frame);
    octets[at + 5] = stream >>> 24;
    octets[at + 6] = stream >>> 16;
    octets[at + 7] = stream >>> 8;
    octets[at + 8] = stream;
  }
  return out.take();
}

function presetPayload(frame: Frame): Uint8Array | undefined {
  return frame.type === "hello" || frame.type === "challenge" ? frame.payload : undefined;
}

/**
 * The exact octets of a handshake frame's payload, for the transcript (section 4): those that came, for a frame that was
 * decoded, and those that go out otherwise.
 */
export function handshakePayload(frame: HandshakeFrame): Uint8Array {
  const preset = presetPayload(frame);
  if (preset !== undefined) return preset;
  writer.out.begin();
  writeHeader(frame, ruleFor(frame));
  return writer.out.take().slice(); // it is kept: a view would keep the whole buffer
}

/** Reads the payload of a handshake frame, which is the same on every carriage (CARR-012). */
export function readHandshake(rule: FrameRule, payload: Uint8Array): Frame {
  reader.cont = false;
  reader.begin(payload, 0, payload.length, rule.label, true);
  const frame = readFrame(reader, rule.type);
  reader.finish();
  return frame.type === "hello" || frame.type === "challenge" ? { ...frame, payload } : frame;
}

/**
 * The octets of a frame's header in binary carriage: what is left of `framePayload` for the body (FRAME-001).
 *
 * @throws UsageError as `encode` does.
 */
export function headerLength(frame: Frame): number {
  const { out } = writer;
  out.begin();
  writeHeader(frame, ruleFor(frame));
  return out.written;
}

/** Frames in WebSocket binary messages. */
export const binaryCarriage: Carriage = { name: "binary", recognise, decode, encode };
