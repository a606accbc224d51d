/**
 * What may be an argument, an item or a result (`docs/spec.md` section 9), and the error for what may not.
 *
 * @module
 */

/**
 * A value: what JSON has, and octets, at any depth. Negative zero is zero, and a property that is undefined is absent.
 * What lies outside is refused with its path, never changed silently (CONT-001).
 */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value | undefined };

/** Longest part of a path that a message shows, in UTF-16 units. */
const SHOWN_KEY = 64;
/** Most parts of a path that a message shows. */
const SHOWN_PARTS = 16;

/** A value lies outside of what turnmux carries. The message says where and what to send instead; it never holds the value. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  /** The keys and indices that lead to the culprit; empty when it is the value itself. */
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], problem: string, options?: ErrorOptions) {
    super(path.length === 0 ? problem : `at "${renderPath(path)}": ${problem}`, options);
    this.path = path;
  }
}

/** A path as JavaScript would write it: `input.when`, `rows[3]["two words"]`. */
export function renderPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path.slice(0, SHOWN_PARTS)) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(part) && part.length <= SHOWN_KEY) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part.length > SHOWN_KEY ? `${part.slice(0, SHOWN_KEY)}…` : part)}]`;
  }
  return path.length > SHOWN_PARTS ? `${text}…` : text;
}
