/**
 * Loads the mutants: those of each area are a file in `catalogue/`.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allMutants, type Mutant } from "./mutant.ts";

const FOLDER = new URL("catalogue/", import.meta.url);

/** What is planted, and why files could not be read. */
export interface Catalogue {
  readonly mutants: readonly Mutant[];
  /** By id: the name of the file, without its ending. */
  readonly areas: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** Loads all files. One that cannot be loaded does not keep from the others. */
export async function loadCatalogue(): Promise<Catalogue> {
  const areas = new Map<string, string>();
  const problems: string[] = [];
  const files = readdirSync(fileURLToPath(FOLDER)).filter((name) => name.endsWith(".ts"));
  for (const file of files.toSorted()) {
    try {
      await import(new URL(file, FOLDER).href);
    } catch (error) {
      problems.push(`catalogue/${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
    for (const { id } of allMutants()) if (!areas.has(id)) areas.set(id, file.slice(0, -".ts".length));
  }
  return { mutants: allMutants(), areas, problems };
}
