/**
 * What a call brings beside its arguments.
 *
 * @module
 */
import { utf8Length } from "../wire/utf8.ts";

/** The octets of the `meta` of a call. Most have none. */
export function metaOctets(meta: Readonly<Record<string, string>> | undefined): number {
  if (meta === undefined) return 0;
  let octets = 0;
  for (const [name, value] of Object.entries(meta)) octets += utf8Length(name) + utf8Length(value);
  return octets;
}
