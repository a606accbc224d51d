/**
 * What a WebSocket's 'message' event holds, as a {@link CarrierMessage}.
 *
 * A host's traffic passes through here as well, so a message that cannot be turnmux's is told apart by its first octets
 * and neither decoded nor copied.
 *
 * @module
 */

import type { CarrierMessage } from "./carrier.ts";

/** How every text message of turnmux starts (CARR-010). */
const TEXT_START = '{"turnmux":[';

/** How every binary message of turnmux starts: the mark, and the carriage version (section 1). */
const BINARY_START = Uint8Array.of(0xc1, 0x01);

const TEXT_START_OCTETS = new TextEncoder().encode(TEXT_START);

/** Keeps a byte order mark, with which no message of ours starts. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads the data of a 'message' event: a string, octets in one piece, or octets in fragments.
 *
 * Returns undefined for anything that is none of the above, and, on a `shared` socket, for a message that does not start as one
 * of turnmux's does. On a socket of turnmux's own such a message is a fault of the peer, which is to be answered (HAND-005).
 * Octets that are returned are a plain `Uint8Array` over the same memory, never a `Buffer`, whose `slice` differs.
 */
export function readMessage(data: unknown, isBinary: boolean, shared: boolean): CarrierMessage | undefined {
  if (typeof data === "string") return !isBinary && (!shared || data.startsWith(TEXT_START)) ? data : undefined;
  if (isBlob(data)) return undefined;
  const parts = Array.isArray(data) ? data.map(octetsOf) : [octetsOf(data)];
  if (shared && !startsWith(parts, isBinary ? BINARY_START : TEXT_START_OCTETS)) return undefined;
  const octets = join(parts);
  return isBinary ? octets : utf8.decode(octets);
}

/** Whether the data of a 'message' event is a `Blob`, which cannot be read in the order of arrival. */
export function isBlob(data: unknown): boolean {
  return Object.prototype.toString.call(data) === "[object Blob]";
}

const NOTHING = new Uint8Array(0);

function octetsOf(data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return isArrayBuffer(data) ? new Uint8Array(data) : NOTHING;
}

/** Also of another realm: test runners give the code under test globals of its own. */
function isArrayBuffer(data: unknown): data is ArrayBuffer {
  return data instanceof ArrayBuffer || Object.prototype.toString.call(data) === "[object ArrayBuffer]";
}

function startsWith(parts: readonly Uint8Array[], start: Uint8Array): boolean {
  let at = 0;
  for (const part of parts) {
    for (const octet of part) {
      if (octet !== start[at]) return false;
      at += 1;
      if (at === start.length) return true;
    }
  }
  return false;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
