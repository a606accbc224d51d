/**
 * Octets as a table: hexadecimal digits, and behind `;` what they are.
 *
 *     hex(`
 *       c1 01   ; mark, version
 *       "cron"  ; a string in quotes stands for its UTF-8
 *     `)
 */
export function hex(table: string): Uint8Array {
  const octets: number[] = [];
  for (const line of table.split("\n")) {
    for (const [token] of line.replace(/;.*$/, "").matchAll(/"[^"]*"|[^\s"]+/g)) {
      if (token.startsWith('"')) octets.push(...new TextEncoder().encode(token.slice(1, -1)));
      else if (/^([0-9a-f]{2})+$/.test(token)) {
        for (let i = 0; i < token.length; i += 2) octets.push(Number.parseInt(token.slice(i, i + 2), 16));
      } else throw new Error(`not hexadecimal: ${token}`);
    }
  }
  return new Uint8Array(octets);
}

/** Octets as hexadecimal digits, for comparisons that are easy to read. */
export function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
}
