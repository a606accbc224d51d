/**
 * What the golden vectors look like as JSON, and what their generators share.
 *
 * @module
 */
import type { Frame } from "../../src/wire/types.ts";
import { encodeFrame } from "../../src/wire/frame.ts";
import { encodeRow } from "../../src/wire/text.ts";

/** Octets as hexadecimal digits; long ones as parts that are repeated. */
export type Octets = string | readonly { readonly hex: string; readonly times: number }[];

/** A frame that is in order. */
export interface FrameVector {
  readonly name: string;
  /** The whole frame in binary carriage. */
  readonly binary: string;
  /** The frame's row in text and wrapped carriage. */
  readonly row?: unknown;
  /** Only what a decoder has to take: encoders write it otherwise. */
  readonly decodeOnly?: true;
  /** The frame's name, or `"skipped"` (FRAME-004). */
  readonly frame: string;
  readonly stream: number;
  readonly flags: readonly string[];
  /** What the header says; octets are `{ "$bytes": base64 }`, and what is nil is left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The body's octets; absent for frames that have none. */
  readonly body?: string;
}

/** A frame that breaks a requirement. */
export interface InvalidFrameVector {
  readonly name: string;
  readonly requirement: string;
  /** Who would send it. */
  readonly sender: "client" | "gateway" | "either";
  readonly binary?: Octets;
  readonly row?: unknown;
}

/** Hexadecimal digits of octets. */
export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

/** Octets of hexadecimal digits. */
export function octetsOf(octets: Octets): Uint8Array {
  if (typeof octets === "string") return Uint8Array.from(Buffer.from(octets, "hex"));
  return Uint8Array.from(Buffer.concat(octets.map((part) => Buffer.from(part.hex.repeat(part.times), "hex"))));
}

/** A value as JSON: octets are `{ "$bytes": base64 }`. */
export function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.map(([key, entry]) => [key, shown(entry)]));
}

/** A frame in binary carriage with a payload of one's own. */
export function rawFrame(type: number, flags: number, stream: number, payload: string): string {
  const octets = Buffer.from(payload, "hex");
  const head = Buffer.alloc(9);
  head.writeUIntBE(octets.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return head.toString("hex") + octets.toString("hex");
}

/** Both forms of a frame. */
export function forms(frame: Frame): { readonly binary: string; readonly row: unknown } {
  return { binary: hex(encodeFrame(frame)), row: encodeRow(frame) };
}
