/**
 * The journals of a run.
 *
 * @module
 */

import { join } from "node:path";
import { memoryJournal, sqliteJournal, type Journal } from "@turnmux/gateway";
import { journalFile } from "./files.ts";
import type { Plant } from "./plants.ts";

/** Opens the journal of the gateway, or of a client. */
export function openJournal(folder: string, name: string, plants: readonly Plant[]): Journal {
  return plants.includes("memory-journal") ? memoryJournal() : sqliteJournal(join(folder, journalFile(name)));
}
