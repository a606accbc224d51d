/**
 * Base64 (RFC 4648 section 4, with padding), strictly: one text for the same octets, and nothing else is taken.
 *
 * @module
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CODES: Uint8Array = new Uint8Array(64);
/** The six bits of each ASCII character; 255 where it is not in the alphabet. */
const BITS: Uint8Array = new Uint8Array(128).fill(255);
for (let i = 0; i < 64; i++) {
  const code = ALPHABET.charCodeAt(i);
  CODES[i] = code;
  BITS[code] = i;
}
const PADDING = 0x3d;

const decoder: TextDecoder = new TextDecoder();

/** The base64 of `octets`. */
export function encodeBase64(octets: Uint8Array): string {
  const { length } = octets;
  const text = new Uint8Array(Math.ceil(length / 3) * 4);
  let to = 0;
  for (let i = 0; i < length; i += 3) {
    const left = length - i;
    const a = octets[i] ?? 0;
    const b = left > 1 ? (octets[i + 1] ?? 0) : 0;
    const c = left > 2 ? (octets[i + 2] ?? 0) : 0;
    text[to++] = CODES[a >>> 2] ?? 0;
    text[to++] = CODES[((a & 3) << 4) | (b >>> 4)] ?? 0;
    text[to++] = left > 1 ? (CODES[((b & 15) << 2) | (c >>> 6)] ?? 0) : PADDING;
    text[to++] = left > 2 ? (CODES[c & 63] ?? 0) : PADDING;
  }
  return decoder.decode(text);
}

/** The octets that `text` stands for, or undefined where it is not the base64 that {@link encodeBase64} gives. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length % 4 !== 0) return undefined;
  if (length === 0) return new Uint8Array(0);
  const padding = text.charCodeAt(length - 1) !== PADDING ? 0 : text.charCodeAt(length - 2) !== PADDING ? 1 : 2;
  const octets = new Uint8Array((length / 4) * 3 - padding);
  const whole = padding === 0 ? length : length - 4;
  let to = 0;
  let bad = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = bits(text, i);
    const b = bits(text, i + 1);
    const c = bits(text, i + 2);
    const d = bits(text, i + 3);
    bad |= a | b | c | d;
    octets[to++] = (a << 2) | (b >>> 4);
    octets[to++] = (b << 4) | (c >>> 2);
    octets[to++] = (c << 6) | d;
  }
  if (padding > 0) {
    const a = bits(text, whole);
    const b = bits(text, whole + 1);
    const c = padding === 1 ? bits(text, whole + 2) : 0;
    bad |= a | b | c;
    // The bits that stand for no octet are zero, or there would be several texts for the same octets.
    if ((padding === 1 ? c & 3 : b & 15) !== 0) return undefined;
    octets[to++] = (a << 2) | (b >>> 4);
    if (padding === 1) octets[to] = (b << 4) | (c >>> 2);
  }
  return bad < 64 ? octets : undefined;
}

function bits(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (BITS[code] ?? 255) : 255;
}
