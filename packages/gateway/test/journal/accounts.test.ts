import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { claimOf, settlementOf } from "../../../core/test/support/journal-suite.ts";
import type { JournalDatabase } from "../../src/journal/database.ts";
import type { DatabaseSettings, Operation } from "../../src/journal/messages.ts";
import { MIGRATIONS, migrate } from "../../src/journal/schema.ts";
import { claimed, expectExactSums, openDatabase, settled } from "../support/journal-database.ts";
import { newPath } from "../support/journal-files.ts";

/** Opens a file whose octets need not be on the disk. */
function openQuickly(path = newPath(), more: Partial<DatabaseSettings> = {}): JournalDatabase {
  const database = openDatabase(path, more);
  database.db.exec("PRAGMA synchronous = OFF");
  return database;
}

/** Numbers below a limit, the same each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Claims and settlements of 60 keys of three principals: some free their keys, some bring large results. */
function randomOperation(roll: (sides: number) => number, atMs: number): Operation {
  const calls = Array.from({ length: 1 + roll(8) }, () => {
    const key = `k${roll(60)}`;
    return { principal: ["ada", "bob", '"eve'][roll(3)] ?? "ada", key, callId: key, atMs };
  });
  if (roll(2) === 0) return { kind: "claim", claims: calls.map((call) => claimOf(call)) };
  const body = { content: 1, octets: new Uint8Array(roll(3) * 700) };
  const endings = [
    { code: 0, body },
    { code: 10, outcome: "not_started", body },
    { code: 10, outcome: "unknown", message: "Who knows?", body },
  ] as const;
  return {
    kind: "settle",
    settlements: calls.map((call) => settlementOf({ ...call, ending: endings[roll(3)] ?? endings[0] })),
  };
}

function pageCount({ db }: JournalDatabase): number {
  return Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
}

/** Operations of which some cannot be written, for one reason or another. */
function runWithFailures(database: JournalDatabase, roll: (sides: number) => number, atMs: number): void {
  const { db } = database;
  const trouble = roll(6);
  if (trouble === 0) db.exec("PRAGMA query_only = ON");
  if (trouble === 1) db.exec(`PRAGMA max_page_count = ${pageCount(database)}`);
  database.run(Array.from({ length: 1 + roll(4) }, () => randomOperation(roll, atMs)));
  db.exec("PRAGMA query_only = OFF; PRAGMA max_page_count = 1000000");
}

it("keeps the sums of each principal's records exact, whatever is recorded, fails, expires, and is dropped for room", () => {
  for (const seed of [1, 2, 3, 4]) {
    const roll = dice(seed);
    const path = newPath();
    // Room for all keys, or nearly, and for some of their results; or for all, which then expire.
    const room = seed % 2 === 0 ? 40_000 : 400_000;
    const limits = { retentionMs: 100, maxOctets: room, maxPrincipalOctets: 0.4 * room };
    let database = openQuickly(path, limits);
    for (let step = 0, atMs = 0; step < 200; step += 1) {
      atMs += roll(20) === 0 ? 70 : 1;
      runWithFailures(database, roll, atMs);
      if (roll(40) === 0) {
        database.close();
        database = openQuickly(path, limits);
        // What was abandoned, too.
        atMs += roll(2) * 200;
      }
      expectExactSums(database.db);
      for (const row of database.db.prepare("SELECT octets FROM principal").all()) {
        expect(row["octets"]).toBeLessThanOrEqual(limits.maxPrincipalOctets);
      }
      const { octets } = database.db.prepare("SELECT coalesce(sum(octets), 0) AS octets FROM principal").get() ?? {};
      expect(octets).toBeLessThanOrEqual(limits.maxOctets);
    }
    database.close();
  }
});

