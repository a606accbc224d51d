/**
 * Files that nobody needs tomorrow.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Undo } from "./undo.ts";

/** The path of a new directory, which is gone at the end. */
export async function temporaryDirectory(undo: Undo): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cron-agent-"));
  undo(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The path of a database file in a directory of its own. */
export async function temporaryDatabase(undo: Undo): Promise<string> {
  return join(await temporaryDirectory(undo), "jobs.db");
}
