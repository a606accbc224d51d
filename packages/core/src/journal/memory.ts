/**
 * A journal in memory: for tests, and for gateways whose `once` tools may run again after a crash.
 *
 * @module
 */

import { codeToWire } from "../errors/codes.ts";
import { UsageError } from "../errors/usage.ts";
import type { Journal, JournalClaim, JournalSettlement, JournalVerdict, RecordedEnding } from "./journal.ts";

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

interface JournalRecord {
  readonly claim: JournalClaim;
  /** What the record counts for, result included. */
  octets: number;
  settledMs: number | undefined;
  ending: RecordedEnding | undefined;
}

interface Principal {
  readonly records: Map<string, JournalRecord>;
  /** Records whose result is kept, the oldest first. */
  readonly results: Set<JournalRecord>;
  octets: number;
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
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  return new MemoryJournal(options);
}

class MemoryJournal implements Journal {
  readonly name = "memory";
  readonly durable = false;
  readonly #retentionMs: number;
  readonly #maxOctets: number;
  readonly #maxPrincipalOctets: number;
  readonly #principals = new Map<string, Principal>();
  /** Settled records, the oldest first. */
  readonly #settled = new Set<JournalRecord>();
  /** Settled records whose result is kept, the oldest first. */
  readonly #results = new Set<JournalRecord>();
  #octets = 0;
  #closed = false;

  constructor(options: MemoryJournalOptions) {
    this.#retentionMs = positive("retentionMs", options.retentionMs ?? defaultRetentionMs);
    this.#maxOctets = positive("maxOctets", options.maxOctets ?? defaultMaxOctets);
    this.#maxPrincipalOctets = positive(
      "maxPrincipalOctets",
      options.maxPrincipalOctets ?? Math.max(1, Math.floor(this.#maxOctets / 4)),
    );
  }

  claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]> {
    if (this.#closed) return Promise.reject(closed());
    return Promise.resolve(claims.map((claim) => this.#claimOne(claim)));
  }

  settle(settlements: readonly JournalSettlement[]): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    for (const settlement of settlements) this.#settleOne(settlement);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#principals.clear();
    this.#settled.clear();
    this.#results.clear();
    this.#octets = 0;
    return Promise.resolve();
  }

  #claimOne(claim: JournalClaim): JournalVerdict {
    this.#expire(claim.atMs);
    const record = this.#principals.get(claim.principal)?.records.get(claim.key);
    if (record === undefined) return this.#record(claim);
    if (record.claim.fingerprint !== claim.fingerprint) return { kind: "conflict" };
    if (record.ending !== undefined) return { kind: "settled", ending: record.ending };
    const { callId, owner, epoch } = record.claim;
    return { kind: "running", callId, owner, epoch };
  }

  #record(claim: JournalClaim): JournalVerdict {
    const octets = claimOctets(claim);
    const principal = this.#principals.get(claim.principal);
    if (!this.#makeRoom(octets, principal)) {
      return { kind: "full", message: "The journal of calls is full.", retryAfterMs: this.#nextExpiry(claim.atMs) };
    }
    const record: JournalRecord = { claim, octets: 0, settledMs: undefined, ending: undefined };
    const owner = principal ?? { records: new Map(), results: new Set(), octets: 0 };
    this.#principals.set(claim.principal, owner);
    owner.records.set(claim.key, record);
    this.#count(record, owner, octets);
    return { kind: "claimed" };
  }

  #settleOne(settlement: JournalSettlement): void {
    this.#expire(settlement.atMs);
    const principal = this.#principals.get(settlement.principal);
    const record = principal?.records.get(settlement.key);
    if (principal === undefined || record === undefined || record.ending !== undefined) return;
    const { owner, epoch } = record.claim;
    if (owner !== settlement.owner || epoch !== settlement.epoch) return;

    const { ending } = settlement;
    if (ending.outcome === "not_started" || ending.outcome === "failed") {
      this.#remove(record, principal);
      return;
    }
    record.settledMs = settlement.atMs;
    this.#settled.add(record);
    const result = endingOctets(ending);
    if (this.#makeRoom(result, principal)) {
      // A copy: the octets may be a small part of a large buffer, or change under the caller's hands.
      record.ending = { ...ending, body: { ...ending.body, octets: ending.body.octets.slice() } };
      this.#count(record, principal, result);
      this.#results.add(record);
      principal.results.add(record);
    } else {
      record.ending = withoutResult(ending);
    }
  }

  /** Drops results, the oldest first, until so many octets fit; those of this principal where it is over its own limit. */
  #makeRoom(octets: number, principal: Principal | undefined): boolean {
    const own = principal?.octets ?? 0;
    if (own + octets > this.#maxPrincipalOctets) {
      if (principal === undefined || !this.#dropResults(principal.results, own + octets - this.#maxPrincipalOctets)) {
        return false;
      }
    }
    return (
      this.#octets + octets <= this.#maxOctets ||
      this.#dropResults(this.#results, this.#octets + octets - this.#maxOctets)
    );
  }

  /** Drops results out of a set until so many octets are free. Whether that succeeded. */
  #dropResults(results: ReadonlySet<JournalRecord>, octets: number): boolean {
    let left = octets;
    for (const record of results) {
      if (left <= 0) break;
      const principal = this.#principals.get(record.claim.principal);
      if (principal === undefined || record.ending === undefined) continue;
      const freed = endingOctets(record.ending);
      record.ending = withoutResult(record.ending);
      this.#results.delete(record);
      principal.results.delete(record);
      this.#count(record, principal, -freed);
      left -= freed;
    }
    return left <= 0;
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

  #remove(record: JournalRecord, principal: Principal): void {
    this.#count(record, principal, -record.octets);
    this.#settled.delete(record);
    this.#results.delete(record);
    principal.results.delete(record);
    principal.records.delete(record.claim.key);
    if (principal.records.size === 0) this.#principals.delete(record.claim.principal);
  }

  #count(record: JournalRecord, principal: Principal, octets: number): void {
    record.octets += octets;
    principal.octets += octets;
    this.#octets += octets;
  }
}

/** The ending of a call whose result is no longer kept: it took effect or may have, and that must not be forgotten. */
function withoutResult(ending: RecordedEnding): RecordedEnding {
  const body = { content: 0, octets: new Uint8Array() };
  if (ending.code !== 0) return { code: ending.code, outcome: ending.outcome, retryable: ending.retryable, body };
  return {
    code: codeToWire("data_loss"),
    message: "The call took effect; its result is no longer kept.",
    outcome: "completed",
    retryable: false,
    body,
  };
}

/** Strings count two octets for each UTF-16 unit, as engines may keep them. */
function claimOctets(claim: JournalClaim): number {
  const units = [claim.principal, claim.key, claim.tool, claim.fingerprint, claim.callId, claim.owner];
  return recordOverhead + 2 * units.reduce((sum, text) => sum + text.length, 0);
}

function endingOctets(ending: RecordedEnding): number {
  return ending.body.octets.length + 2 * (ending.message?.length ?? 0);
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`memoryJournal(): ${name} must be a positive whole number.`);
}

function closed(): UsageError {
  return new UsageError("The journal is closed. Open a new one.");
}
