/**
 * From a source to a source with a fault.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Edit, Mutant } from "./mutant.ts";

/** The repository. */
const ROOT = new URL("../../../../", import.meta.url);

/** Where a file of the repository is. */
export function urlOf(file: string): string {
  return new URL(file, ROOT).href;
}

/** Makes the edits of one file. Throws a sentence where one does not fit. */
export function patched(id: string, source: string, edits: readonly Edit[]): string {
  return edits.reduce((text, { file, find, replace }) => {
    const parts = text.split(find);
    const [before, behind] = parts;
    if (find === "" || before === undefined || behind === undefined || parts.length !== 2) {
      const times =
        find === "" ? "an empty text, which fits everywhere," : `a text that is in it ${parts.length - 1} times`;
      throw new Error(
        `Mutant ${id} does not fit: it looks for ${times} in ${file}, and that must be in it once: ${find}`,
      );
    }
    return `${before}${replace}${behind}`;
  }, source);
}

/** Why a mutant cannot be made of the sources as they are; undefined where it can. */
export function misfit({ id, edits }: Mutant): string | undefined {
  try {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const source = readFileSync(fileURLToPath(urlOf(file)), "utf8");
      patched(
        id,
        source,
        edits.filter((edit) => edit.file === file),
      );
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
