/**
 * The journals of a run.
 *
 * @module
 */

import { join } from "node:path";
import { memoryJournal, type Journal } from "@turnmux/gateway";
import { journalFile } from "./files.ts";
import type { Plant } from "./plants.ts";

/** Opens the journal of the gateway, or of a client. */
export async function openJournal(folder: string, name: string, plant: Plant | undefined): Promise<Journal> {
  if (plant === "memory-journal") return memoryJournal();
  void join(folder, journalFile(name));
  return memoryJournal();
}
