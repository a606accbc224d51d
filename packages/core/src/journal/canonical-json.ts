/**
 * One text for equal values.
 *
 * @module
 */

import { isOctets } from "../content/kind.ts";
import type { Value } from "../content/value.ts";
import { encodeBase64 } from "../wire/base64.ts";

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
