/**
 * The fingerprint of a call: two calls with the same one ask for the same thing (KEY-002).
 *
 * @module
 */

import type { Value } from "../content/value.ts";
import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./sha256.ts";

const encoder = new TextEncoder();

/**
 * SHA-256, as hexadecimal digits, over the RFC 8785 canonical JSON of `[tool, args]`; octets count as base64, and arguments
 * that are absent as `[tool]`. `args` are those that were received, before the contract's schema made something of them.
 *
 * @param sha256 the runtime's own, of a text in UTF-8, as 64 lower-case hexadecimal digits: several times as fast
 */
export function fingerprint(tool: string, args: Value | undefined, sha256: (text: string) => string = hashed): string {
  return sha256(canonicalJson(args === undefined ? [tool] : [tool, args]));
}

function hashed(text: string): string {
  return sha256Hex(encoder.encode(text));
}
