/**
 * Claims, settlements and queries against the tables of a journal.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type {
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
  RecordedEnding,
} from "@turnmux/core";
import { integer, octets, optionalInteger, optionalText, type Row, storedText, text } from "./rows.ts";

/** How much is kept, and how long. */
export interface RecordLimits {
  readonly retentionMs: number;
  readonly maxOctets: number;
  readonly maxPrincipalOctets: number;
}

/** What a record counts for beside its strings: columns and entries of indexes, generously. */
const RECORD_OVERHEAD = 256;

/** How many rows one statement of a sweep takes. */
const SWEEP_ROWS = 64;

/** `data_loss` on the wire: the call took effect, and its result is no longer kept. */
const DATA_LOSS = 15;

const COLUMNS = `id, key, tool, fingerprint, call_id, owner, epoch, life, claimed_at, settled_at,
  code, outcome, retryable, message, content, body`;

interface Account {
  readonly octets: number;
  readonly resultOctets: number;
}

interface PrincipalAccount extends Account {
  readonly id: number;
}

/**
 * The records of one life of the journal: from opening the file to closing it. Who holds the file's lock knows that what
 * runs since an earlier life has no owner any more.
 *
 * The caller puts transactions around its methods.
 */
export class Records {
  readonly #limits: RecordLimits;
  readonly #statements: ReturnType<typeof prepare>;
  /** Which life this is. It has a row from its first claim on. */
  readonly #life: number;
  #lifeIsStored = false;
  /** The time of the latest batch: queries bring none. */
  #nowMs = 0;

  /** Prepares all statements, and so throws where the tables are not those of the schema. */
  constructor(db: DatabaseSync, limits: RecordLimits) {
    this.#limits = limits;
    this.#statements = prepare(db);
    this.#life = 1 + integer(this.#statements.latestLife.get() ?? {}, "life");
  }

  /** Tells that the latest transaction did not come about. */
  rolledBack(): void {
    // Stored again, if need be, by a statement that does no harm where it is stored.
    this.#lifeIsStored = false;
  }

  claim(claim: JournalClaim): JournalVerdict {
    const { atMs } = claim;
    this.#nowMs = atMs;
    const row = this.#find(claim.principal, claim.key);
    if (row === undefined) return this.#record(claim);
    if (text(row, "fingerprint") !== claim.fingerprint) return { kind: "conflict" };
    if (optionalInteger(row, "settled_at") !== undefined) return { kind: "settled", ending: endingOf(row) };
    const callId = text(row, "call_id");
    if (integer(row, "life") === this.#life) {
      return { kind: "running", callId, owner: text(row, "owner"), epoch: integer(row, "epoch") };
    }
    this.#storeLife(atMs);
    this.#statements.takeOver.run(storedText(claim.owner), claim.epoch, this.#life, integer(row, "id"));
    return { kind: "abandoned", callId };
  }

