/**
 * Journals that other threads of the process can ask as well.
 *
 * @module
 */

import { moveMemoryJournal, type Journal } from "@turnmux/core";
import { AskedJournal } from "./asked.ts";
import { JournalThread } from "./thread.ts";

const threads = new WeakMap<Journal, JournalThread>();

/** A journal in this thread, which {@link threadOf} finds. */
export function reachable(name: string, durable: boolean, thread: JournalThread): Journal {
  const journal = new AskedJournal(name, durable, thread);
  threads.set(journal, thread);
  return journal;
}

/** The thread of a memory journal, as source or as build, whichever this is. */
const MEMORY_URL = import.meta.url.endsWith(".ts")
  ? new URL("./memory-worker.ts", import.meta.url)
  : new URL("./memory-worker.js", import.meta.url);

/**
 * The thread of a journal, which gives out ports to it; undefined for a journal of the application's own, which is in the thread that made it.
 * A `memoryJournal` moves into a thread with all that it holds when it is asked for the first time.
 */
export function threadOf(journal: Journal): JournalThread | undefined {
  const known = threads.get(journal);
  if (known !== undefined) return known;
  let thread: JournalThread | undefined;
  moveMemoryJournal(journal, (contents) => {
    thread = new JournalThread({ shownPath: "in memory", contents }, MEMORY_URL);
    return new AskedJournal(journal.name, journal.durable, thread);
  });
  if (thread !== undefined) threads.set(journal, thread);
  return thread;
}
