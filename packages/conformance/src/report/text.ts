/**
 * Text on a terminal.
 *
 * @module
 */

/** Colours, or none. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly odd: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** Colours where they are wanted. */
export function paint(coloured: boolean): Paint {
  const code =
    (start: number, end: number) =>
    (text: string): string =>
      coloured && text !== "" ? `\u001B[${start}m${text}\u001B[${end}m` : text;
  return { good: code(32, 39), bad: code(31, 39), odd: code(33, 39), dim: code(2, 22), bold: code(1, 22) };
}

/** Whether a stream gets colours: https://no-color.org says that any text in NO_COLOR means no. */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  if ((env["FORCE_COLOR"] ?? "") !== "") return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}

/** The words of a text in lines of a width; a word that is longer has a line of its own. */
export function wrapped(text: string, width: number, indent: string, hanging: string = indent): string[] {
  const lines: string[] = [];
  let line = indent;
  let empty = true;
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hanging;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  if (!empty) lines.push(line);
  return lines;
}

/** What comes from a peer, made harmless on a terminal: no control characters. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Control characters are what it looks for.
  return text.replace(/[\u0000-\u001F\u007F-\u009F]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** A number of things: `1 case`, `2 cases`. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
