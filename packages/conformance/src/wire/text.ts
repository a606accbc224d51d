// Frames as rows of text and wrapped carriage (CARR-010 to CARR-013).

import { Flag, FrameType } from "./constants.ts";
import { checkFrame, encodePayload, frameName, frameOfPayload, layoutOf } from "./frame.ts";
import { checkHeader, isList, octetsOfText } from "./layout.ts";
import { textOf } from "./pack.ts";
import { type Frame, type HeaderValue, NO_OCTETS, WireError } from "./types.ts";

/** Base64 with padding (RFC 4648 section 4). */
export function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString("base64");
}

/** Octets of base64, or undefined where it is not written as CARR-011 asks: padded, and with unused bits zero. */
export function octetsOfBase64(text: string): Uint8Array | undefined {
  const octets = Uint8Array.from(Buffer.from(text, "base64"));
  return base64(octets) === text ? octets : undefined;
}

const isHandshake = (type: number): boolean => type >= FrameType.hello && type <= FrameType.refuse;

function jsonOf(value: HeaderValue): unknown {
  if (value instanceof Uint8Array) return base64(value);
  if (isList(value)) return value.map(jsonOf);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, jsonOf(entry)]));
}

/** The row of a frame: text where the body is text, base64 otherwise. Nothing is checked. */
export function encodeRow(frame: Frame): unknown {
  const { type, flags, stream } = frame;
  if (isHandshake(type)) return [type, flags | Flag.base64, stream, null, base64(encodePayload(frame))];
  const nils = frame.header?.findLastIndex((place) => place !== null) ?? -1;
  const header = frame.header === null ? null : frame.header.slice(0, nils + 1).map(jsonOf);
  if (frame.body.length === 0) return [type, flags, stream, header, null];
  const text = textOf(frame.body);
  return text === undefined
    ? [type, flags | Flag.base64, stream, header, base64(frame.body)]
    : [type, flags, stream, header, text];
}

function integer(value: unknown, most: number): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most ? value : undefined;
}

/** The octets of a row's body; null where it has none. */
function bodyOf(body: unknown, flags: number, name: string): Uint8Array | null {
  if (body === null) return null;
  if (typeof body !== "string") throw new WireError("CARR-011", `the body of ${name} is neither a string nor null`);
  if ((flags & Flag.base64) !== 0) {
    return octetsOfBase64(body) ?? fail("CARR-011", `the body of ${name} is no base64 with padding`);
  }
  if (!body.isWellFormed())
    throw new WireError("CARR-011", `the body of ${name} is no well-formed text, and not in base64`);
  return new TextEncoder().encode(body);
}

function fail(requirement: string, message: string): never {
  throw new WireError(requirement, message);
}

function checkDepth(value: unknown, depth: number, name: string): void {
  if (value === null || typeof value !== "object") return;
  if (depth > 8) throw new WireError("FRAME-008", `the header of ${name} is nested deeper than 8`);
  for (const entry of Object.values(value)) checkDepth(entry, depth + 1, name);
}

/**
 * The frame of a row.
 *
 * @throws WireError with the requirement that whoever wrote it broke.
 */
export function decodeRow(row: unknown): Frame {
  if (!Array.isArray(row) || row.length !== 5) throw new WireError("CARR-010", "a frame that is no array of five");
  const places: readonly unknown[] = row;
  const [rawType, rawFlags, rawStream, rawHeader, rawBody] = places;
  const type = integer(rawType, 0xff) ?? fail("CARR-010", "a type that is no octet");
  const flags = integer(rawFlags, 0xff) ?? fail("CARR-010", "flags that are no octet");
  const stream = integer(rawStream, 0xffff_ffff) ?? fail("CARR-010", "a stream that is no integer of 32 bits");
  if (stream > 0x7fff_ffff) throw new WireError("FRAME-003", "a frame with the reserved bit");
  const name = frameName(type);
  const layout = layoutOf(type);
  if (layout === undefined) return { type, flags, stream, header: null, body: NO_OCTETS };
  // The flag says what a body is: a frame of a type that has none cannot carry it.
  const hasBody = layout.payload !== "header" || isHandshake(type);
  const plain = hasBody ? flags & ~Flag.base64 : flags;
  checkFrame(type, plain, stream, layout);
  const body = bodyOf(rawBody, flags, name);
  if (isHandshake(type)) {
    const wrong = rawHeader !== null || body === null || (flags & Flag.base64) === 0;
    if (wrong) throw new WireError("CARR-012", `${name} is not a null and its payload in base64`);
    return frameOfPayload(type, plain, stream, body);
  }
  const isCont = layout.payload === "data" && (flags & Flag.cont) !== 0;
  if (isCont) {
    if (rawHeader !== null) throw new WireError("CARR-011", `${name} with CONT has a header`);
    return { type, flags: plain, stream, header: null, body: body ?? NO_OCTETS };
  }
  if (!Array.isArray(rawHeader)) throw new WireError("FRAME-007", `the header of ${name} is no array`);
  if (layout.payload === "header" && body !== null) throw new WireError("CARR-011", `${name} has a body`);
  checkDepth(rawHeader, 1, name);
  // What JSON.parse makes are values of a header all.
  const header = octetsOfText(type, rawHeader as readonly HeaderValue[], octetsOfBase64);
  checkHeader(type, header, name);
  return { type, flags: plain, stream, header, body: body ?? NO_OCTETS };
}
