/**
 * Reads turnmux messages, without the core: what the simulator believes of the wire it has read by itself.
 *
 * @module
 */
import type { CarrierMessage } from "@turnmux/core";
import { listLength, readList } from "./packed.ts";

/** A frame as it travels. */
export interface WireFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** The places of the header, or an empty array where there is none. */
  readonly header: readonly unknown[];
  /** The first places of the header: cheaper. */
  places(count: number): readonly unknown[];
  /** Octets of the payload: in text carriage characters of the body. */
  readonly octets: number;
  /** Octets of the body. */
  readonly body: number;
  /** Tells two frames apart that are not the same. */
  readonly print: number;
}

export const Type = {
  hello: 0x01,
  welcome: 0x04,
  refuse: 0x05,
  open: 0x10,
  accept: 0x11,
  data: 0x12,
  end: 0x13,
  reset: 0x14,
  credit: 0x20,
  ack: 0x21,
  ping: 0x22,
  pong: 0x23,
  offer: 0x24,
  goaway: 0x25,
} as const;

export const MORE = 0x01;
export const CONT = 0x04;
const BASE64 = 0x80;

const HEAD = 10;
const FRAME_HEAD = 9;
const DATA_HEAD = 2;
const TEXT_START = '{"turnmux":[1,"';

/** The frames of a message, or undefined where it is not turnmux's. */
export function framesOf(message: CarrierMessage): readonly WireFrame[] | undefined {
  if (message instanceof Uint8Array) return binaryFrames(message);
  if (typeof message === "string") {
    return message.startsWith(TEXT_START) ? rowsOf(JSON.parse(message), 2) : undefined;
  }
  return rowsOf(message, 3);
}

/** Octets that a message takes on the way. */
export function octetsOf(message: CarrierMessage): number {
  if (message instanceof Uint8Array) return message.length;
  return typeof message === "string" ? message.length : JSON.stringify(message).length;
}

function binaryFrames(message: Uint8Array): readonly WireFrame[] | undefined {
  if (message[0] !== 0xc1 || message[1] !== 1) return undefined;
  const frames: WireFrame[] = [];
  for (let at = HEAD; at + FRAME_HEAD <= message.length; ) {
    const length = uint(message, at, 3);
    const end = at + FRAME_HEAD + length;
    frames.push(new BinaryFrame(message, at, end));
    at = end;
  }
  return frames;
}

class BinaryFrame implements WireFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly octets: number;
  readonly #payload: Uint8Array;
  #body: number | undefined;

  constructor(message: Uint8Array, at: number, end: number) {
    this.type = message[at + 3] ?? 0;
    this.flags = message[at + 4] ?? 0;
    this.stream = uint(message, at + 5, 4);
    this.octets = end - at - FRAME_HEAD;
    this.#payload = message.subarray(at + FRAME_HEAD, end);
  }

  get header(): readonly unknown[] {
    return this.places(Number.POSITIVE_INFINITY);
  }

  get body(): number {
    this.#body ??= this.#bodyOctets();
    return this.#body;
  }

  #bodyOctets(): number {
    switch (this.type) {
      case Type.open:
      case Type.end:
        return this.octets - listLength(this.#payload);
      case Type.data:
        return this.octets - ((this.flags & CONT) === 0 ? DATA_HEAD : 0);
      default:
        return 0;
    }
  }

  get print(): number {
    return printOf(this.#payload);
  }

  places(count: number): readonly unknown[] {
    if (this.type === Type.data) {
      return (this.flags & CONT) === 0 ? [...this.#payload.subarray(0, 2)] : [];
    }
    return readList(this.#payload, count);
  }
}

function rowsOf(message: unknown, places: number): readonly WireFrame[] | undefined {
  if (typeof message !== "object" || message === null || !("turnmux" in message)) return undefined;
  return listOf(message.turnmux).slice(places).map(rowFrame);
}

function rowFrame(row: unknown): WireFrame {
  const [type, flags, stream, header, body] = listOf(row);
  const text = typeof body === "string" ? body : "";
  const handshake = Number(type) <= Type.refuse;
  const places = handshake ? readList(Buffer.from(text, "base64")) : listOf(header ?? []);
  return {
    type: Number(type),
    flags: Number(flags) & ~BASE64,
    stream: Number(stream),
    header: places,
    places: (count) => places.slice(0, count),
    octets: text.length,
    body: Buffer.byteLength(text, (Number(flags) & BASE64) === 0 ? "utf8" : "base64"),
    get print() {
      return printOf(Buffer.from(JSON.stringify(row)));
    },
  };
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("the wire has something other than a list where one belongs");
  return value;
}

function uint(octets: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i += 1) value = value * 256 + (octets[at + i] ?? 0);
  return value;
}

/** FNV-1a. */
function printOf(octets: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash >>> 0;
}
