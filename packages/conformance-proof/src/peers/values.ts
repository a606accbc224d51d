/**
 * Values on lines of JSON: octets are `{ "$bytes": "<base64>" }`, and numbers that JSON does not have `{ "$number": "NaN" }`.
 *
 * @module
 */

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** What a line stands for. */
export function fromLine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromLine);
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) {
    const [name, content] = first;
    if (name === "$bytes" && typeof content === "string") return new Uint8Array(Buffer.from(content, "base64"));
    if (name === "$number" && typeof content === "string") return NUMBERS.get(content);
  }
  return objectOf(entries, fromLine);
}

/** What stands for a value on a line. */
export function toLine(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toLine);
  return typeof value === "object" && value !== null ? objectOf(Object.entries(value), toLine) : value;
}

/** Also a property that is called `__proto__` is one of its own. */
function objectOf(entries: readonly [string, unknown][], map: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(entries.map(([name, content]) => [name, map(content)]));
}
