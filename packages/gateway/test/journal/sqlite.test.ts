import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Journal } from "@turnmux/core";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  claim,
  claimOf,
  describeJournal,
  find,
  okOf,
  settle,
  settlementOf,
} from "../../../core/test/support/journal-suite.ts";
import { sqliteJournal, type SqliteJournalOptions, UsageError } from "../../src/index.ts";
import { JournalThread } from "../../src/journal/thread.ts";
import { newPath, openJournal } from "../support/journal-files.ts";

const limits = { retentionMs: 1, maxOctets: 1, maxPrincipalOctets: 1 };

/** What `turnmux:journal` says from now on. */
function watchCommits(): readonly unknown[] {
  const commits: unknown[] = [];
  const listener = (message: unknown): void => void commits.push(message);
  subscribe("turnmux:journal", listener);
  onTestFinished(() => void unsubscribe("turnmux:journal", listener));
  return commits;
}

const files = new WeakMap<Journal, readonly [string, SqliteJournalOptions | undefined]>();

function open(options?: SqliteJournalOptions, path = newPath()): Journal {
  const journal = openJournal(path, options);
  files.set(journal, [path, options]);
  return journal;
}

describeJournal({
  title: "a journal in a SQLite file",
  factory: "sqliteJournal()",
  is: { name: "sqlite", durable: true },
  steps: 500,
  open,
  died: async (journal) => {
    const [path, options] = files.get(journal) ?? [];
    // As good as dying, to whoever opens the file next: other tests kill processes.
    await journal.close();
    return open(options, path);
  },
});

