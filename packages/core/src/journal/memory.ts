/**
 * A journal in memory: for tests, and for gateways whose `once` tools may run again after a crash.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import type {
  Journal,
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
  RecordedEnding,
} from "./journal.ts";
import { withoutResult } from "./without-result.ts";

/** The limits of a {@link memoryJournal}. */
export interface MemoryJournalOptions {
  /** How long an ending is kept, in milliseconds. Default: 24 hours. */
  readonly retentionMs?: number;
  /**
   * How many octets all records may have together, results included. Default: 64 MiB. Beyond it the oldest results
   * are dropped, never key, fingerprint and outcome; when those fill it, new claims get `full`.
   */
  readonly maxOctets?: number;
  /** How many octets the records of one principal may have together. Default: a quarter of `maxOctets`. */
  readonly maxPrincipalOctets?: number;
}

/** A journal in memory, as {@link memoryJournal} makes it. */
export interface MemoryJournal extends Journal {
  /**
   * Takes every gateway that has claimed so far for dead: calls of theirs that have no ending are `abandoned` when their
   * keys are claimed again, and endings that such a gateway still brings for them are ignored. For tests that start a gateway
   * anew over the same journal. Without it another owner's call counts as `running`, since both may share one process.
   */
  abandon(): void;
}

/** All that a {@link memoryJournal} holds: plain data. */
export interface MemoryContents {
  readonly options: Required<MemoryJournalOptions>;
  /** The claims of all records, the oldest first. */
  readonly claims: readonly JournalClaim[];
  /** The endings of those that have one, the oldest first. */
  readonly settlements: readonly JournalSettlement[];
}

interface Entry {
  /** With the owner and epoch that the record belongs to now. */
  claim: JournalClaim;
  /** What claim and outcome count for. */
  readonly octets: number;
  /** What the result counts for while it is kept. */
  resultOctets: number;
  settledMs: number | undefined;
  ending: RecordedEnding | undefined;
  /** True where its owner is dead, until another one has claimed it. */
  abandoned: boolean;
}

/** The records of one principal, or of all. */
class Account {
  /** Records whose result is kept, the oldest first. */
  readonly results = new Set<Entry>();
  /** What all records count for, results included. */
  octets = 0;
  resultOctets = 0;

  /** How many octets are missing for this many more. */
  lack(octets: number, limit: number): number {
    return this.octets + octets - limit;
  }
}

class Principal extends Account {
  readonly records = new Map<string, Entry>();
  /** By call id. Callers choose those: where two records have the same one the later counts. */
  readonly calls = new Map<string, Entry>();
}

/** What a record counts for beside its strings: objects and map entries, generously. */
const recordOverhead = 256;
const defaultRetentionMs = 24 * 60 * 60 * 1000;
const defaultMaxOctets = 64 * 1024 * 1024;

/**
 * A journal in memory. Its records are gone when the process is: a `once` tool whose call was running then may run twice for
 * a key. Name it where that is acceptable.
 *
 * @throws {UsageError} when a limit is not a positive whole number
 */
export function memoryJournal(options: MemoryJournalOptions = {}): MemoryJournal {
  return new Records(options);
}

/**
 * Moves what a {@link memoryJournal} holds to another journal, which it hands everything on to from then on. Undefined for any other
 * journal, and for one that was moved before.
 */
export function moveMemoryJournal<T extends Journal>(
  journal: Journal,
  open: (contents: MemoryContents) => T,
): T | undefined {
  return journal instanceof Records ? journal.moveTo(open) : undefined;
}

class Records implements MemoryJournal {
  readonly name = "memory";
  readonly durable = false;
  readonly #retentionMs: number;
  readonly #maxOctets: number;
  readonly #maxPrincipalOctets: number;
  readonly #principals = new Map<string, Principal>();
  /** Settled records, the oldest first. */
  readonly #settled = new Set<Entry>();
  #all = new Account();
  #closed = false;
  /** Where everything is since it was moved. */
  #moved: Journal | undefined;

