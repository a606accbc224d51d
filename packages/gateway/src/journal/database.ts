/**
 * An open journal: operations in transactions, several in one, and what happens when one fails.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { explain } from "./failure.ts";
import type { DatabaseSettings, Operation, Result } from "./messages.ts";
import { openDatabase, realPath } from "./open.ts";
import { removeNote } from "./owner-file.ts";
import { Records } from "./records.ts";
import { MIGRATIONS } from "./schema.ts";

/** Synchronous throughout: it runs in a thread of its own. */
export class JournalDatabase {
  /** The connection, for tests. */
  readonly db: DatabaseSync;
  readonly #settings: DatabaseSettings;
  readonly #records: Records;

  /**
   * @param migrations another list for tests of migration
   * @throws {Refusal}
   */
  constructor(settings: DatabaseSettings, migrations: readonly string[] = MIGRATIONS) {
    this.#settings = { ...settings, path: realPath(settings.path) };
    this.db = openDatabase(this.#settings, migrations);
    this.#records = new Records(this.db, settings);
  }

  /**
   * Runs operations, all that change something in one transaction, which is on the disk when this returns. Where that fails
   * each is tried alone, so that one that cannot be recorded costs no other. Queries see what was recorded before them.
   */
  run(operations: readonly Operation[]): { readonly results: readonly Result[]; readonly commits: readonly number[] } {
    const results: Result[] = [];
    const commits: number[] = [];
    for (let start = 0; start < operations.length; ) {
      const first = operations[start];
      if (first === undefined) break;
      if (first.kind === "find") {
        results.push(this.#attempt(() => this.#apply(first, false)));
        start += 1;
        continue;
      }
      let end = start + 1;
      while (end < operations.length && operations[end]?.kind !== "find") end += 1;
      const group = operations.slice(start, end);
      results.push(...this.#write(group, commits));
      start = end;
    }
    return { results, commits };
  }

  /** Moves the log into the database, and lets go of the file. */
  close(): void {
    try {
      this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A full disk, say. What is in the log stays there, and is found at the next start.
    }
    // While the lock is held: later it would be the note of the next gateway.
    removeNote(this.#settings.path);
    this.db.close();
  }

  #write(group: readonly Operation[], commits: number[]): readonly Result[] {
    try {
      const results = this.#transaction(() => {
        this.#records.sweep(
          timeOf(group),
          group.reduce((sum, each) => sum + sizeOf(each), 0),
        );
        return group.map((operation) => this.#apply(operation, false));
      });
      commits.push(group.length);
      return results;
    } catch {
      // Without sweeping, and looking first: what needs nothing recorded, such as a replay, is answered on a full disk, too.
      return group.map((operation) =>
        this.#attempt(() => {
          const result = this.#transaction(() => this.#apply(operation, true));
          commits.push(1);
          return result;
        }),
      );
    }
  }

  #transaction<T>(run: () => T): T {
    // Nobody else can be writing: reading comes first, and what needs no writing does none.
    this.db.exec("BEGIN");
    try {
      const result = run();
      this.#records.store();
      this.db.exec("COMMIT");
      this.#records.committed();
      return result;
    } catch (error) {
      this.#records.rolledBack();
      // Some errors have ended it already.
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
  }

  #attempt(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      return { kind: "failed", message: `The journal "${this.#settings.shownPath}" failed: ${explain(error)}.` };
    }
  }

  #apply(operation: Operation, tried: boolean): Result {
    switch (operation.kind) {
      case "claim":
        return { kind: "claim", verdicts: operation.claims.map((claim) => this.#records.claim(claim, tried)) };
      case "settle":
        for (const settlement of operation.settlements) this.#records.settle(settlement);
        return { kind: "settle" };
      case "find":
        return { kind: "find", records: operation.queries.map((query) => this.#records.find(query)) };
    }
  }
}

function sizeOf(operation: Operation): number {
  switch (operation.kind) {
    case "claim":
      return operation.claims.length;
    case "settle":
      return operation.settlements.length;
    case "find":
      return operation.queries.length;
  }
}

function timeOf(group: readonly Operation[]): number {
  for (const operation of group) {
    const [first] =
      operation.kind === "claim" ? operation.claims : operation.kind === "settle" ? operation.settlements : [];
    if (first !== undefined) return first.atMs;
  }
  return 0;
}
