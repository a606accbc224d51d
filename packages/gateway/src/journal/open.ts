/**
 * Opens a journal's file: looks first, without changing an octet, then takes the lock, then brings it up to date.
 *
 * @module
 */

import { accessSync, closeSync, constants, openSync, realpathSync, rmSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { explain, Refusal, Sqlite, sqliteCode } from "./failure.ts";
import { describeUser, leaveNote } from "./owner-file.ts";
import { integer, text } from "./rows.ts";
import { APPLICATION_ID, migrate } from "./schema.ts";

/** Files up to this size, in octets, are read through when they are opened, so that damage shows at once: that takes about a second. */
const CHECKED_OCTETS = 256 * 1024 * 1024;

/** What `open` needs to know. */
export interface OpenSettings {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** As the user wrote it. */
  readonly shownPath: string;
  readonly openedAtMs: number;
}

/**
 * Opens the file, or makes a new one, and keeps every other program out until the database is closed or the process ends.
 *
 * @throws {Refusal} which says which file it is and what to do. Then nothing about the file was changed.
 */
export function openDatabase(settings: OpenSettings, migrations: readonly string[]): DatabaseSync {
  const { path, shownPath } = settings;
  try {
    prepareFile(settings);
    inspect(settings, migrations);
    const db = new DatabaseSync(path, { enableForeignKeyConstraints: false, timeout: 0 });
    try {
      takeLock(db);
      // Another gateway may have come first, between the look and the lock.
      check(db, settings, migrations.length);
      // Readers leave their index behind. Under the lock there are none, and this connection has its index in memory.
      rmSync(`${path}-shm`, { force: true });
      migrate(db, versionOf(db), migrations);
    } catch (error) {
      db.close();
      throw error;
    }
    leaveNote(path, settings.openedAtMs);
    return db;
  } catch (error) {
    throw refusalOf(error, path, shownPath);
  }
}

/** The path without symbolic links: SQLite puts its other files where the database really is. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // It does not exist yet, or cannot be reached, which is told later.
  }
}

function refusalOf(error: unknown, path: string, shownPath: string): Refusal {
  if (error instanceof Refusal) return error;
  switch (sqliteCode(error)) {
    case Sqlite.busy:
      return new Refusal(
        `The journal "${shownPath}" is in use by ${describeUser(path)}: it belongs to one gateway at a time, so stop that one, or give this one a file of its own.`,
      );
    case Sqlite.notDatabase:
      return new Refusal(
        `The journal "${shownPath}" is not a SQLite database: name another file, or move this one out of the way.`,
      );
    case Sqlite.corrupt:
      return damaged(shownPath);
    default:
      return new Refusal(`The journal "${shownPath}" cannot be opened: ${explain(error)}.`, false, error);
  }
}

function damaged(shownPath: string): Refusal {
  return new Refusal(
    `The journal "${shownPath}" is damaged and was left as it is: move it and its -wal file out of the way to start with an empty one, or see "Repair" in docs/operations.md.`,
  );
}

/** Makes the file where there is none, and refuses what could never be written. */
function prepareFile({ path, shownPath }: OpenSettings): void {
  const folder = stat(dirname(path), shownPath);
  if (folder?.isDirectory() !== true) {
    throw new Refusal(`The folder of the journal "${shownPath}" does not exist: make it, or name another file.`);
  }
  const file = stat(path, shownPath);
  if (file !== undefined && !file.isFile()) {
    throw new Refusal(`The journal "${shownPath}" is not a file: name another path.`);
  }
  // A database that lost its log, or a log that lost its database: SQLite would delete what is in it.
  if ((file?.size ?? 0) === 0 && logOctets(path, shownPath) > 0) {
    throw new Refusal(
      `The journal "${shownPath}" is missing while its -wal file is there: put the two together again, or move the -wal file out of the way.`,
    );
  }
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    if (file !== undefined) accessSync(path, constants.R_OK | constants.W_OK);
    // Keys, principals and results are nobody else's business. SQLite gives its other files the same mode.
    else closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (isCode(error, "EEXIST")) return; // another gateway was faster
    throw new Refusal(
      `The journal "${shownPath}" cannot be written: let this process write the file and its folder, or name another file.`,
      true,
      error,
    );
  }
}

