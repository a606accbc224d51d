/** Journals that answer as a test wants them to. */
import { memoryJournal, type Journal, type JournalClaim, type JournalVerdict } from "../../src/index.ts";

/** A journal in memory, of which some methods are replaced. */
export function journalWith(more: Partial<Journal>): Journal {
  const inner = memoryJournal();
  return {
    name: "test",
    durable: false,
    claim: (claims) => inner.claim(claims),
    settle: (settlements) => inner.settle(settlements),
    find: (queries) => inner.find(queries),
    close: () => inner.close(),
    ...more,
  };
}

/** A journal whose claims are answered when the test says so. */
export class SlowJournal implements Journal {
  readonly name = "slow";
  readonly durable = false;
  /** Each batch of claims. */
  readonly batches: (readonly JournalClaim[])[] = [];
  readonly #inner = memoryJournal();
  #answers: (() => void)[] = [];

  claim(claims: readonly JournalClaim[]): Promise<readonly JournalVerdict[]> {
    this.batches.push(claims);
    return new Promise((resolve) => {
      this.#answers.push(() => resolve(this.#inner.claim(claims)));
    });
  }

  settle(settlements: Parameters<Journal["settle"]>[0]): Promise<void> {
    return this.#inner.settle(settlements);
  }

  find(queries: Parameters<Journal["find"]>[0]): ReturnType<Journal["find"]> {
    return this.#inner.find(queries);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Answers what was claimed so far. */
  answer(): void {
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) answer();
  }
}