  constructor(options: MemoryJournalOptions) {
    this.#retentionMs = positive("retentionMs", options.retentionMs ?? defaultRetentionMs);
    this.#maxOctets = positive("maxOctets", options.maxOctets ?? defaultMaxOctets);
    this.#maxPrincipalOctets = positive(
      "maxPrincipalOctets",
      options.maxPrincipalOctets ?? Math.max(1, Math.floor(this.#maxOctets / 4)),
    );
  }

  claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]> {
    if (this.#moved !== undefined) return this.#moved.claim(claims);
    if (this.#closed) return Promise.reject(closed());
    return Promise.resolve(claims.map((claim) => this.#claimOne(claim)));
  }

  settle(settlements: readonly JournalSettlement[]): Promise<void> {
    if (this.#moved !== undefined) return this.#moved.settle(settlements);
    if (this.#closed) return Promise.reject(closed());
    for (const settlement of settlements) this.#settleOne(settlement);
    return Promise.resolve();
  }

  find(queries: readonly JournalQuery[]): Promise<readonly (JournalRecord | undefined)[]> {
    if (this.#moved !== undefined) return this.#moved.find(queries);
    if (this.#closed) return Promise.reject(closed());
    return Promise.resolve(
      queries.map((query) => {
        const principal = this.#principals.get(query.principal);
        const entry = "key" in query ? principal?.records.get(query.key) : principal?.calls.get(query.callId);
        return entry === undefined ? undefined : recordOf(entry);
      }),
    );
  }

  moveTo<T extends Journal>(open: (contents: MemoryContents) => T): T | undefined {
    if (this.#moved !== undefined) return undefined;
    const moved = open(this.#contents());
    this.#clear();
    this.#moved = moved;
    return moved;
  }

  abandon(): void {
    if (this.#moved !== undefined) throw new UsageError("abandon(): this journal was moved to another thread");
    for (const { records } of this.#principals.values()) {
      for (const record of records.values()) record.abandoned = record.ending === undefined;
    }
  }

  close(): Promise<void> {
    if (this.#moved !== undefined) return this.#moved.close();
    this.#closed = true;
    this.#clear();
    return Promise.resolve();
  }

  #clear(): void {
    this.#principals.clear();
    this.#settled.clear();
    this.#all = new Account();
  }

  #contents(): MemoryContents {
    const entries = [...this.#principals.values()].flatMap(({ records }) => [...records.values()]);
    const endings = [...this.#settled].flatMap(({ claim, ending, settledMs }) => {
      if (ending === undefined || settledMs === undefined) return [];
      const { principal, key, owner, epoch } = claim;
      return [{ principal, key, owner, epoch, atMs: settledMs, ending }];
    });
    return {
      options: {
        retentionMs: this.#retentionMs,
        maxOctets: this.#maxOctets,
        maxPrincipalOctets: this.#maxPrincipalOctets,
      },
      claims: entries.map(({ claim }) => claim).sort((a, b) => a.atMs - b.atMs),
      settlements: endings,
    };
  }

  #claimOne(claim: JournalClaim): JournalVerdict {
    this.#expire(claim.atMs);
    const record = this.#principals.get(claim.principal)?.records.get(claim.key);
    if (record === undefined) return this.#record(claim);
    if (record.claim.fingerprint !== claim.fingerprint) return { kind: "conflict" };
    if (record.ending !== undefined) return { kind: "settled", ending: record.ending };
    const { callId, owner, epoch } = record.claim;
    if (!record.abandoned && claim.takes !== owner) return { kind: "running", callId, owner, epoch };
    record.abandoned = false;
    record.claim = { ...record.claim, owner: claim.owner, epoch: claim.takeOverEpoch ?? claim.epoch };
    return { kind: "abandoned", callId };
  }

  #record(claim: JournalClaim): JournalVerdict {
    const octets = claimOctets(claim);
    const principal = this.#principals.get(claim.principal) ?? new Principal();
    if (!this.#makeRoom(octets, principal)) {
      return { kind: "full", message: "The journal of calls is full.", retryAfterMs: this.#nextExpiry(claim.atMs) };
    }
    this.#principals.set(claim.principal, principal);
    const entry = { claim, octets, resultOctets: 0, settledMs: undefined, ending: undefined, abandoned: false };
    principal.records.set(claim.key, entry);
    principal.calls.set(claim.callId, entry);
    for (const account of [principal, this.#all]) account.octets += octets;
    return { kind: "claimed" };
  }

  #settleOne(settlement: JournalSettlement): void {
    this.#expire(settlement.atMs);
    const principal = this.#principals.get(settlement.principal);
    const record = principal?.records.get(settlement.key);
    if (principal === undefined || record === undefined || record.ending !== undefined) return;
    if (record.abandoned) return;
    const { owner, epoch } = record.claim;
    if (owner !== settlement.owner || epoch !== settlement.epoch) return;

    const { ending } = settlement;
    if (ending.outcome === "not_started" || ending.outcome === "failed") {
      this.#remove(record, principal);
      return;
    }
    record.settledMs = settlement.atMs;
    this.#settled.add(record);
    const octets = ending.body.octets.length + 2 * (ending.message?.length ?? 0);
    if (!this.#makeRoom(octets, principal)) {
      record.ending = withoutResult(ending);
      return;
    }
    // A copy: the octets may be a small part of a large buffer, or change under the caller's hands.
    record.ending = { ...ending, body: { ...ending.body, octets: ending.body.octets.slice() } };
    record.resultOctets = octets;
    for (const account of [principal, this.#all]) {
      account.results.add(record);
      account.octets += octets;
      account.resultOctets += octets;
    }
  }

  /** Makes room for so many octets of one principal by dropping results. Drops none where that would not do. */
  #makeRoom(octets: number, principal: Principal): boolean {
    if (
      principal.lack(octets, this.#maxPrincipalOctets) > principal.resultOctets ||
      this.#all.lack(octets, this.#maxOctets) > this.#all.resultOctets
    ) {
      return false;
    }
    this.#dropResults(principal, principal.lack(octets, this.#maxPrincipalOctets));
    this.#dropResults(this.#all, this.#all.lack(octets, this.#maxOctets));
    return true;
  }

  /** Drops results of an account, the oldest first, until so many octets are free. */
  #dropResults(account: Account, octets: number): void {
    let left = octets;
    for (const record of account.results) {
      if (left <= 0) return;
      left -= record.resultOctets;
      this.#forgetResult(record);
      if (record.ending !== undefined) record.ending = withoutResult(record.ending);
    }
  }

  #forgetResult(record: Entry): void {
    const principal = this.#principals.get(record.claim.principal);
    for (const account of [principal, this.#all]) {
      if (account?.results.delete(record) !== true) continue;
      account.octets -= record.resultOctets;
      account.resultOctets -= record.resultOctets;
    }
    record.resultOctets = 0;
  }

  #expire(nowMs: number): void {
    for (const record of this.#settled) {
      if (record.settledMs === undefined || record.settledMs + this.#retentionMs > nowMs) break;
      const principal = this.#principals.get(record.claim.principal);
      if (principal !== undefined) this.#remove(record, principal);
    }
  }

  #nextExpiry(nowMs: number): number | undefined {
    for (const record of this.#settled) {
      if (record.settledMs !== undefined) return Math.max(1, record.settledMs + this.#retentionMs - nowMs);
    }
    return undefined;
  }

  #remove(record: Entry, principal: Principal): void {
    this.#forgetResult(record);
    this.#settled.delete(record);
    for (const account of [principal, this.#all]) account.octets -= record.octets;
    principal.records.delete(record.claim.key);
    if (principal.calls.get(record.claim.callId) === record) principal.calls.delete(record.claim.callId);
    if (principal.records.size === 0) this.#principals.delete(record.claim.principal);
  }
}

function recordOf({ claim, ending, settledMs }: Entry): JournalRecord {
  const { key, tool, fingerprint, callId, owner, epoch, atMs } = claim;
  const settled = ending === undefined ? {} : { settledAtMs: settledMs, ending };
  return { key, tool, fingerprint, callId, owner, epoch, claimedAtMs: atMs, ...settled };
}

/** Strings count two octets for each UTF-16 unit, as engines may keep them. */
function claimOctets(claim: JournalClaim): number {
  const units = [claim.principal, claim.key, claim.tool, claim.fingerprint, claim.callId, claim.owner];
  return recordOverhead + 2 * units.reduce((sum, text) => sum + text.length, 0);
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`memoryJournal(): ${name} must be a positive whole number.`);
}

function closed(): UsageError {
  return new UsageError("The journal is closed. Open a new one.");
}
