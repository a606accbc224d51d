/**
 * Tells a draining gateway when endings have been recorded.
 *
 * @module
 */

import type {
  Journal,
  JournalClaim,
  JournalQuery,
  JournalRecord,
  JournalSettlement,
  JournalVerdict,
} from "@turnmux/core";

/** Passes everything on to the journal behind it. */
export class SettlementWatch implements Journal {
  readonly #journal: Journal;
  readonly #changed: () => void;

  /** `changed` is called after each batch, once those that wait for it have heard. */
  constructor(journal: Journal, changed: () => void) {
    this.#journal = journal;
    this.#changed = changed;
  }

  get name(): string {
    return this.#journal.name;
  }

  get durable(): boolean {
    return this.#journal.durable;
  }

  async claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]> {
    try {
      return await this.#journal.claim(claims);
    } finally {
      setImmediate(this.#changed);
    }
  }

  async settle(settlements: readonly JournalSettlement[]): Promise<void> {
    try {
      await this.#journal.settle(settlements);
    } finally {
      setImmediate(this.#changed);
    }
  }

  find(queries: readonly JournalQuery[]): Promise<readonly (JournalRecord | undefined)[]> {
    return this.#journal.find(queries);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
