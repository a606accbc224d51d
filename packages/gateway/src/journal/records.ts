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
import { type Account, Accounts } from "./accounts.ts";
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

const COLUMNS = `id, key, tool, fingerprint, call_id, owner, epoch, life, claimed_at, settled_at, octets, result_octets,
  code, outcome, retryable, message, content, body`;

/** What a removed record takes off the accounts. */
const COUNTED = "principal, octets, result_octets";

/** A call of this life that runs. The same five values each time. */
const PLACE = "principal = ? AND key = ? AND owner = ? AND epoch = ? AND life = ? AND settled_at IS NULL";

/**
 * The records of one life of the journal: from opening the file to closing it. Who holds the file's lock knows that what
 * runs since an earlier life has no owner any more.
 *
 * The caller puts transactions around its methods.
 */
export class Records {
  readonly #limits: RecordLimits;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #accounts: Accounts;
  /** Which life this is. It has a row from its first claim on. */
  readonly #life: number;
  #lifeIsStored = false;
  /** The time of the latest batch: queries bring none. */
  #nowMs = 0;

  /** Prepares all statements, and so throws where the tables are not those of the schema. */
  constructor(db: DatabaseSync, limits: RecordLimits) {
    this.#limits = limits;
    this.#statements = prepare(db);
    this.#accounts = new Accounts(db);
    this.#life = 1 + integer(this.#statements.latestLife.get() ?? {}, "life");
  }

  /** To be called before a transaction's COMMIT. */
  store(): void {
    this.#accounts.store();
  }

  /** Tells that the latest transaction has come about. */
  committed(): void {
    this.#accounts.committed();
  }

  /** Tells that the latest transaction did not come about. */
  rolledBack(): void {
    // Stored again, if need be, by a statement that does no harm where it is stored.
    this.#lifeIsStored = false;
    this.#accounts.rolledBack();
  }

  /**
   * Claims a key.
   *
   * @param tried whether to look before anything is written: slower, and all that does where nothing can be written
   */
  claim(claim: JournalClaim, tried: boolean): JournalVerdict {
    const { principal, atMs } = claim;
    this.#nowMs = atMs;
    const size = sizeOf(claim);
    const account = this.#accounts.of(principal);
    // Nearly all keys are new, and have room.
    if (!tried && account !== undefined && this.#hasRoom(size, account) && this.#add(claim, account, size))
      return CLAIMED;
    const row = account && this.#find(account, claim.key);
    if (row === undefined) return this.#record(claim, size);
    if (text(row, "fingerprint") !== claim.fingerprint) return { kind: "conflict" };
    if (optionalInteger(row, "settled_at") !== undefined) return { kind: "settled", ending: endingOf(row) };
    const callId = text(row, "call_id");
    const owner = text(row, "owner");
    if (integer(row, "life") === this.#life && claim.takes !== owner) {
      return { kind: "running", callId, owner, epoch: integer(row, "epoch") };
    }
    this.#storeLife(atMs);
    this.#statements.takeOver.run(
      storedText(claim.owner),
      claim.takeOverEpoch ?? claim.epoch,
      this.#life,
      integer(row, "id"),
    );
    return { kind: "abandoned", callId };
  }

  settle(settlement: JournalSettlement): void {
    const { key, owner, epoch, ending, atMs } = settlement;
    this.#nowMs = atMs;
    const account = this.#accounts.of(settlement.principal);
    if (account === undefined) return;
    const place = [account.id, storedText(key), storedText(owner), epoch, this.#life] as const;
    if (ending.outcome === "not_started" || ending.outcome === "failed") {
      const removed = this.#statements.free.get(...place);
      if (removed !== undefined) this.#accounts.add(account, -1, -integer(removed, "octets"), 0);
      return;
    }
    const { code, outcome, retryable, message, body } = ending;
    const size = body.octets.length + 2 * (message?.length ?? 0);
    const flag = retryable === undefined ? null : Number(retryable);
    const { running, settle } = this.#statements;
    if (!this.#hasRoom(size, account)) {
      // Nothing is dropped for an ending that is nobody's.
      if (running.get(...place) === undefined) return;
      if (!this.#makeRoom(size, account, atMs)) {
        settle.run(Math.trunc(atMs), code, outcome ?? null, flag, 0, null, null, null, ...place);
        return;
      }
    }
    const stored = message === undefined ? null : storedText(message);
    const base = [Math.trunc(atMs), code, outcome ?? null, flag, size, stored, body.content, body.octets] as const;
    if (settle.run(...base, ...place).changes !== 0) this.#accounts.add(account, 0, 0, size);
  }

  find(query: JournalQuery): JournalRecord | undefined {
    this.#accounts.trim();
    const account = this.#accounts.of(query.principal);
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
    const settled = this.#removed(removeSettled.all(nowMs - this.#limits.retentionMs, SWEEP_ROWS));
    const oldest = this.#oldestLife(nowMs);
    if (oldest === undefined) return settled;
    const abandoned = this.#removed(removeAbandoned.all(oldest, SWEEP_ROWS));
    if (abandoned < SWEEP_ROWS) forgetLives.run(oldest);
    return Math.max(settled, abandoned);
  }

  #removed(rows: readonly Row[]): number {
    for (const row of rows) {
      const account = this.#accounts.withId(integer(row, "principal"));
      if (account !== undefined)
        this.#accounts.add(account, -1, -integer(row, "octets"), -integer(row, "result_octets"));
    }
    return rows.length;
  }

