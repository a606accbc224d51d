import { memoryJournal, type MemoryJournal } from "../../src/journal/memory.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { describeJournal } from "../support/journal-suite.ts";

describeJournal({
  title: "a journal in memory",
  factory: "memoryJournal()",
  is: { name: "memory", durable: false },
  steps: 5000,
  open: memoryJournal,
  died: (journal: Journal) => {
    // What the suite gives back is what `open` made.
    (journal as MemoryJournal).abandon();
    return Promise.resolve(journal);
  },
});
