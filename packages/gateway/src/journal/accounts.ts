/**
 * What the records of each principal, and all of them, count for: kept in memory, and written once for each transaction.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { integer, type Row, storedText, text } from "./rows.ts";

/** How many principals are kept in memory between transactions. */
const KEPT_PRINCIPALS = 1024;

/** What the records of one principal count for. Changed by {@link Accounts} alone. */
export interface Account {
  readonly id: number;
  readonly name: string;
  readonly records: number;
  /** Of records and results. */
  readonly octets: number;
  /** Of results alone: what dropping all of them would free. */
  readonly resultOctets: number;
}

type Draft = { -readonly [K in keyof Account]: Account[K] };

/**
 * The rows of `principal`. Whoever holds the file's lock is the only one to change them, so that they need to be read once only.
 *
 * Whoever changes a record says so here, and calls {@link store} before the transaction's end, or {@link rolledBack} where
 * that does not come about.
 */
export class Accounts {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byName = new Map<string, Draft>();
  readonly #byId = new Map<number, Draft>();
  readonly #changed = new Set<Draft>();
  #octets: number;
  #resultOctets: number;
  /** The two before this transaction. */
  #octetsBefore: number;
  #resultOctetsBefore: number;

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db);
    const sums = this.#statements.sums.get() ?? {};
    this.#octets = this.#octetsBefore = integer(sums, "octets");
    this.#resultOctets = this.#resultOctetsBefore = integer(sums, "result_octets");
  }

  /** What all records and results count for. */
  get octets(): number {
    return this.#octets;
  }

  /** What all results count for. */
  get resultOctets(): number {
    return this.#resultOctets;
  }

  /** The account of a principal; undefined where it has no records. */
  of(name: string): Account | undefined {
    const kept = this.#byName.get(name);
    return kept ?? this.#keep(this.#statements.byName.get(storedText(name)));
  }

  /** The account of a principal that has none. Read again after a rollback. */
  open(name: string): Account {
    const id = Number(this.#statements.add.run(storedText(name)).lastInsertRowid);
    return this.#hold({ id, name, records: 0, octets: 0, resultOctets: 0 });
  }

  /** The account that a record names. Undefined where there is none, which nothing but damage brings about. */
  withId(id: number): Account | undefined {
    return this.#byId.get(id) ?? this.#keep(this.#statements.byId.get(id));
  }

  /** Books a change: so many records, octets of records without their results, and octets of results more. */
  add(account: Account, records: number, octets: number, resultOctets: number): void {
    const draft = this.#byId.get(account.id);
    if (draft === undefined) throw new Error("The account is not of this transaction.");
    draft.records += records;
    draft.octets += octets + resultOctets;
    draft.resultOctets += resultOctets;
    this.#octets += octets + resultOctets;
    this.#resultOctets += resultOctets;
    this.#changed.add(draft);
  }

  /** Writes what has changed. Accounts of no records are removed. */
  store(): void {
    for (const account of this.#changed) {
      const { id, name, records, octets, resultOctets } = account;
      if (records > 0) this.#statements.store.run(records, octets, resultOctets, id);
      else {
        this.#statements.remove.run(id);
        this.#byId.delete(id);
        this.#byName.delete(name);
      }
    }
  }

  /** The transaction has come about. */
  committed(): void {
    this.#changed.clear();
    this.#octetsBefore = this.#octets;
    this.#resultOctetsBefore = this.#resultOctets;
    this.trim();
  }

  /** Forgets what is too much to keep. Between transactions only: what {@link of} gave before is worth nothing then. */
  trim(): void {
    if (this.#byId.size > KEPT_PRINCIPALS) this.#forget();
  }

  /** The transaction has not come about. */
  rolledBack(): void {
    this.#changed.clear();
    this.#octets = this.#octetsBefore;
    this.#resultOctets = this.#resultOctetsBefore;
    this.#forget();
  }

  #forget(): void {
    this.#byId.clear();
    this.#byName.clear();
  }

  #keep(row: Row | undefined): Draft | undefined {
    if (row === undefined) return undefined;
    return this.#hold({
      id: integer(row, "id"),
      name: text(row, "name"),
      records: integer(row, "records"),
      octets: integer(row, "octets"),
      resultOctets: integer(row, "result_octets"),
    });
  }

  #hold(account: Draft): Draft {
    this.#byId.set(account.id, account);
    this.#byName.set(account.name, account);
    return account;
  }
}

function prepare(db: DatabaseSync): {
  readonly [T in "sums" | "byName" | "byId" | "add" | "store" | "remove"]: StatementSync;
} {
  const columns = "id, name, records, octets, result_octets";
  return {
    sums: db.prepare(
      "SELECT coalesce(sum(octets), 0) AS octets, coalesce(sum(result_octets), 0) AS result_octets FROM principal",
    ),
    byName: db.prepare(`SELECT ${columns} FROM principal WHERE name = ?`),
    byId: db.prepare(`SELECT ${columns} FROM principal WHERE id = ?`),
    add: db.prepare("INSERT INTO principal (name) VALUES (?)"),
    store: db.prepare("UPDATE principal SET records = ?, octets = ?, result_octets = ? WHERE id = ?"),
    remove: db.prepare("DELETE FROM principal WHERE id = ?"),
  };
}
