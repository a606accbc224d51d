import type { HostMessage } from "./host-messages.ts";

/** FNV-1a over the messages before and this one, with its kind and length. */
export function digestOf(before: number, message: string | Uint8Array): number {
  const octets = typeof message === "string" ? new TextEncoder().encode(message) : message;
  let digest = Math.imul(before ^ octets.length ^ (typeof message === "string" ? 0x10000 : 0), 0x01000193);
  for (const octet of octets) digest = Math.imul(digest ^ octet, 0x01000193);
  return digest >>> 0;
}

/** {@link digestOf} over all of them. */
export function digestOfAll(messages: readonly HostMessage[]): number {
  return messages.reduce((digest, { text, octets }) => digestOf(digest, text ?? octets), 0);
}
