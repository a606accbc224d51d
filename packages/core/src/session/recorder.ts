/**
 * Brings endings to the journal, and keeps those that it refuses until it takes them (KEY-009).
 *
 * @module
 */
import type { Journal, JournalClaim, JournalSettlement, RecordedEnding } from "../journal/journal.ts";
import { withoutResult } from "../journal/without-result.ts";
import type { Environment } from "./environment.ts";

/** How many endings that the journal refused are kept. Beyond it the oldest are forgotten. */
export const KEPT_ENDINGS = 1_000;
/** How many octets their results may have together. Beyond it the oldest results are dropped, and their outcomes kept. */
export const KEPT_OCTETS: number = 16 * 1024 * 1024;
/** How long a journal may take to answer, in milliseconds, before nobody waits for it any more. */
export const JOURNAL_ANSWER_MS = 30_000;

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** Failures in a row after which no timer tries any more: for about an hour nothing was taken. */
const MOST_RETRIES = 64;
/** Endings that are tried again together. */
const RETRY_BATCH = 256;
/** Failures after which a pass over single endings is given up: the journal as a whole takes nothing. */
const FAILURES_OF_A_PASS = 2;

/** An ending that is not recorded. */
export interface Unrecorded {
  readonly claim: JournalClaim;
  settlement: JournalSettlement;
  /** The journal is about to answer. */
  attempt: Promise<boolean> | undefined;
}

/** See the module's comment. */
export class Recorder {
  readonly #journal: Journal;
  readonly #environment: Environment;
  #batch: { readonly entry: Unrecorded; readonly done: () => void }[] = [];
  /** By {@link address}, the oldest first. */
  readonly #kept = new Map<string, Unrecorded>();
  #keptOctets = 0;
  #retryMs = FIRST_RETRY_MS;
  /** Timers since the journal took something. */
  #retries = 0;
  #timer = false;
  #retrying = false;

  constructor(journal: Journal, environment: Environment) {
    this.#journal = journal;
    this.#environment = environment;
  }

