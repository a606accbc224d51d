/**
 * UTF-8, strictly: what is not well-formed is told, never replaced.
 *
 * Calls into the runtime cost more than short strings do, and so does a buffer of its own for each result: hence the
 * loops and the slab. The thresholds are measured (Node 24), not guessed.
 *
 * @module
 */

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to this many octets a loop reads faster than TextDecoder. */
const SHORT_READ = 32;
/** Up to this many UTF-16 units a loop writes faster than TextEncoder. */
const SHORT_WRITE = 40;
/** Results of {@link encodeUtf8} share buffers of this size when they need at most half of it, as Node's Buffer does. */
const SLAB = 0x2000;

let slab: Uint8Array = new Uint8Array(0);
let slabUsed = 0;

/** The octets of `text` in UTF-8. A lone surrogate counts three, as the replacement character would. */
export function utf8Length(text: string): number {
  const units = text.length;
  let octets = units;
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) octets += 1;
    else {
      octets += 2;
      if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
    }
  }
  return octets;
}

/**
 * The octets of `text`, which is well-formed. They may be a view of a larger buffer, of 8 KiB: who keeps them for long
 * makes a copy.
 */
export function encodeUtf8(text: string): Uint8Array {
  const room = text.length * 3;
  if (room > SLAB / 2) return encoder.encode(text);
  if (slabUsed + room > slab.length) {
    slab = new Uint8Array(SLAB);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed = writeUtf8(text, slab, start);
  return slab.subarray(start, slabUsed);
}

/**
 * Writes `text`, which is well-formed, at `offset` and answers where it ends. The caller has made room: three octets for
 * each UTF-16 unit are always enough.
 */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  const units = text.length;
  if (units <= SHORT_WRITE) {
    let i = 0;
    for (; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) break;
      target[offset + i] = unit;
    }
    if (i === units) return offset + units;
  }
  return offset + encoder.encodeInto(text, target.subarray(offset)).written;
}

/** The string in `octets` from `start` to `end`, or undefined where that is not well-formed UTF-8. */
export function readUtf8(octets: Uint8Array, start: number, end: number): string | undefined {
  const short = end - start <= SHORT_READ ? readAscii(octets, start, end) : undefined;
  if (short !== undefined) return short;
  try {
    return decoder.decode(octets.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** As {@link readUtf8}, for ASCII alone: undefined where there is something else. Eight at a time. */
function readAscii(octets: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const a = octets[at] ?? 0;
    const b = octets[at + 1] ?? 0;
    const c = octets[at + 2] ?? 0;
    const d = octets[at + 3] ?? 0;
    const e = octets[at + 4] ?? 0;
    const f = octets[at + 5] ?? 0;
    const g = octets[at + 6] ?? 0;
    const h = octets[at + 7] ?? 0;
    if ((a | b | c | d | e | f | g | h) >= 0x80) return undefined;
    text += String.fromCharCode(a, b, c, d, e, f, g, h);
  }
  if (at + 4 <= end) {
    const a = octets[at] ?? 0;
    const b = octets[at + 1] ?? 0;
    const c = octets[at + 2] ?? 0;
    const d = octets[at + 3] ?? 0;
    if ((a | b | c | d) >= 0x80) return undefined;
    text += String.fromCharCode(a, b, c, d);
    at += 4;
  }
  for (; at < end; at++) {
    const a = octets[at] ?? 0;
    if (a >= 0x80) return undefined;
    text += String.fromCharCode(a);
  }
  return text;
}

/** Slots for strings that come again (the names of tools, the keys of maps), and octets of each. */
const SLOTS = 512;
const SLOT_LENGTH = 32;
const known: string[] = Array.from({ length: SLOTS }, () => "");
const knownOctets: Uint8Array = new Uint8Array(SLOTS * SLOT_LENGTH);

/** As {@link readUtf8}, for strings that are likely to have come before. A peer can crowd others out, no more. */
export function readKnownUtf8(octets: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length === 0 || length > SLOT_LENGTH) return readUtf8(octets, start, end);
  const hash = ((octets[start] ?? 0) * 31 + (octets[end - 1] ?? 0)) * 31 + (octets[start + (length >> 1)] ?? 0);
  const slot = (hash + length * 67) % SLOTS;
  const candidate = known[slot];
  // Only ASCII is kept, so that units and octets are the same.
  if (candidate?.length === length) {
    const first = slot * SLOT_LENGTH;
    let i = 0;
    while (i < length && knownOctets[first + i] === octets[start + i]) i++;
    if (i === length) return candidate;
  }
  const text = readUtf8(octets, start, end);
  if (text?.length === length) {
    // Engines keep one copy of strings that are property names, and find properties faster with that very copy.
    known[slot] = Object.keys({ [text]: 0 })[0] ?? text;
    knownOctets.set(octets.subarray(start, end), slot * SLOT_LENGTH);
  }
  return text;
}
