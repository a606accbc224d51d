/**
 * The fingerprint of a call: two calls with the same one ask for the same thing (KEY-002).
 *
 * @module
 */

import { isOctets } from "../content/kind.ts";
import type { Value } from "../content/value.ts";
import { encodeBase64 } from "../wire/base64.ts";
import { sha256Hex } from "./sha256.ts";

const encoder = new TextEncoder();

/**
 * SHA-256, as hexadecimal digits, over the RFC 8785 canonical JSON of `[tool, args]`; octets count as base64, and arguments
 * that are absent as `[tool]`. `args` are those that were received, before the contract's schema made something of them.
 */
export function fingerprint(tool: string, args: Value | undefined): string {
  return sha256Hex(encoder.encode(canonicalJson(args === undefined ? [tool] : [tool, args])));
}

/**
 * The RFC 8785 canonical JSON of a value: no white space, keys sorted by UTF-16 code units, numbers and strings as
 * ECMAScript writes them. Octets are base64 strings (RFC 4648 section 4, with padding). Properties that are undefined are absent.
 */
export function canonicalJson(value: Value): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isOctets(value)) return `"${encodeBase64(value)}"`;
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members: string[] = [];
  // Without a comparison function `sort` compares UTF-16 code units, as RFC 8785 wants it.
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

function isArray(value: object): value is readonly Value[] {
  return Array.isArray(value);
}