  settle(settlement: JournalSettlement): void {
    const { principal, ending, atMs } = settlement;
    this.#nowMs = atMs;
    const row = this.#find(principal, settlement.key);
    if (row === undefined || optionalInteger(row, "settled_at") !== undefined) return;
    if (text(row, "owner") !== settlement.owner || integer(row, "epoch") !== settlement.epoch) return;
    if (integer(row, "life") !== this.#life) return;

    const id = integer(row, "id");
    if (ending.outcome === "not_started" || ending.outcome === "failed") {
      this.#statements.remove.run(id);
      return;
    }
    const { code, outcome, retryable, message, body } = ending;
    const size = body.octets.length + 2 * (message?.length ?? 0);
    const flag = retryable === undefined ? null : Number(retryable);
    const base = [Math.trunc(atMs), code, outcome ?? null, flag] as const;
    if (this.#makeRoom(size, principal, atMs)) {
      const stored = message === undefined ? null : storedText(message);
      this.#statements.settle.run(...base, size, stored, body.content, body.octets, id);
    } else {
      this.#statements.settle.run(...base, 0, null, null, null, id);
    }
  }

  find(query: JournalQuery): JournalRecord | undefined {
    const account = this.#principal(query.principal);
    if (account === undefined) return undefined;
    const { byKey, byCall } = this.#statements;
    const row =
      "key" in query ? byKey.get(account.id, storedText(query.key)) : byCall.get(account.id, storedText(query.callId));
    if (row === undefined || this.#isExpired(row, this.#nowMs)) return undefined;
    const settledAtMs = optionalInteger(row, "settled_at");
    return {
      key: text(row, "key"),
      tool: text(row, "tool"),
      fingerprint: text(row, "fingerprint"),
      callId: text(row, "call_id"),
      owner: text(row, "owner"),
      epoch: integer(row, "epoch"),
      claimedAtMs: integer(row, "claimed_at"),
      ...(settledAtMs === undefined ? {} : { settledAtMs, ending: endingOf(row) }),
    };
  }

  /** Removes some of what is over its retention: a bounded number, more where more is claimed. */
  sweep(nowMs: number, operations: number): void {
    for (let left = operations; left >= 0; left -= SWEEP_ROWS) {
      if (this.#sweepOnce(nowMs) < SWEEP_ROWS) return;
    }
  }

  /** How many were removed; fewer than {@link SWEEP_ROWS} when there are no more. */
  #sweepOnce(nowMs: number): number {
    const { removeSettled, removeAbandoned, forgetLives } = this.#statements;
    const settled = Number(removeSettled.run(nowMs - this.#limits.retentionMs, SWEEP_ROWS).changes);
    const oldest = this.#oldestLife(nowMs);
    if (oldest === undefined) return settled;
    const abandoned = Number(removeAbandoned.run(oldest, SWEEP_ROWS).changes);
    if (abandoned < SWEEP_ROWS) forgetLives.run(oldest);
    return Math.max(settled, abandoned);
  }

  /** The record of a key; one over its retention is removed. */
  #find(principal: string, key: string): Row | undefined {
    const account = this.#principal(principal);
    const row = account && this.#statements.byKey.get(account.id, storedText(key));
    if (row === undefined || !this.#isExpired(row, this.#nowMs)) return row;
    this.#statements.remove.run(integer(row, "id"));
    return undefined;
  }

  #isExpired(row: Row, nowMs: number): boolean {
    const settledAtMs = optionalInteger(row, "settled_at");
    if (settledAtMs !== undefined) return settledAtMs + this.#limits.retentionMs <= nowMs;
    const oldest = this.#oldestLife(nowMs);
    return oldest !== undefined && integer(row, "life") < oldest;
  }

  /**
   * What runs since a life before this one was abandoned for longer than the retention. It counts from the beginning of the
   * life that found it abandoned: when its owner died nobody knows.
   */
  #oldestLife(nowMs: number): number | undefined {
    const row = this.#statements.oldestLife.get(nowMs - this.#limits.retentionMs);
    return row && optionalInteger(row, "life");
  }

  #record(claim: JournalClaim): JournalVerdict {
    const { principal, key, tool, fingerprint, callId, owner, epoch, atMs } = claim;
    const texts = [principal, key, tool, fingerprint, callId, owner];
    const size = RECORD_OVERHEAD + 2 * texts.reduce((sum, each) => sum + each.length, 0);
    if (!this.#makeRoom(size, principal, atMs)) {
      return { kind: "full", message: "The journal of calls is full.", retryAfterMs: this.#nextExpiry(atMs) };
    }
    this.#storeLife(atMs);
    const id =
      this.#principal(principal)?.id ?? this.#statements.addPrincipal.run(storedText(principal)).lastInsertRowid;
    const stored = [key, tool, fingerprint, callId, owner].map(storedText);
    this.#statements.add.run(id, ...stored, epoch, this.#life, Math.trunc(atMs), size);
    return { kind: "claimed" };
  }

  #storeLife(atMs: number): void {
    if (this.#lifeIsStored) return;
    this.#statements.storeLife.run(this.#life, Math.trunc(atMs));
    this.#lifeIsStored = true;
  }

  /** Makes room for so many octets of one principal by dropping results. Drops none where that would not do. */
  #makeRoom(size: number, principal: string, nowMs: number): boolean {
    const { maxOctets, maxPrincipalOctets } = this.#limits;
    for (;;) {
      const mine = this.#principal(principal);
      const all = accountOf(this.#statements.total.get() ?? {});
      const myLack = (mine?.octets ?? 0) + size - maxPrincipalOctets;
      const lack = all.octets + size - maxOctets;
      if (myLack <= (mine?.resultOctets ?? 0) && lack <= all.resultOctets) {
        const dropped = mine === undefined ? 0 : this.#drop(myLack, () => this.#statements.resultsOf.all(mine.id));
        this.#drop(lack - dropped, () => this.#statements.results.all());
        return true;
      }
      // What sweeping has not come to yet. Each round gives back what somebody once filled.
      if (this.#sweepOnce(nowMs) === 0) return false;
    }
  }

  /** Drops results, the oldest first, until so many octets are free. Gives back how many were freed. */
  #drop(size: number, next: () => readonly Row[]): number {
    let freed = 0;
    while (freed < size) {
      const rows = next();
      if (rows.length === 0) break;
      for (const row of rows) {
        if (freed >= size) break;
        this.#statements.drop.run(integer(row, "id"));
        freed += integer(row, "result_octets");
      }
    }
    return freed;
  }

  #nextExpiry(nowMs: number): number | undefined {
    const row = this.#statements.nextSettled.get();
    return row && Math.max(1, integer(row, "settled_at") + this.#limits.retentionMs - nowMs);
  }

  #principal(name: string): PrincipalAccount | undefined {
    const row = this.#statements.principal.get(storedText(name));
    return row && { id: integer(row, "id"), ...accountOf(row) };
  }
}

function accountOf(row: Row): Account {
  return { octets: integer(row, "octets"), resultOctets: integer(row, "result_octets") };
}

function endingOf(row: Row): RecordedEnding {
  const code = integer(row, "code");
  const content = optionalInteger(row, "content");
  const outcome = outcomeOf(row);
  const flag = optionalInteger(row, "retryable");
  const retryable = flag === undefined ? undefined : flag !== 0;
  if (content !== undefined) {
    const message = optionalText(row, "message");
    return { code, message, outcome, retryable, body: { content, octets: octets(row, "body") } };
  }
  const body = { content: 0, octets: new Uint8Array() };
  if (code !== 0) return { code, outcome, retryable, body };
  const message = "The call took effect; its result is no longer kept.";
  return { code: DATA_LOSS, message, outcome: "completed", retryable: false, body };
}

function outcomeOf(row: Row): RecordedEnding["outcome"] {
  const outcome = optionalText(row, "outcome");
  return outcome === undefined || outcome === "completed" ? outcome : "unknown";
}

function prepare(db: DatabaseSync): {
  readonly [T in
    | "latestLife"
    | "storeLife"
    | "oldestLife"
    | "forgetLives"
    | "principal"
    | "addPrincipal"
    | "total"
    | "byKey"
    | "byCall"
    | "add"
    | "takeOver"
    | "settle"
    | "remove"
    | "removeSettled"
    | "removeAbandoned"
    | "nextSettled"
    | "results"
    | "resultsOf"
    | "drop"]: StatementSync;
} {
  return {
    latestLife: db.prepare("SELECT coalesce(max(id), 0) AS life FROM life"),
    storeLife: db.prepare("INSERT INTO life (id, began_at) VALUES (?, ?) ON CONFLICT DO NOTHING"),
    oldestLife: db.prepare("SELECT max(id) AS life FROM life WHERE began_at <= ?"),
    forgetLives: db.prepare("DELETE FROM life WHERE id < ?"),
    principal: db.prepare("SELECT id, octets, result_octets FROM principal WHERE name = ?"),
    addPrincipal: db.prepare("INSERT INTO principal (name) VALUES (?)"),
    total: db.prepare("SELECT octets, result_octets FROM total"),
    byKey: db.prepare(`SELECT ${COLUMNS} FROM record WHERE principal = ? AND key = ?`),
    byCall: db.prepare(`SELECT ${COLUMNS} FROM record WHERE principal = ? AND call_id = ? ORDER BY id DESC LIMIT 1`),
    add: db.prepare(
      `INSERT INTO record (principal, key, tool, fingerprint, call_id, owner, epoch, life, claimed_at, octets)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    takeOver: db.prepare("UPDATE record SET owner = ?, epoch = ?, life = ? WHERE id = ?"),
    settle: db.prepare(
      `UPDATE record SET settled_at = ?, code = ?, outcome = ?, retryable = ?, result_octets = ?, message = ?,
       content = ?, body = ? WHERE id = ?`,
    ),
    remove: db.prepare("DELETE FROM record WHERE id = ?"),
    removeSettled: db.prepare(
      `DELETE FROM record WHERE id IN
       (SELECT id FROM record WHERE settled_at IS NOT NULL AND settled_at <= ? ORDER BY settled_at LIMIT ?)`,
    ),
    removeAbandoned: db.prepare(
      "DELETE FROM record WHERE id IN (SELECT id FROM record WHERE settled_at IS NULL AND life < ? LIMIT ?)",
    ),
    nextSettled: db.prepare("SELECT settled_at FROM record WHERE settled_at IS NOT NULL ORDER BY settled_at LIMIT 1"),
    results: db.prepare(
      `SELECT id, result_octets FROM record WHERE result_octets > 0 ORDER BY settled_at, id LIMIT ${SWEEP_ROWS}`,
    ),
    resultsOf: db.prepare(
      `SELECT id, result_octets FROM record WHERE principal = ? AND result_octets > 0
       ORDER BY settled_at, id LIMIT ${SWEEP_ROWS}`,
    ),
    drop: db.prepare("UPDATE record SET result_octets = 0, message = NULL, content = NULL, body = NULL WHERE id = ?"),
  };
}
