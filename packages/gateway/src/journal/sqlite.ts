/**
 * A journal in a file, which outlives the process.
 *
 * @module
 */

import { resolve } from "node:path";
import { type Journal, UsageError } from "@turnmux/core";
import type { DatabaseSettings } from "./messages.ts";
import { reachable } from "./reach.ts";
import { JournalThread } from "./thread.ts";

/** The limits of a {@link sqliteJournal}. */
export interface SqliteJournalOptions {
  /**
   * How long a record is kept, in milliseconds: counted from its ending, and where its owner died, from when that was
   * found out. Default: 24 hours. What runs is kept as long as it runs.
   */
  readonly retentionMs?: number;
  /**
   * How many octets all records may have together, results included. A record counts for 256 and two for each character
   * of its strings, which is about what it takes in the file. Default: 1 GiB. Beyond it the oldest results are dropped,
   * never key, fingerprint and outcome; when those fill it, new claims get `full`.
   */
  readonly maxOctets?: number;
  /** How many octets the records of one principal may have together. Default: a quarter of `maxOctets`. */
  readonly maxPrincipalOctets?: number;
}

const DEFAULT_RETENTION_MS = 24 * 60 * 60 * 1000;
const DEFAULT_MAX_OCTETS = 1024 * 1024 * 1024;

/**
 * Opens a journal in a SQLite file, and makes the file where there is none. What it says is recorded is on the disk, and
 * survives a crash of the process and of the machine. See `docs/operations.md`.
 *
 * Blocks until the file is open and checked. From then on a thread of its own waits for the disk; claims and settlements of one
 * turn of the event loop share one commit. It keeps no process up unless something is under way.
 *
 * The file belongs to one journal at a time; it has to be on a local disk. What was running when the last owner of the file
 * ended has no owner any more: whoever claims its key gets `abandoned`.
 *
 * A claim or settlement that cannot be recorded, for example because the disk is full, rejects, and the journal goes on.
 *
 * @param path of the file. SQLite keeps another one beside it, with `-wal` behind its name
 * @throws {UsageError} when a limit is not a positive whole number; and with one sentence that says what to do when the file is
 * in use, damaged, not a journal, of a newer version, or cannot be written. Then it was not touched
 */
export function sqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
  return reachable("sqlite", true, new JournalThread(settingsOf(path, options)));
}

function settingsOf(path: string, options: SqliteJournalOptions): DatabaseSettings {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new UsageError("sqliteJournal(): name a file.");
  }
  if (path === ":memory:") {
    throw new UsageError("sqliteJournal(): a journal in memory is memoryJournal(); name a file.");
  }
  if (path.startsWith("file:")) throw new UsageError("sqliteJournal(): name a path, not a URL.");
  const maxOctets = positive("maxOctets", options.maxOctets ?? DEFAULT_MAX_OCTETS);
  const maxPrincipalOctets = options.maxPrincipalOctets ?? Math.max(1, Math.floor(maxOctets / 4));
  return {
    path: resolve(path),
    shownPath: path,
    openedAtMs: Date.now(),
    retentionMs: positive("retentionMs", options.retentionMs ?? DEFAULT_RETENTION_MS),
    maxOctets,
    maxPrincipalOctets: positive("maxPrincipalOctets", maxPrincipalOctets),
  };
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`sqliteJournal(): ${name} must be a positive whole number.`);
}
