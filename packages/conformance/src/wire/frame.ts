// Frames as data, and their octets as section 2 of the specification has them.

import { Flag, FrameType, nameIn } from "./constants.ts";
import { checkHeader, LAYOUTS, type Layout } from "./layout.ts";
import { type PackFault, pack, type PackRules, unpack, walk } from "./pack.ts";
import { type Frame, type HeaderValue, NO_OCTETS, WireError } from "./types.ts";

export { type Frame, type HeaderValue, type RawFrame, type RawRow, WireError } from "./types.ts";

/** Octets in front of a frame's payload: length (3), type, flags, stream (4). */
const PREFIX = 9;
const MOST_STREAM = 0x7fff_ffff;
const MOST_PAYLOAD = 0xff_ffff;

/** The name of a frame type in capitals, as the specification writes it; hexadecimal for one that it does not know. */
export function frameName(type: number): string {
  return nameIn(FrameType, type)?.toUpperCase() ?? `0x${type.toString(16).padStart(2, "0")}`;
}

/** Octets of several parts, one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function withoutTrailingNils(header: readonly HeaderValue[]): readonly HeaderValue[] {
  return header.slice(0, header.findLastIndex((place) => place !== null) + 1);
}

/** The octets that a frame has in front of its body. Nothing is checked, so that a case can send what no peer should. */
function headerOctets(type: number, header: readonly HeaderValue[] | null): Uint8Array {
  if (header === null) return NO_OCTETS;
  if (type !== FrameType.data) return pack(withoutTrailingNils(header));
  const octets = header.filter((place) => typeof place === "number");
  if (octets.length !== header.length) throw new TypeError("The header of DATA is two numbers; send others as octets.");
  return Uint8Array.from(octets);
}

/** The payload of a frame in binary carriage: as it was received where it was, otherwise header and body. */
export function encodePayload(frame: Frame): Uint8Array {
  return frame.payload ?? concat(headerOctets(frame.type, frame.header), frame.body);
}

/** A frame in binary carriage. Nothing about it is checked but that it fits into the fields. */
export function encodeFrame(frame: Frame): Uint8Array {
  const payload = encodePayload(frame);
  if (payload.length > MOST_PAYLOAD)
    throw new RangeError(`A payload of ${payload.length} octets does not fit into a frame.`);
  const octets = new Uint8Array(PREFIX + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, payload.length >>> 8);
  view.setUint8(2, payload.length & 0xff);
  view.setUint8(3, frame.type);
  view.setUint8(4, frame.flags);
  view.setUint32(5, frame.stream);
  octets.set(payload, PREFIX);
  return octets;
}

/** What is no whole array breaks FRAME-007; what no header may hold FRAME-008. */
const HEADER_FAULTS: ReadonlyMap<PackFault, string> = new Map<PackFault, string>([
  ["cut", "FRAME-007"],
  ["not UTF-8", "FRAME-009"],
]);

const headerRules: PackRules = {
  depth: 8,
  mapEntries: Number.POSITIVE_INFINITY,
  arrayElements: Number.POSITIVE_INFINITY,
  together: Number.POSITIVE_INFINITY,
  float32: false,
  notFinite: true,
  proto: false,
  fail: (fault, message) => {
    throw new WireError(HEADER_FAULTS.get(fault) ?? "FRAME-008", `a header with ${message}`);
  },
};

/** The header that a payload begins with, and where it ends. */
function readHeader(payload: Uint8Array, name: string): { header: readonly HeaderValue[]; end: number } {
  const first = payload[0];
  const isArray = first !== undefined && ((first >= 0x90 && first <= 0x9f) || first === 0xdc || first === 0xdd);
  if (!isArray) throw new WireError("FRAME-007", `the header of ${name} is no array`);
  const integral: number[] = [];
  const onfloat = (at: number, value: number): void => void (Number.isInteger(value) && integral.push(at));
  const end = walk(payload, 0, { ...headerRules, onfloat });
  const octets = payload.slice(0, end);
  // A float 64 is no integer, whatever its value, and the two are the same number behind unpack().
  const view = new DataView(octets.buffer);
  for (const at of integral) view.setFloat64(at, Number.NaN);
  // The walk has let nothing through that is not one of these types.
  return { header: unpack(octets) as readonly HeaderValue[], end };
}

/** Checks what holds for a frame of a known type on every carriage: its flags and its stream. */
export function checkFrame(type: number, flags: number, stream: number, layout: Layout): void {
  const name = frameName(type);
  const unknown = flags & ~layout.flags;
  if (unknown !== 0) throw new WireError("FRAME-005", `${name} with the flags 0x${unknown.toString(16)}`);
  if (layout.stream === "channel" && stream !== 0) throw new WireError("FRAME-006", `${name} on stream ${stream}`);
  if (layout.stream === "call" && stream === 0) throw new WireError("FRAME-006", `${name} on stream 0`);
}

/** The layout of a type; undefined for one to be skipped. */
export function layoutOf(type: number): Layout | undefined {
  const layout = LAYOUTS[type];
  if (layout === undefined && type < 0x80)
    throw new WireError("FRAME-004", `a frame of the unknown type ${frameName(type)}`);
  return layout;
}

/** A frame of its payload, whose length and prefix are in order. */
export function frameOfPayload(type: number, flags: number, stream: number, payload: Uint8Array): Frame {
  const layout = layoutOf(type);
  const fixed = { type, flags, stream, payload };
  if (layout === undefined) return { ...fixed, header: null, body: payload };
  checkFrame(type, flags, stream, layout);
  if (layout.payload === "data") {
    if ((flags & Flag.cont) !== 0) return { ...fixed, header: null, body: payload };
    if (payload.length < 2) throw new WireError("FRAME-007", "DATA without its kind and content");
    return { ...fixed, header: [...payload.subarray(0, 2)], body: payload.subarray(2) };
  }
  const name = frameName(type);
  const { header, end } = readHeader(payload, name);
  if (layout.payload === "header" && end !== payload.length) {
    throw new WireError("FRAME-010", `${name} with ${payload.length - end} octets behind its header`);
  }
  checkHeader(type, header, name);
  return { ...fixed, header, body: payload.subarray(end) };
}

/**
 * Frames of the octets of a message behind its tag. Frames that are to be skipped (FRAME-004) come with the header null and the payload
 * as body.
 *
 * @throws WireError with the requirement that whoever wrote them broke.
 */
export function decodeFrames(octets: Uint8Array): Frame[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const frames: Frame[] = [];
  if (octets.length === 0) throw new WireError("CARR-001", "a message without a frame");
  for (let at = 0; at < octets.length; ) {
    if (octets.length - at < PREFIX)
      throw new WireError("FRAME-002", "a frame that is cut off in its first nine octets");
    const length = view.getUint16(at) * 0x100 + view.getUint8(at + 2);
    const stream = view.getUint32(at + 5);
    if (octets.length - at - PREFIX < length) {
      throw new WireError(
        "FRAME-002",
        `a payload of ${length} octets of which ${octets.length - at - PREFIX} are there`,
      );
    }
    if (stream > MOST_STREAM) throw new WireError("FRAME-003", "a frame with the reserved bit");
    const payload = octets.slice(at + PREFIX, at + PREFIX + length);
    frames.push(frameOfPayload(view.getUint8(at + 3), view.getUint8(at + 4), stream, payload));
    at += PREFIX + length;
  }
  return frames;
}
