/**
 * How deep JSON nests, before it is parsed: JSON.parse takes seconds for millions of brackets, and has no limit.
 *
 * @module
 */

/** Up to this length JSON.parse is quick whatever the text is, and looking at it first would not pay. */
const SHORT = 0x4000;

/** Whether `json` is long, and nests deeper than `depth`. Says nothing of text that is not JSON, nor of short text. */
export function nestsDeeper(json: string, depth: number): boolean {
  const { length } = json;
  if (length <= SHORT) return false;
  let level = 0;
  for (let i = 0; i < length; i++) {
    switch (json.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(json, i + 1);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++level > depth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
        break;
      default:
    }
  }
  return false;
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
