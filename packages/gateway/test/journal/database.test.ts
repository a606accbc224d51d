import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { claimOf, okOf, settlementOf } from "../../../core/test/support/journal-suite.ts";
import type { JournalDatabase } from "../../src/journal/database.ts";
import { Refusal } from "../../src/journal/failure.ts";
import type { Result } from "../../src/journal/messages.ts";
import { MIGRATIONS } from "../../src/journal/schema.ts";
import { claimed, expectExactSums, openDatabase, settled } from "../support/journal-database.ts";
import { newPath } from "../support/journal-files.ts";

function count(database: JournalDatabase, table: string): number {
  return Number(database.db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
}

const taken: Result = { kind: "claim", verdicts: [{ kind: "claimed" }] };

describe("a journal on a full disk", () => {
  const full = {
    kind: "failed",
    message: 'The journal "state.db" failed: the disk is full; make room, and it goes on by itself.',
  };

  /** SQLite itself is told that there is no more room, and says SQLITE_FULL. */
  function limitPages(database: JournalDatabase, more: number): void {
    const pages = Number(database.db.prepare("PRAGMA page_count").get()?.["page_count"]);
    database.db.exec(`PRAGMA max_page_count = ${pages + more}`);
  }

  it("fails what cannot be recorded, answers what is recorded, and goes on when there is room", () => {
    const database = openDatabase();
    claimed(database, "k1");
    settled(database, "k1", 10);
    claimed(database, "k2");
    limitPages(database, 0);
    expect(settled(database, "k2", 100_000)).toEqual(full);
    let last: Result | undefined = taken;
    for (let i = 0; i < 1000 && last?.kind === "claim"; i += 1) last = claimed(database, `more ${i}`);
    expect(last).toEqual(full);
    expect(claimed(database, "k1")).toHaveProperty("verdicts.0.ending.body.octets.length", 10);
    expect(claimed(database, "k2")).toHaveProperty("verdicts.0.kind", "running");
    limitPages(database, 1000);
    expect(settled(database, "k2", 100_000)).toEqual({ kind: "settle" });
    expect(claimed(database, "k3")).toEqual(taken);
    expect(claimed(database, "k2")).toHaveProperty("verdicts.0.ending.body.octets.length", 100_000);
  });

  it("fails the one call that needs the room, and none that shares its commit", () => {
    const database = openDatabase();
    claimed(database, "k1");
    limitPages(database, 3);
    const { results, commits } = database.run([
      { kind: "claim", claims: [claimOf({ key: "k2" })] },
      { kind: "settle", settlements: [settlementOf({ ending: okOf(100_000) })] },
      { kind: "find", queries: [{ principal: "ada", key: "k1" }] },
      { kind: "claim", claims: [claimOf({ key: "k3" }), claimOf({ key: "k4" })] },
    ]);
    expect(results.map(({ kind }) => kind)).toEqual(["claim", "failed", "find", "claim"]);
    expect(commits).toEqual([1, 1]);
    expect(claimed(database, "k2")).toHaveProperty("verdicts.0.kind", "running");
  });

  it("takes a claim back with all others of its call", () => {
    const database = openDatabase();
    limitPages(database, 3);
    const claims = Array.from({ length: 2000 }, (_, index) => claimOf({ key: `k${index}`, callId: `c${index}` }));
    expect(database.run([{ kind: "claim", claims }]).results).toEqual([full]);
    expect(count(database, "record") + count(database, "principal") + count(database, "life")).toBe(0);
    expect(claimed(database, "k0")).toEqual(taken);
    expect(count(database, "life")).toBe(1);
  });
});

describe("a journal that may not write", () => {
  it("says so, answers what is recorded, and goes on when it may", () => {
    const database = openDatabase();
    claimed(database, "k1");
    database.db.exec("PRAGMA query_only = ON");
    expect(claimed(database, "k2")).toEqual({
      kind: "failed",
      message:
        'The journal "state.db" failed: the file or its folder cannot be written; mend that, and it goes on by itself.',
    });
    expect(claimed(database, "k1")).toHaveProperty("verdicts.0.kind", "running");
    database.db.exec("PRAGMA query_only = OFF");
    expect(claimed(database, "k2")).toEqual(taken);
  });
});

describe("records that have expired", () => {
  it("are removed bit by bit, also those that nobody asks for", () => {
    const database = openDatabase();
    const keys = Array.from({ length: 500 }, (_, index) => `k${index}`);
    database.run([{ kind: "claim", claims: keys.map((key) => claimOf({ key, callId: key })) }]);
    database.run([{ kind: "settle", settlements: keys.map((key) => settlementOf({ key })) }]);
    claimed(database, "late", 999);
    expect(count(database, "record")).toBe(501);
    expect(database.run([{ kind: "find", queries: [{ principal: "ada", key: "k499" }] }]).results).toMatchObject([
      { records: [{ key: "k499" }] },
    ]);
    const left: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      claimed(database, `later ${i}`, 1000);
      left.push(count(database, "record") - 2 - i);
    }
    expect(left).toEqual([436, 372, 308, 244, 180, 116, 52, 0]);
    expectExactSums(database.db);
  });

  it("count for nothing before they are removed", () => {
    const database = openDatabase();
    const keys = Array.from({ length: 500 }, (_, index) => `k${index}`);
    database.run([{ kind: "claim", claims: keys.map((key) => claimOf({ key, callId: key })) }]);
    database.run([{ kind: "settle", settlements: keys.map((key) => settlementOf({ key })) }]);
    expect(claimed(database, "k499", 1000)).toEqual(taken);
    const queries = [
      { principal: "ada", key: "k498" },
      { principal: "ada", callId: "k497" },
    ];
    expect(database.run([{ kind: "find", queries }]).results).toEqual([
      { kind: "find", records: [undefined, undefined] },
    ]);
    expect(count(database, "record")).toBeGreaterThan(400);
  });

  it("are removed of those that a dead owner left, too, and the lives that knew them are forgotten", () => {
    const path = newPath();
    const first = openDatabase(path);
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
    first.run([{ kind: "claim", claims: keys.map((key) => claimOf({ key, callId: key })) }]);
    first.close();
    const second = openDatabase(path);
    claimed(second, "l0", 5000);
    expect(count(second, "record")).toBe(101);
    for (let i = 1; i < 4; i += 1) claimed(second, `l${i}`, 6000);
    expect(count(second, "record")).toBe(4);
    expect(second.db.prepare("SELECT id, began_at FROM life").all()).toEqual([{ id: 2, began_at: 5000 }]);
  });
});