  /** The record of a key; one over its retention is removed. */
  #find(account: Account, key: string): Row | undefined {
    const row = this.#statements.byKey.get(account.id, storedText(key));
    if (row === undefined || !this.#isExpired(row, this.#nowMs)) return row;
    this.#statements.remove.run(integer(row, "id"));
    this.#accounts.add(account, -1, -integer(row, "octets"), -integer(row, "result_octets"));
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

  #record(claim: JournalClaim, size: number): JournalVerdict {
    const { principal, atMs } = claim;
    if (!this.#makeRoom(size, this.#accounts.of(principal), atMs)) {
      return { kind: "full", message: "The journal of calls is full.", retryAfterMs: this.#nextExpiry(atMs) };
    }
    this.#add(claim, this.#accounts.of(principal) ?? this.#accounts.open(principal), size);
    return CLAIMED;
  }

  /** False where the key has a record. */
  #add(claim: JournalClaim, account: Account, size: number): boolean {
    const { key, tool, fingerprint, callId, owner, epoch, atMs } = claim;
    const { changes } = this.#statements.add.run(
      account.id,
      storedText(key),
      storedText(tool),
      storedText(fingerprint),
      storedText(callId),
      storedText(owner),
      epoch,
      this.#life,
      Math.trunc(atMs),
      size,
    );
    if (changes === 0) return false;
    this.#storeLife(atMs);
    this.#accounts.add(account, 1, size, 0);
    return true;
  }

  #storeLife(atMs: number): void {
    if (this.#lifeIsStored) return;
    this.#statements.storeLife.run(this.#life, Math.trunc(atMs));
    this.#lifeIsStored = true;
  }

  /** Whether so many octets of a principal need no room to be made. */
  #hasRoom(size: number, { octets }: Account): boolean {
    return octets + size <= this.#limits.maxPrincipalOctets && this.#accounts.octets + size <= this.#limits.maxOctets;
  }

  /** Makes room for so many octets of one principal by dropping results. Drops none where that would not do. */
  #makeRoom(size: number, account: Account | undefined, nowMs: number): boolean {
    const { maxOctets, maxPrincipalOctets } = this.#limits;
    for (;;) {
      const myLack = (account?.octets ?? 0) + size - maxPrincipalOctets;
      const lack = this.#accounts.octets + size - maxOctets;
      if (myLack <= (account?.resultOctets ?? 0) && lack <= this.#accounts.resultOctets) {
        const { results, resultsOf } = this.#statements;
        const dropped = account === undefined ? 0 : this.#drop(myLack, () => resultsOf.all(account.id));
        this.#drop(lack - dropped, () => results.all());
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
        const octets = integer(row, "result_octets");
        const account = this.#accounts.withId(integer(row, "principal"));
        this.#statements.drop.run(integer(row, "id"));
        if (account !== undefined) this.#accounts.add(account, 0, 0, -octets);
        freed += octets;
      }
    }
    return freed;
  }

  #nextExpiry(nowMs: number): number | undefined {
    const row = this.#statements.nextSettled.get();
    return row && Math.max(1, integer(row, "settled_at") + this.#limits.retentionMs - nowMs);
  }
}

const CLAIMED: JournalVerdict = { kind: "claimed" };

function sizeOf({ principal, key, tool, fingerprint, callId, owner }: JournalClaim): number {
  const units = principal.length + key.length + tool.length + fingerprint.length + callId.length + owner.length;
  return RECORD_OVERHEAD + 2 * units;
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
    | "byKey"
    | "byCall"
    | "add"
    | "takeOver"
    | "running"
    | "settle"
    | "free"
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
    byKey: db.prepare(`SELECT ${COLUMNS} FROM record WHERE principal = ? AND key = ?`),
    byCall: db.prepare(`SELECT ${COLUMNS} FROM record WHERE principal = ? AND call_id = ? ORDER BY id DESC LIMIT 1`),
    add: db.prepare(
      `INSERT INTO record (principal, key, tool, fingerprint, call_id, owner, epoch, life, claimed_at, octets)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (principal, key) DO NOTHING`,
    ),
    takeOver: db.prepare("UPDATE record SET owner = ?, epoch = ?, life = ? WHERE id = ?"),
    running: db.prepare(`SELECT id FROM record WHERE ${PLACE}`),
    settle: db.prepare(
      `UPDATE record SET settled_at = ?, code = ?, outcome = ?, retryable = ?, result_octets = ?, message = ?,
       content = ?, body = ? WHERE ${PLACE}`,
    ),
    free: db.prepare(`DELETE FROM record WHERE ${PLACE} RETURNING octets`),
    remove: db.prepare("DELETE FROM record WHERE id = ?"),
    removeSettled: db.prepare(
      `DELETE FROM record WHERE id IN
       (SELECT id FROM record WHERE settled_at IS NOT NULL AND settled_at <= ? ORDER BY settled_at LIMIT ?)
       RETURNING ${COUNTED}`,
    ),
    removeAbandoned: db.prepare(
      `DELETE FROM record WHERE id IN (SELECT id FROM record WHERE settled_at IS NULL AND life < ? LIMIT ?)
       RETURNING ${COUNTED}`,
    ),
    nextSettled: db.prepare("SELECT settled_at FROM record WHERE settled_at IS NOT NULL ORDER BY settled_at LIMIT 1"),
    results: db.prepare(
      `SELECT id, principal, result_octets FROM record WHERE result_octets > 0 ORDER BY settled_at, id LIMIT ${SWEEP_ROWS}`,
    ),
    resultsOf: db.prepare(
      `SELECT id, principal, result_octets FROM record WHERE principal = ? AND result_octets > 0
       ORDER BY settled_at, id LIMIT ${SWEEP_ROWS}`,
    ),
    drop: db.prepare("UPDATE record SET result_octets = 0, message = NULL, content = NULL, body = NULL WHERE id = ?"),
  };
}
