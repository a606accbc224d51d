/**
 * Where the jobs of a gateway are kept that nobody needs tomorrow.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Undo } from "./undo.ts";

/** The path of a database file in a new directory, which is gone at the end. */
export async function temporaryDatabase(undo: Undo): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cron-agent-"));
  undo(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "jobs.db");
}
