/**
 * How much a value is.
 *
 * @module
 */

/** About how many octets a value takes; looks no further when it is `most`. */
export function sizeOf(value: unknown, most: number): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let size = 8;
  for (const [name, part] of Object.entries(value)) {
    size += name.length + sizeOf(part, most - size);
    if (size >= most) break;
  }
  return size;
}
