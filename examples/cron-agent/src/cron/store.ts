/**
 * Jobs in SQLite.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { JobSpec } from "./job.ts";

/** A job as its row says it; when it is due next is the scheduler's business. */
export interface StoredJob extends JobSpec {
  readonly id: string;
  readonly runs: number;
}

/** One table of jobs in one database file. Every method is synchronous and durable when it returns. */
export class JobStore {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #all: StatementSync;
  readonly #remove: StatementSync;
  readonly #ran: StatementSync;

  /** Opens the file, and creates the table where there is none. */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS jobs (
        position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, schedule TEXT NOT NULL,
        message TEXT NOT NULL, runs INTEGER NOT NULL DEFAULT 0
      ) STRICT;
    `);
    this.#insert = this.#db.prepare("INSERT INTO jobs (id, name, schedule, message) VALUES (?, ?, ?, ?)");
    this.#all = this.#db.prepare("SELECT id, name, schedule, message, runs FROM jobs ORDER BY position");
    this.#remove = this.#db.prepare("DELETE FROM jobs WHERE id = ?");
    this.#ran = this.#db.prepare("UPDATE jobs SET runs = runs + 1 WHERE id = ?");
  }

  /** Adds a job. Two jobs may be equal but for their ids: nothing here recognises a duplicate. */
  insert(id: string, spec: JobSpec): void {
    this.#insert.run(id, spec.name, spec.schedule, spec.message);
  }

  /** All jobs, oldest first. */
  all(): StoredJob[] {
    return this.#all.all() as unknown as StoredJob[];
  }

  /** True when there was such a job. */
  remove(id: string): boolean {
    return this.#remove.run(id).changes === 1;
  }

  /** Counts one run. True when there is such a job. */
  ran(id: string): boolean {
    return this.#ran.run(id).changes === 1;
  }

  close(): void {
    this.#db.close();
  }
}
