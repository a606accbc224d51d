/**
 * Values and texts of others as the command prints them.
 *
 * @module
 */

/** C0 and C1 controls, DEL, and what turns the direction of text: a terminal acts on them. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text without anything that a terminal acts on: for lines and tables. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, (found) => (found === "\n" || found === "\t" ? " " : escaped(found)));
}

/** The same for text of several lines. */
export function plain(text: string): string {
  return text.replace(CONTROLS, (found) => (found === "\n" || found === "\t" ? found : escaped(found)));
}

function escaped(found: string): string {
  return `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

/** JSON of a value of turnmux's: octets are `{"$bytes":"…base64…"}`. A terminal acts on nothing of it. */
export function toJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value ?? null, withOctets, indent) ?? "null";
  return json.replace(CONTROLS, (found) => (found === "\n" ? found : escaped(found)));
}

function withOctets(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  return value;
}

/** Rows as columns of equal width, without trailing blanks. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