  /**
   * Records the ending of a claim. Resolves when that is done, or when the journal has refused it or taken too long: then the
   * ending is kept here, and tried again. Endings of one event-loop turn go to the journal together.
   */
  record(claim: JournalClaim, ending: RecordedEnding): Promise<void> {
    const { principal, key, owner, epoch } = claim;
    const settlement = { principal, key, owner, epoch, atMs: this.#environment.wallClock(), ending };
    return new Promise((resolve) => {
      this.#batch.push({ entry: { claim, settlement, attempt: undefined }, done: resolve });
      if (this.#batch.length === 1) this.#environment.defer(() => void this.#sendBatch());
    });
  }

  /** The ending of this key, where the journal has not taken it. */
  find(principal: string, key: string): Unrecorded | undefined {
    return this.#kept.get(address(principal, key));
  }

  /** The ending of this call, where the journal has not taken it. */
  findCall(principal: string, callId: string): Unrecorded | undefined {
    for (const entry of this.#kept.values()) {
      if (entry.claim.principal === principal && entry.claim.callId === callId) return entry;
    }
    return undefined;
  }

  /** Tries one that is kept again, now. True when the journal has it. */
  retry(entry: Unrecorded): Promise<boolean> {
    return this.#inTime(entry.attempt ?? this.#attempt([entry]));
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    const entries = batch.map(({ entry }) => entry);
    const recorded = await this.#inTime(this.#attempt(entries));
    if (!recorded) for (const entry of entries) this.#keep(entry);
    for (const { done } of batch) done();
    // What it takes now it may take of what it refused before.
    if (recorded) void this.#retryKept();
    else this.#setTimer();
  }

  /** Brings endings to the journal, once. True when it has them. Never rejects. */
  #attempt(entries: readonly Unrecorded[]): Promise<boolean> {
    const attempt = this.#settle(entries).then((recorded) => {
      if (recorded) {
        this.#retries = 0;
        this.#retryMs = FIRST_RETRY_MS;
      }
      for (const entry of entries) {
        entry.attempt = undefined;
        if (recorded) this.#forget(entry);
      }
      return recorded;
    });
    for (const entry of entries) entry.attempt = attempt;
    return attempt;
  }

  async #settle(entries: readonly Unrecorded[]): Promise<boolean> {
    try {
      await this.#journal.settle(entries.map(({ settlement }) => settlement));
      return true;
    } catch (error) {
      this.#environment.log.error("turnmux: the journal did not record endings; they are kept and tried again", {
        journal: this.#journal.name,
        error,
      });
      return false;
    }
  }

  /** What the journal answers, or false where that takes too long. */
  async #inTime(attempt: Promise<boolean>): Promise<boolean> {
    return answered(this.#environment, attempt, false);
  }

  #keep(entry: Unrecorded): void {
    const { claim, settlement } = entry;
    const { body } = settlement.ending;
    // A copy: the octets may be a small part of a large buffer.
    const ending = { ...settlement.ending, body: { ...body, octets: body.octets.slice() } };
    entry.settlement = { ...settlement, ending };
    this.#kept.set(address(claim.principal, claim.key), entry);
    this.#keptOctets += body.octets.length;
    for (const oldest of this.#kept.values()) {
      if (this.#kept.size > KEPT_ENDINGS) this.#forget(oldest);
      else if (this.#keptOctets > KEPT_OCTETS) this.#dropResult(oldest);
      else break;
    }
  }

  #forget(entry: Unrecorded): void {
    const place = address(entry.claim.principal, entry.claim.key);
    if (this.#kept.get(place) !== entry) return;
    this.#kept.delete(place);
    this.#keptOctets -= entry.settlement.ending.body.octets.length;
  }

  #dropResult(entry: Unrecorded): void {
    if (entry.settlement.ending.body.octets.length === 0) return;
    this.#keptOctets -= entry.settlement.ending.body.octets.length;
    entry.settlement = { ...entry.settlement, ending: withoutResult(entry.settlement.ending) };
  }

  #setTimer(): void {
    if (this.#timer || this.#kept.size === 0 || this.#retries === MOST_RETRIES) return;
    this.#timer = true;
    this.#retries += 1;
    const at = this.#environment.now() + this.#retryMs;
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
    const fire = (): void => {
      this.#timer = false;
      void this.#retryKept();
    };
    this.#environment.setTimer(at, fire, true);
  }

  /** Tries all that is kept. One ending that the journal never takes must not keep it from the others. */
  async #retryKept(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    try {
      for (let more = true; more; ) {
        const entries = [...this.#kept.values()].filter(({ attempt }) => attempt === undefined).slice(0, RETRY_BATCH);
        more = entries.length > 0 && ((await this.#inTime(this.#attempt(entries))) || (await this.#retryEach(entries)));
      }
    } finally {
      this.#retrying = false;
    }
    this.#setTimer();
  }

  /** Tries endings one by one. True when the journal took all but one, so that it is worth going on. */
  async #retryEach(entries: readonly Unrecorded[]): Promise<boolean> {
    let failures = entries.length === 1 ? FAILURES_OF_A_PASS : 0;
    for (const entry of entries) {
      if (failures === FAILURES_OF_A_PASS) return false;
      if (await this.retry(entry)) continue;
      failures += 1;
      // Behind the others: those come first the next time.
      const place = address(entry.claim.principal, entry.claim.key);
      if (this.#kept.delete(place)) this.#kept.set(place, entry);
    }
    return failures < FAILURES_OF_A_PASS;
  }
}

/** Where a key has its place: keys belong to principals (KEY-001). */
export function address(principal: string, key: string): string {
  return `${principal.length}:${principal}${key}`;
}

/** What a journal answers, or `late` where that takes longer than {@link JOURNAL_ANSWER_MS}. */
export async function answered<T>(environment: Environment, answer: Promise<T>, late: T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const cancel = environment.setTimer(environment.now() + JOURNAL_ANSWER_MS, () => resolve(late));
  try {
    return await Promise.race([answer, promise]);
  } finally {
    cancel();
  }
}