function stat(path: string, shownPath: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new Refusal(
      `The journal "${shownPath}" cannot be reached: make its folder readable, or name another file.`,
      true,
      error,
    );
  }
}

function logOctets(path: string, shownPath: string): number {
  return stat(`${path}-wal`, shownPath)?.size ?? 0;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/**
 * Looks at what is there. SQLite does the reading, never `node:fs`: a process that closes a file it has opened itself loses
 * all its locks on it, also those of a gateway in another thread.
 */
function inspect(settings: OpenSettings, migrations: readonly string[]): void {
  const { path, shownPath } = settings;
  const size = stat(path, shownPath)?.size ?? 0;
  if (size === 0) return;
  const log = logOctets(path, shownPath);
  // Without a log the file is all there is, and SQLite can be told to leave everything alone. With one it has to be
  // asked for the lock, since somebody may be writing, and keeps an index of the log in another file.
  const location = log === 0 ? immutable(path) : path;
  const db = new DatabaseSync(location, { readOnly: true, timeout: 0 });
  try {
    check(db, settings, migrations.length);
    if (!hasSchema(db, migrations.slice(0, versionOf(db)))) throw damaged(shownPath);
    if (size + log <= CHECKED_OCTETS && !isSound(db)) throw damaged(shownPath);
  } finally {
    db.close();
  }
}

function immutable(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  return url;
}

/** Whether this is a journal of a known version. An empty database is: its making was interrupted. */
function check(db: DatabaseSync, { shownPath }: OpenSettings, newest: number): void {
  const version = versionOf(db);
  const application = pragma(db, "application_id");
  const tables = db.prepare("SELECT count(*) AS tables FROM sqlite_schema").get();
  if (version === 0 && application === 0 && tables !== undefined && integer(tables, "tables") === 0) return;
  if (application !== APPLICATION_ID) {
    throw new Refusal(`The journal "${shownPath}" is the database of another program: name another file.`);
  }
  if (version > newest) {
    throw new Refusal(
      `The journal "${shownPath}" was written by a newer turnmux (schema ${version}, this one knows ${newest}): update turnmux, or name another file.`,
    );
  }
}

function versionOf(db: DatabaseSync): number {
  return pragma(db, "user_version");
}

function pragma(db: DatabaseSync, name: string): number {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? 0 : integer(row, name);
}

/** Whether all tables, indexes and triggers that these steps make are there, just so. More do no harm. */
function hasSchema(db: DatabaseSync, steps: readonly string[]): boolean {
  const model = new DatabaseSync(":memory:");
  try {
    for (const step of steps) model.exec(step);
    const actual = definitions(db);
    return [...definitions(model)].every((definition) => actual.has(definition));
  } finally {
    model.close();
  }
}

function definitions(db: DatabaseSync): ReadonlySet<string> {
  const rows = db
    .prepare("SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS definition FROM sqlite_schema")
    .all();
  return new Set(rows.map((row) => text(row, "definition")));
}

function isSound(db: DatabaseSync): boolean {
  return db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] === "ok";
}

function takeLock(db: DatabaseSync): void {
  // Before anything is read: then the index of the log is in this process's memory, and the lock is the operating
  // system's, on the file itself. It ends with the process, however that ends.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384");
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON");
  db.exec("PRAGMA checkpoint_fullfsync = ON; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4000");
  db.exec("BEGIN IMMEDIATE; COMMIT");
  if (db.prepare("PRAGMA journal_mode").get()?.["journal_mode"] !== "wal") {
    throw new Error("The file system does not take a write-ahead log.");
  }
}
