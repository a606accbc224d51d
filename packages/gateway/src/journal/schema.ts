/**
 * The tables of a journal's file, and the way from each version of them to the next. `docs/operations.md` describes them.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** `PRAGMA application_id`: tells a journal from any other database. "tmjl". */
export const APPLICATION_ID = 0x746d6a6c;

/**
 * Step n leads from version n to version n + 1; version 0 is an empty file. A step that was released is never changed: a
 * new one is added.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE principal (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     records INTEGER NOT NULL DEFAULT 0,
     octets INTEGER NOT NULL DEFAULT 0,
     result_octets INTEGER NOT NULL DEFAULT 0
   ) STRICT;

   CREATE TABLE total (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     octets INTEGER NOT NULL,
     result_octets INTEGER NOT NULL
   ) STRICT;
   INSERT INTO total VALUES (1, 0, 0);

   CREATE TABLE life (
     id INTEGER PRIMARY KEY,
     began_at INTEGER NOT NULL
   ) STRICT;

   CREATE TABLE record (
     id INTEGER PRIMARY KEY,
     principal INTEGER NOT NULL,
     key TEXT NOT NULL,
     tool TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     call_id TEXT NOT NULL,
     owner TEXT NOT NULL,
     epoch INTEGER NOT NULL,
     life INTEGER NOT NULL,
     claimed_at INTEGER NOT NULL,
     settled_at INTEGER,
     octets INTEGER NOT NULL,
     result_octets INTEGER NOT NULL DEFAULT 0,
     code INTEGER,
     outcome TEXT,
     retryable INTEGER,
     message TEXT,
     content INTEGER,
     body BLOB
   ) STRICT;
   CREATE UNIQUE INDEX record_key ON record (principal, key);
   CREATE INDEX record_call ON record (principal, call_id);
   CREATE INDEX record_running ON record (life) WHERE settled_at IS NULL;
   CREATE INDEX record_settled ON record (settled_at) WHERE settled_at IS NOT NULL;
   CREATE INDEX record_result ON record (settled_at) WHERE result_octets > 0;
   CREATE INDEX record_result_of ON record (principal, settled_at) WHERE result_octets > 0;

   CREATE TRIGGER record_added AFTER INSERT ON record BEGIN
     UPDATE principal SET records = records + 1, octets = octets + new.octets + new.result_octets,
       result_octets = result_octets + new.result_octets WHERE id = new.principal;
     UPDATE total SET octets = octets + new.octets + new.result_octets,
       result_octets = result_octets + new.result_octets;
   END;
   CREATE TRIGGER record_resized AFTER UPDATE OF result_octets ON record
   WHEN new.result_octets <> old.result_octets BEGIN
     UPDATE principal SET octets = octets + new.result_octets - old.result_octets,
       result_octets = result_octets + new.result_octets - old.result_octets WHERE id = new.principal;
     UPDATE total SET octets = octets + new.result_octets - old.result_octets,
       result_octets = result_octets + new.result_octets - old.result_octets;
   END;
   CREATE TRIGGER record_removed AFTER DELETE ON record BEGIN
     UPDATE principal SET records = records - 1, octets = octets - old.octets - old.result_octets,
       result_octets = result_octets - old.result_octets WHERE id = old.principal;
     UPDATE total SET octets = octets - old.octets - old.result_octets,
       result_octets = result_octets - old.result_octets;
     DELETE FROM principal WHERE id = old.principal AND records = 0;
   END;`,
  // The sums are kept by whoever writes records: what triggers wrote for each record is written once for each transaction.
  `DROP TRIGGER record_added;
   DROP TRIGGER record_resized;
   DROP TRIGGER record_removed;
   DROP TABLE total;`,
];

/**
 * Brings a database to the newest version, in one transaction: a step that fails leaves all as it was, and throws.
 *
 * @param version what it has now
 */
export function migrate(db: DatabaseSync, version: number, migrations: readonly string[]): void {
  if (version === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
