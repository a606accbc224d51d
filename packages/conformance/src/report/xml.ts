/**
 * XML, as much of it as a report needs.
 *
 * @module
 */

/** An element. Attributes that are undefined are left out. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Elements, or one text. */
  readonly content?: readonly Element[] | string;
}

/** A document of one element. */
export function xmlDocument(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, "").join("\n")}\n`;
}

function lines({ name, attributes, content }: Element, indent: string): string[] {
  const given = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeAttribute(String(value))}"`],
  );
  const start = `${indent}<${name}${given.join("")}`;
  if (content === undefined || content.length === 0) return [`${start}/>`];
  if (typeof content === "string") return [`${start}>${escapeText(content)}</${name}>`];
  return [`${start}>`, ...content.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${name}>`];
}

/** Characters that XML 1.0 does not know, not even escaped, become U+FFFD. */
function known(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Control characters are what it looks for.
  return text.toWellFormed().replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "\uFFFD");
}

function escapeText(text: string): string {
  // A carriage return would be read as a line feed, and "]]>" is not allowed in a text.
  return known(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");
}

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
