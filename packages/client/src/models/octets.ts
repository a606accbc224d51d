/**
 * Octets that a model can look at.
 *
 * @module
 */

/** Octets that a model can look at, and what they are. */
export interface Viewable {
  readonly mediaType: string;
  readonly octets: Uint8Array;
}

/** First octets of each kind of file that models look at. */
const SIGNATURES: readonly (readonly [mediaType: string, signature: readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["application/pdf", [0x25, 0x50, 0x44, 0x46, 0x2d]],
];

/** The media type of a result that is an image or a PDF, by its first octets. Undefined for all else. */
export function viewable(value: unknown): Viewable | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const found = SIGNATURES.find(([, signature]) => signature.every((octet, at) => value[at] === octet));
  const mediaType = found?.[0] ?? (isWebp(value) ? "image/webp" : undefined);
  return mediaType === undefined ? undefined : { mediaType, octets: value };
}

function isWebp(octets: Uint8Array): boolean {
  const text = String.fromCharCode(...octets.subarray(0, 12));
  return text.startsWith("RIFF") && text.endsWith("WEBP") && text.length === 12;
}
