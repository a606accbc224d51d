/**
 * UTF-8, strictly: what is not well-formed is told, never replaced.
 *
 * @module
 */

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to this many UTF-16 units a loop is faster than a call into the runtime (measured, Node 24). */
const SHORT = 48;

/** The octets of `text` in UTF-8. A lone surrogate counts three, as the replacement character would. */
export function utf8Length(text: string): number {
  const units = text.length;
  let octets = units;
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) octets += 1;
    else if (isPair(text, i, unit)) {
      octets += 2;
      i++;
    } else octets += 2;
  }
  return octets;
}

function isPair(text: string, at: number, unit: number): boolean {
  return (unit & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

/** The octets of `text`, which is well-formed. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Writes `text`, which is well-formed, at `offset` and answers where it ends. The caller has made room: three octets for
 * each UTF-16 unit are always enough.
 */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  const units = text.length;
  if (units <= SHORT) {
    let at = offset;
    let i = 0;
    for (; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) break;
      target[at++] = unit;
    }
    if (i === units) return at;
  }
  return offset + encoder.encodeInto(text, offset === 0 ? target : target.subarray(offset)).written;
}

/** The string in `octets` from `start` to `end`, or undefined where that is not well-formed UTF-8. */
export function readUtf8(octets: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT) {
    let text = "";
    let at = start;
    for (; at < end; at++) {
      const octet = octets[at] ?? 0;
      if (octet >= 0x80) break;
      text += String.fromCharCode(octet);
    }
    if (at === end) return text;
  }
  try {
    return decoder.decode(start === 0 && end === octets.length ? octets : octets.subarray(start, end));
  } catch {
    return undefined;
  }
}
