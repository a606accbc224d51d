/** What runs in a journal's thread, without the thread. */
import type { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished } from "vitest";
import { claimOf, okOf, settlementOf } from "../../../core/test/support/journal-suite.ts";
import { JournalDatabase } from "../../src/journal/database.ts";
import type { DatabaseSettings, Result } from "../../src/journal/messages.ts";
import { MIGRATIONS } from "../../src/journal/schema.ts";
import { newPath } from "./journal-files.ts";

/** Opens a file, and closes it with the test. */
export function openDatabase(
  path: string = newPath(),
  more: Partial<DatabaseSettings> = {},
  migrations: readonly string[] = MIGRATIONS,
): JournalDatabase {
  const limits = { retentionMs: 1000, maxOctets: 2 ** 30, maxPrincipalOctets: 2 ** 28 };
  const database = new JournalDatabase({ path, shownPath: "state.db", openedAtMs: 0, ...limits, ...more }, migrations);
  onTestFinished(() => {
    if (database.db.isOpen) database.close();
  });
  return database;
}

/** Claims a key for "ada". The call id is the key. */
export function claimed(database: JournalDatabase, key: string, atMs = 0): Result | undefined {
  return database.run([{ kind: "claim", claims: [claimOf({ key, callId: key, atMs })] }]).results[0];
}

/** Settles a key of "ada", with a result of so many octets. */
export function settled(database: JournalDatabase, key: string, octets = 0, atMs = 0): Result | undefined {
  return database.run([{ kind: "settle", settlements: [settlementOf({ key, atMs, ending: okOf(octets) })] }])
    .results[0];
}

/** Checks that what the file says its records count for is what they count for. */
export function expectExactSums(db: DatabaseSync): void {
  const kept = db.prepare("SELECT id, records, octets, result_octets FROM principal ORDER BY id").all();
  const counted = db.prepare(
    `SELECT principal AS id, count(*) AS records, sum(octets + result_octets) AS octets, sum(result_octets) AS result_octets
     FROM record GROUP BY principal ORDER BY principal`,
  );
  expect(kept).toEqual(counted.all());
}