describe("a journal in a SQLite file", () => {
  it("refuses what is no path of a file, and says what to use", () => {
    expect(() => sqliteJournal(":memory:")).toThrow("memoryJournal()");
    for (const path of ["", "file:x.db", "a\0b", ":memory:"]) expect(() => sqliteJournal(path)).toThrow(UsageError);
  });

  it("finds everything again when it is opened the next time", async () => {
    const path = newPath();
    const first = sqliteJournal(path);
    await claim(first, { atMs: 10 });
    await settle(first, { atMs: 20, ending: { ...okOf(Uint8Array.of(1, 2, 3)), message: "done", retryable: false } });
    const record = await find(first);
    await first.close();
    const second = openJournal(path);
    expect(await find(second)).toEqual(record);
    expect(await claim(second, { owner: "gw-2" })).toEqual({ kind: "settled", ending: record?.ending });
  });

  it("keeps to smaller limits than those under which the file was filled", async () => {
    const path = newPath();
    const first = sqliteJournal(path);
    await claim(first);
    await settle(first, { ending: okOf(8000) });
    await first.close();
    const second = openJournal(path, { maxOctets: 4000, maxPrincipalOctets: 4000 });
    expect(await claim(second, { key: "k2" })).toEqual({ kind: "claimed" });
    expect(await claim(second)).toHaveProperty("ending.outcome", "completed");
    expect(await claim(second)).toHaveProperty("ending.body.octets.length", 0);
  });

  it("forgets what was abandoned when its retention is over, counted from when that was found out", async () => {
    const path = newPath();
    const first = sqliteJournal(path, { retentionMs: 100 });
    await claim(first, { atMs: 0 });
    await claim(first, { key: "k2", callId: "c2", atMs: 0 });
    await first.close();
    // Ten retentions later: its owner may have died a moment ago.
    const second = openJournal(path, { retentionMs: 100 });
    expect(await claim(second, { owner: "gw-2", atMs: 1000 })).toEqual({ kind: "abandoned", callId: "c1" });
    expect(await find(second, "k2")).toHaveProperty("key", "k2");
    await claim(second, { owner: "gw-2", key: "k3", atMs: 1100 });
    expect(await find(second, "k2")).toBeUndefined();
    expect(await claim(second, { owner: "gw-2", key: "k2", atMs: 1100 })).toEqual({ kind: "claimed" });
    // What the second gateway took over it runs, and that is never forgotten.
    expect(await claim(second, { owner: "gw-2", atMs: 9000 })).toHaveProperty("kind", "running");
  });

  it("lets nobody else read its file", () => {
    const path = newPath();
    openJournal(path);
    const modes = readdirSync(dirname(path)).map((name) => [name, statSync(`${dirname(path)}/${name}`).mode & 0o777]);
    expect(modes).toEqual([
      ["journal.db", 0o600],
      ["journal.db-owner", 0o600],
      ["journal.db-wal", 0o600],
    ]);
  });

  it("leaves one file behind when it is closed, and may be closed again", async () => {
    const path = newPath();
    const journal = sqliteJournal(path);
    const claimed = claim(journal);
    const [first, second] = [journal.close(), journal.close()];
    expect(await claimed).toEqual({ kind: "claimed" });
    await Promise.all([first, second, journal.close()]);
    expect(readdirSync(dirname(path))).toEqual(["journal.db"]);
  });

  it("commits once for all that is asked for in one turn of the event loop", async () => {
    const journal = openJournal();
    await claim(journal, { key: "before" });
    const commits = watchCommits();
    const verdicts = await Promise.all([
      claim(journal),
      journal.claim([claimOf({ key: "k2" }), claimOf({ key: "k2" })]),
      journal.settle([settlementOf({ key: "before" })]),
      claim(journal, { key: "before" }),
    ]);
    expect(verdicts).toMatchObject([
      { kind: "claimed" },
      [{ kind: "claimed" }, { kind: "running" }],
      undefined,
      { kind: "settled" },
    ]);
    expect(commits).toEqual([{ event: "committed", fields: { operations: 4 } }]);
  });

  it("answers questions with what was recorded before them, and not after", async () => {
    const journal = openJournal();
    const asked = [find(journal), claim(journal), find(journal), settle(journal), find(journal)] as const;
    const [none, , running, , settled] = await Promise.all(asked);
    expect([none, running?.settledAtMs, settled?.settledAtMs]).toEqual([undefined, undefined, 0]);
  });

  it("takes a result out of a buffer that others use, and refuses what is no data", async () => {
    const journal = openJournal();
    await claim(journal);
    const pool = new Uint8Array(64).fill(7);
    await settle(journal, { ending: okOf(pool.subarray(8, 10)) });
    expect(pool).toEqual(new Uint8Array(64).fill(7));
    expect(await claim(journal)).toHaveProperty("ending.body.octets", Uint8Array.of(7, 7));
    // A large one moves to the thread, and the caller's does not.
    await claim(journal, { key: "large" });
    const large = new Uint8Array(100_000).fill(8);
    await settle(journal, { key: "large", ending: okOf(large.subarray(10_000)) });
    expect(large).toEqual(new Uint8Array(100_000).fill(8));
    expect(await claim(journal, { key: "large" })).toHaveProperty("ending.body.octets", large.subarray(10_000));
    const noText: unknown = () => {};
    await expect(claim(journal, { key: noText as string })).rejects.toThrow("plain data");
    await expect(claim(journal, { key: 5 as unknown as string })).rejects.toThrow("failed");
    expect(await claim(journal, { key: "k2" })).toEqual({ kind: "claimed" });
  });
});

describe("the thread of a journal", () => {
  const settings = { path: "state.db", shownPath: "state.db", openedAtMs: 0, ...limits };

  it("hears once of all that is asked for in one turn of the event loop", async () => {
    const thread = new JournalThread(settings, new URL("../support/journal-thread-that-counts.ts", import.meta.url));
    const commits = watchCommits();
    await Promise.all([thread.ask({ kind: "claim", claims: [] }), thread.ask({ kind: "settle", settlements: [] })]);
    await thread.ask({ kind: "find", queries: [] });
    const committed = [2, 1].map((operations) => ({ event: "committed", fields: { operations } }));
    expect(commits).toEqual(committed);
    await thread.close();
  });

  it("rejects what is under way when it ends, and what comes later, and is closed then", async () => {
    const thread = new JournalThread(settings, new URL("../support/journal-thread-that-ends.ts", import.meta.url));
    const gone = 'The thread of the journal "state.db" has ended: restart the gateway.';
    await expect(thread.ask({ kind: "find", queries: [] })).rejects.toThrow(gone);
    await expect(thread.ask({ kind: "claim", claims: [claimOf()] })).rejects.toThrow(gone);
    await expect(thread.close()).resolves.toBeUndefined();
    await expect(thread.ask({ kind: "find", queries: [] })).rejects.toThrow("closed");
  });

  it("is not started where a bundler left its file out", () => {
    expect(() => new JournalThread(settings, new URL("file:///nowhere/worker.js"))).toThrow(
      "leave @turnmux/gateway out",
    );
  });
});
