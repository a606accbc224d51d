/**
 * The page in the repository.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where it is. */
export const PAGE: string = fileURLToPath(new URL("../../../../docs/conformance.md", import.meta.url));

/** What it says, or nothing where it is not there yet. */
export function publishedPage(path: string = PAGE): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Writes it. */
export function writePage(text: string, path: string = PAGE): void {
  writeFileSync(path, text);
}

/** Where the page that is checked in says something else: the first lines that differ, as sentences. */
export function differences(text: string, path: string = PAGE): readonly string[] {
  if (!existsSync(path)) return ["docs/conformance.md is not there: npm run conformance -- --write"];
  const [is, should] = [readFileSync(path, "utf8").split("\n"), text.split("\n")];
  const found: string[] = [];
  for (let index = 0; index < Math.max(is.length, should.length) && found.length < SHOWN; index++) {
    if (is[index] === should[index]) continue;
    found.push(`docs/conformance.md:${index + 1} is "${is[index] ?? ""}", and came out as "${should[index] ?? ""}"`);
  }
  return found;
}

/** Differences that are told of: one alone may shift all lines behind it. */
const SHOWN = 5;
