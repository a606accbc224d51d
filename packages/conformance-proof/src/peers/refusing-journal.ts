/**
 * A journal that refuses when it is told to.
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
} from "@turnmux/gateway";

/** Passes everything on to a journal, but for what it refuses at present. */
export class RefusingJournal implements Journal {
  /** What is refused from now on. */
  refuse: "claims" | "endings" | "nothing" = "nothing";
  readonly name: string;
  readonly durable: boolean;
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.name = journal.name;
    this.durable = journal.durable;
  }

  async claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]> {
    if (this.refuse === "claims") throw new Error("the journal refuses claims");
    return this.#journal.claim(claims);
  }

  async settle(settlements: readonly JournalSettlement[]): Promise<void> {
    if (this.refuse === "endings") throw new Error("the journal refuses endings");
    return this.#journal.settle(settlements);
  }

  find(queries: readonly JournalQuery[]): Promise<readonly (JournalRecord | undefined)[]> {
    return this.#journal.find(queries);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