it("counts nothing of what failed: as many keys fit as in a file in which nothing did", () => {
  const counts = [0, 50].map((failures) => {
    const database = openQuickly(newPath(), { maxOctets: 400_000, maxPrincipalOctets: 400_000 });
    claimed(database, "first");
    settled(database, "first");
    database.db.exec(`PRAGMA max_page_count = ${pageCount(database)}`);
    for (let i = 0; i < failures; i += 1) {
      const claims = Array.from({ length: 100 }, (_, index) => claimOf({ key: `failed${index}` }));
      expect(database.run([{ kind: "claim", claims }]).results[0]).toHaveProperty("kind", "failed");
    }
    database.db.exec("PRAGMA max_page_count = 1000000");
    const fits = (): boolean => {
      const result = claimed(database, `fill${String(count).padStart(5, "0")}`);
      return result?.kind === "claim" && result.verdicts[0]?.kind === "claimed";
    };
    let count = 0;
    while (fits()) count += 1;
    return count;
  });
  expect(counts[0]).toBeGreaterThan(100);
  expect(counts[1]).toBe(counts[0]);
});

it("forgets a principal with its last record", () => {
  const database = openQuickly();
  const principals = (): number => database.db.prepare("SELECT id FROM principal").all().length;
  claimed(database, "k1");
  claimed(database, "k2");
  settled(database, "k1");
  const ending = { code: 10, outcome: "not_started", body: { content: 0, octets: new Uint8Array() } } as const;
  database.run([{ kind: "settle", settlements: [settlementOf({ key: "k2", ending })] }]);
  expect(principals()).toBe(1);
  database.run([{ kind: "claim", claims: [claimOf({ principal: "bob", atMs: 1000 })] }]);
  expect(database.db.prepare("SELECT name FROM principal").all()).toEqual([{ name: "bob" }]);
  claimed(database, "k1", 1000);
  expectExactSums(database.db);
  expect(principals()).toBe(2);
});

it("knows the sums of more principals than it keeps in memory", () => {
  const database = openQuickly();
  const calls = Array.from({ length: 3000 }, (_, index) => ({ principal: `p${index}`, key: "k1" }));
  for (const round of ["k1", "k2"]) {
    for (let start = 0; start < calls.length; start += 600) {
      const claims = calls.slice(start, start + 600).map(({ principal }) => claimOf({ principal, key: round }));
      database.run([{ kind: "claim", claims }]);
      database.run([{ kind: "find", queries: calls }]);
    }
  }
  database.run([{ kind: "settle", settlements: calls.map((call) => settlementOf(call)) }]);
  expectExactSums(database.db);
  expect(database.db.prepare("SELECT count(*) AS count FROM principal WHERE records = 2").get()).toEqual({
    count: 3000,
  });
});

it("takes over a file of version 1, in which triggers kept the sums", () => {
  const path = newPath();
  const old = new DatabaseSync(path);
  migrate(old, 0, MIGRATIONS.slice(0, 1));
  old.exec(`
    INSERT INTO life VALUES (1, 0);
    INSERT INTO principal (id, name) VALUES (1, 'ada'), (2, 'bob');
    INSERT INTO record (principal, key, tool, fingerprint, call_id, owner, epoch, life, claimed_at, octets)
    VALUES (1, 'k1', 'cron.add', 'f1', 'c1', 'gw-0', 1, 1, 0, 300), (1, 'k2', 'cron.add', 'f1', 'c2', 'gw-0', 1, 1, 0, 300),
      (2, 'k1', 'cron.add', 'f1', 'c1', 'gw-0', 1, 1, 0, 300);
    UPDATE record SET settled_at = 5, code = 0, content = 1, body = x'0102', result_octets = 2 WHERE id = 1`);
  old.close();
  const database = openQuickly(path);
  expectExactSums(database.db);
  expect(claimed(database, "k1")).toHaveProperty("verdicts.0.ending.body.octets", Uint8Array.of(1, 2));
  expect(claimed(database, "k2")).toHaveProperty("verdicts.0", { kind: "abandoned", callId: "c2" });
  settled(database, "k2", 700);
  claimed(database, "k3");
  expectExactSums(database.db);
  expect(database.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all()).toEqual([]);
});
