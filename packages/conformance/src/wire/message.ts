// Messages of binary, text and wrapped carriage (section 1).

import { concat, decodeFrames, encodeFrame } from "./frame.ts";
import { decodeRow, encodeRow } from "./text.ts";
import { type Frame, type RawFrame, type RawRow, WireError } from "./types.ts";

/** How messages travel. */
export type Carriage = "binary" | "text" | "wrapped";

/** A message of turnmux. */
export interface Message {
  readonly carriage: Carriage;
  readonly tag: Uint8Array;
  readonly frames: readonly Frame[];
  /** The number of a wrapped message. */
  readonly sequence?: number;
}

/** The octet that each binary message begins with. */
export const MARK = 0xc1;
/** The version of the carriage. */
export const CARRIAGE_VERSION = 1;
/** What each text and wrapped message begins with. */
export const TEXT_MARK = '{"turnmux":[';
const HEAD = 10;

function rowOf(frame: Frame | RawFrame | RawRow): unknown {
  if ("row" in frame) return frame.row;
  if ("octets" in frame) throw new TypeError("Raw octets go out in binary carriage alone.");
  return encodeRow(frame);
}

function octetsOf(frame: Frame | RawFrame | RawRow): Uint8Array {
  if ("octets" in frame) return frame.octets;
  if ("row" in frame) throw new TypeError("A raw row goes out in text and wrapped carriage alone.");
  return encodeFrame(frame);
}

/**
 * A message of frames. In wrapped carriage it is the JSON text of turnmux's own value; the host's envelope is the caller's, and `sequence`
 * is needed. Nothing is checked.
 */
export function encodeMessage(
  carriage: Carriage,
  tag: Uint8Array,
  frames: readonly (Frame | RawFrame | RawRow)[],
  sequence?: number,
): Uint8Array | string {
  if (carriage === "binary") return concat(Uint8Array.of(MARK, CARRIAGE_VERSION), tag, ...frames.map(octetsOf));
  if (carriage === "wrapped" && sequence === undefined) throw new TypeError("A wrapped message needs its number.");
  const number = carriage === "wrapped" ? [sequence] : [];
  return JSON.stringify({
    turnmux: [CARRIAGE_VERSION, Buffer.from(tag).toString("hex"), ...number, ...frames.map(rowOf)],
  });
}

function decodeBinary(data: Uint8Array): Message | undefined {
  if (data[0] !== MARK) return undefined;
  if (data.length < HEAD) throw new WireError("CARR-001", "a message that is cut off in its tag");
  if (data[1] !== CARRIAGE_VERSION) throw new WireError("CARR-001", `carriage version ${data[1]}`);
  return { carriage: "binary", tag: data.slice(2, HEAD), frames: decodeFrames(data.subarray(HEAD)) };
}

/** Where the array ends that begins at an offset of well-formed JSON. */
function endOfArray(json: string, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      for (at++; json[at] !== '"'; at++) if (json[at] === "\\") at++;
    } else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return at;
  }
  return json.length;
}

function parts(data: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new WireError("CARR-010", "a message that is no JSON");
  }
  const array = value !== null && typeof value === "object" && "turnmux" in value ? value.turnmux : undefined;
  if (!Array.isArray(array)) throw new WireError("CARR-010", "a message whose member turnmux is no array");
  if (!/^\]\s*\}\s*$/.test(data.slice(endOfArray(data, TEXT_MARK.length - 1)))) {
    throw new WireError("CARR-010", "a message with another member");
  }
  return array;
}

function decodeText(data: string): Message | undefined {
  if (!data.startsWith(TEXT_MARK)) return undefined;
  const [version, tag, ...rest] = parts(data);
  if (version !== CARRIAGE_VERSION) throw new WireError("CARR-010", `carriage version ${JSON.stringify(version)}`);
  if (typeof tag !== "string" || !/^[0-9a-f]{16}$/.test(tag)) {
    throw new WireError("CARR-010", "a tag that is not 16 lower-case hexadecimal digits");
  }
  const octets = Uint8Array.from(Buffer.from(tag, "hex"));
  const [first, ...behind] = rest;
  const wrapped = typeof first === "number";
  const rows = wrapped ? behind : rest;
  if (wrapped && (!Number.isSafeInteger(first) || first < 0)) throw new WireError("CARR-020", `the number ${first}`);
  if (rows.length === 0) throw new WireError("CARR-001", "a message without a frame");
  const frames = rows.map(decodeRow);
  return wrapped
    ? { carriage: "wrapped", tag: octets, frames, sequence: first }
    : { carriage: "text", tag: octets, frames };
}

/**
 * A message, or undefined where it is the host's: it does not begin as those of turnmux do. Whose tag it has is for the caller to look
 * at; {@link tagOf} says so before anything else of it is judged.
 *
 * @throws WireError with the requirement that whoever wrote it broke.
 */
export function decodeMessage(data: Uint8Array | string): Message | undefined {
  return typeof data === "string" ? decodeText(data) : decodeBinary(data);
}

/** The tag that a message has, without a look at the rest; undefined where it begins as none of turnmux does. */
export function tagOf(data: Uint8Array | string): Uint8Array | undefined {
  if (typeof data !== "string") {
    return data.length >= HEAD && data[0] === MARK && data[1] === CARRIAGE_VERSION ? data.slice(2, HEAD) : undefined;
  }
  const tag = /^\{"turnmux":\[1,"([0-9a-f]{16})"/.exec(data)?.[1];
  return tag === undefined ? undefined : Uint8Array.from(Buffer.from(tag, "hex"));
}
