/**
 * How deep JSON nests and how much it holds, before it is parsed: JSON.parse takes seconds, and memory many times the text, for
 * millions of brackets, and has no limit.
 *
 * @module
 */

/** Up to this length JSON.parse is quick whatever the text is, and looking at it first would not pay. */
const SHORT = 0x4000;

/** Whether `json` is long, and nests deeper than `depth`. Says nothing of text that is not JSON, nor of short text. */
export function nestsDeeper(json: string, depth: number): boolean {
  return excess(json, depth, json.length) !== undefined;
}

/**
 * Of which `json` has too much, where it is long: of arrays and objects around one another, or of all of them (`containers`).
 * Says nothing of text that is not JSON, nor of short text.
 */
export function excess(json: string, depth: number, containers: number): "depth" | "containers" | undefined {
  const { length } = json;
  if (length <= SHORT) return undefined;
  let level = 0;
  let count = 0;
  for (let i = 0; i < length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(json, i + 1);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++level > depth) return "depth";
        if (++count > containers) return "containers";
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
        break;
      default:
    }
  }
  return undefined;
}

/** Where the quotation mark is that ends the string whose first character is at `start`. */
function endOfString(json: string, start: number): number {
  for (let from = start; ; ) {
    const quote = json.indexOf('"', from);
    if (quote < 0) return json.length;
    let escapes = 0;
    while (quote - escapes > from && json.charCodeAt(quote - escapes - 1) === 0x5c) escapes++;
    if (escapes % 2 === 0) return quote;
    from = quote + 1;
  }
}
