/** Journals in files of their own, which are gone when the test is over. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Journal } from "@turnmux/core";
import { onTestFinished } from "vitest";
import { sqliteJournal, type SqliteJournalOptions } from "../../src/index.ts";

/** A new folder. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "turnmux-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a file that does not exist yet. */
export function newPath(): string {
  return join(newFolder(), "journal.db");
}

/** Opens a journal that the test's end closes. */
export function openJournal(path: string = newPath(), options: SqliteJournalOptions = {}): Journal {
  const journal = sqliteJournal(path, options);
  onTestFinished(() => journal.close());
  return journal;
}

/** All files of a folder, with their octets. */
export function octetsIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name)).toString("base64")]));
}