describe("a file of an older version", () => {
  const mood =
    "ALTER TABLE record ADD COLUMN mood TEXT; UPDATE record SET mood = 'calm'; CREATE TABLE extra (id INTEGER)";

  function older(): string {
    const path = newPath();
    const database = openDatabase(path);
    claimed(database, "k1");
    settled(database, "k1", 5000);
    claimed(database, "k2");
    database.close();
    return path;
  }

  it("is brought to the present one, with all that is in it", () => {
    const path = older();
    const database = openDatabase(path, {}, [...MIGRATIONS, mood]);
    expect(database.db.prepare("PRAGMA user_version").get()).toEqual({ user_version: MIGRATIONS.length + 1 });
    expect(database.db.prepare("SELECT key, mood FROM record ORDER BY key").all()).toEqual([
      { key: "k1", mood: "calm" },
      { key: "k2", mood: "calm" },
    ]);
    expect(claimed(database, "k1")).toHaveProperty("verdicts.0.ending.body.octets.length", 5000);
    expect(claimed(database, "k2")).toHaveProperty("verdicts.0.kind", "abandoned");
    database.close();
    expect(() => openDatabase(path)).toThrow(
      `was written by a newer turnmux (schema ${MIGRATIONS.length + 1}, this one knows ${MIGRATIONS.length})`,
    );
    openDatabase(path, {}, [...MIGRATIONS, mood]);
  });

  it("stays as it was, octet for octet, when a step fails", () => {
    const path = older();
    const before = readFileSync(path);
    const steps = [...MIGRATIONS, mood, "INSERT INTO extra VALUES (1); INSERT INTO nowhere VALUES (1)"];
    expect(() => openDatabase(path, {}, steps)).toThrow(Refusal);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(claimed(openDatabase(path), "k1")).toHaveProperty("verdicts.0.kind", "settled");
  });
});

it("says that a file is damaged when that shows only later, and never what is in it", () => {
  const database = openDatabase();
  claimed(database, "k1");
  database.db.exec("UPDATE record SET fingerprint = '\"secret'");
  expect(claimed(database, "k1")).toEqual({
    kind: "failed",
    message:
      'The journal "state.db" failed: column "fingerprint" of a record has no fitting value; the file was changed by something else.',
  });
  expect(claimed(database, "k2")).toEqual(taken);
});
