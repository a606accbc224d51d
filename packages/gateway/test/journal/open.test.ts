import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { claim, okOf, settle } from "../../../core/test/support/journal-suite.ts";
import { sqliteJournal, UsageError } from "../../src/index.ts";
import { newFolder, newPath, octetsIn, openJournal } from "../support/journal-files.ts";
import { claimAndDie, runCode } from "../support/journal-process.ts";

/** What opening the file throws, which has to be one sentence that names the file, and must have changed nothing. */
function refusalOf(path: string): string {
  const before = stateOf(path);
  let refusal: unknown;
  try {
    void sqliteJournal(path).close();
  } catch (error) {
    refusal = error;
  }
  if (!(refusal instanceof UsageError)) throw new Error("It was no UsageError.", { cause: refusal });
  const message = refusal.message.replaceAll(`"${path}"`, "X");
  expect(message.replace(/since \S+:/, "since then:")).toMatch(
    /^The journal X [^.]*: [^.]*( docs\/operations\.md)?\.$/,
  );
  expect(stateOf(path)).toEqual(before);
  return message;
}

/** The octets of all files, but for SQLite's index of the log, which it makes to read a log. It holds nothing of its own. */
function stateOf(path: string): ReadonlyMap<string, string> {
  const files = new Map(octetsIn(dirname(path)));
  files.delete("journal.db-shm");
  return files;
}

/** A journal that was closed in good order, with some records in it. */
async function filled(records = 300): Promise<string> {
  const path = newPath();
  const journal = sqliteJournal(path);
  for (let i = 0; i < records; i += 100) {
    const keys = Array.from({ length: 100 }, (_, index) => `r${i + index}`);
    const call = { principal: "ada", tool: "cron.add", fingerprint: "f".repeat(64), owner: "gw-1", epoch: 1, atMs: 1 };
    await journal.claim(keys.map((key) => ({ ...call, key, callId: key })));
  }
  await settle(journal, { key: "r1", ending: okOf(100_000) });
  await journal.close();
  return path;
}

// Many of these start processes, several of them one after the other.
const SLOW = { timeout: 60_000 };

describe("a file that cannot be a journal", SLOW, () => {
  it("is refused when it is no database", () => {
    const path = newPath();
    writeFileSync(path, "These are notes that somebody took.\n".repeat(100));
    expect(refusalOf(path)).toBe(
      "The journal X is not a SQLite database: name another file, or move this one out of the way.",
    );
  });

  it("is refused when it is the database of something else, whatever its journal mode", () => {
    for (const mode of ["DELETE", "WAL"]) {
      const path = newPath();
      const db = new DatabaseSync(path);
      db.exec(
        `PRAGMA journal_mode = ${mode}; CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('ada')`,
      );
      db.close();
      expect(refusalOf(path)).toBe("The journal X is the database of another program: name another file.");
    }
  });

  it("is refused when another program's log is still beside it", () => {
    const path = newPath();
    runCode(`
      const db = new (await import("node:sqlite")).DatabaseSync(${JSON.stringify(path)});
      db.exec("PRAGMA journal_mode = WAL; CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('ada')");
      process.kill(process.pid, "SIGKILL");
    `);
    expect(octetsIn(dirname(path)).has("journal.db-wal")).toBe(true);
    expect(refusalOf(path)).toBe("The journal X is the database of another program: name another file.");
  });

  it("is refused when a newer turnmux wrote it, also where only the log says so", async () => {
    const path = await filled();
    const update = "PRAGMA user_version = 7; ALTER TABLE record ADD COLUMN mood TEXT;";
    const newer =
      "The journal X was written by a newer turnmux (schema 7, this one knows 2): update turnmux, or name another file.";
    runCode(`
      const db = new (await import("node:sqlite")).DatabaseSync(${JSON.stringify(path)});
      db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; ${update}");
      process.kill(process.pid, "SIGKILL");
    `);
    expect(refusalOf(path)).toBe(newer);
    const db = new DatabaseSync(path);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    expect(refusalOf(path)).toBe(newer);
  });

  const damaged =
    'The journal X is damaged and was left as it is: move it and its -wal file out of the way to start with an empty one, or see "Repair" in docs/operations.md.';

  it("is refused when it is damaged in the middle", async () => {
    const path = await filled();
    const octets = readFileSync(path);
    octets.fill(0xaa, 3 * 4096, 9 * 4096);
    writeFileSync(path, octets);
    expect(refusalOf(path)).toBe(damaged);
  });

  it("is refused when its end is missing, or its tables are not there", async () => {
    const path = await filled();
    const octets = readFileSync(path);
    truncateSync(path, octets.length - 5 * 4096);
    expect(refusalOf(path)).toBe(damaged);
    writeFileSync(path, octets);
    const db = new DatabaseSync(path);
    db.exec("DROP INDEX record_call");
    db.close();
    expect(refusalOf(path)).toBe(damaged);
  });

  it("is refused when it is damaged and its log is still beside it", async () => {
    const path = await filled();
    claimAndDie(path, 1);
    const octets = readFileSync(path);
    octets.fill(0xaa, 3 * 4096, 9 * 4096);
    writeFileSync(path, octets);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    expect(refusalOf(path)).toBe(damaged);
  });

  it("is refused when its log is there without it", () => {
    const path = newPath();
    claimAndDie(path, 1);
    renameSync(path, `${path}.away`);
    expect(refusalOf(path)).toMatch(/^The journal X is missing while its -wal file is there: put the two together/);
    renameSync(`${path}.away`, path);
    expect(() => openJournal(path)).not.toThrow();
  });

  it("is refused when it is a folder, or its folder does not exist", () => {
    const folder = newFolder();
    mkdirSync(join(folder, "journal.db"));
    expect(() => sqliteJournal(join(folder, "journal.db"))).toThrow(
      /^The journal ".*" is not a file: name another path\.$/,
    );
    const missing = join(folder, "missing", "journal.db");
    expect(() => sqliteJournal(missing)).toThrow(UsageError);
    expect(() => sqliteJournal(missing)).toThrow(
      /^The folder of the journal ".*" does not exist: make it, or name another/,
    );
  });

  it("is refused when it, or its folder, may not be written", async () => {
    const path = await filled(100);
    chmodSync(dirname(path), 0o755);
    chmodSync(path, 0o444);
    expect(openAsAnybody(path)).toMatch(/^UsageError: The journal ".*" cannot be written: let this process write/);
    chmodSync(path, 0o666);
    chmodSync(dirname(path), 0o555);
    expect(openAsAnybody(path)).toMatch(/^UsageError: The journal ".*" cannot be written: let this process write/);
    chmodSync(dirname(path), 0o777);
    expect(openAsAnybody(path)).toBe("open");
  });
});

/** Opens a file as a user who is not root, whom no mode of a file keeps out. */
function openAsAnybody(path: string): string {
  const code = `
    import { JournalDatabase } from "./src/journal/database.ts";
    if (process.getuid?.() === 0) process.setuid(65534);
    const limits = { retentionMs: 1000, maxOctets: 100000, maxPrincipalOctets: 100000 };
    const settings = { path: ${JSON.stringify(path)}, shownPath: ${JSON.stringify(path)}, openedAtMs: 0, ...limits };
    try {
      new JournalDatabase(settings).close();
      console.log("open");
    } catch (error) {
      console.log(error.usage ? "UsageError: " + error.message : error.stack);
    }
  `;
  return runCode(code);
}

describe("a file that an unfinished start left behind", SLOW, () => {
  it("is taken, empty or without tables", () => {
    const empty = newPath();
    writeFileSync(empty, "");
    const blank = newPath();
    const db = new DatabaseSync(blank);
    db.exec("PRAGMA journal_mode = WAL");
    db.close();
    for (const path of [empty, blank]) expect(() => openJournal(path)).not.toThrow();
  });

  it("is taken when it is locked no more, whatever the note beside it says, and the index of readers is removed", async () => {
    const path = newPath();
    claimAndDie(path, 1);
    writeFileSync(`${path}-owner`, JSON.stringify({ pid: process.pid, host: hostname(), since: "2020-01-01" }));
    writeFileSync(`${path}-shm`, new Uint8Array(32_768));
    const journal = openJournal(path);
    expect(await claim(journal, { key: "k0", fingerprint: "f" })).toHaveProperty("kind", "abandoned");
    expect([...octetsIn(dirname(path)).keys()]).toEqual(["journal.db", "journal.db-owner", "journal.db-wal"]);
    expect(readFileSync(`${path}-owner`, "utf8")).not.toContain("2020");
  });
});

describe("a second gateway on the same file", SLOW, () => {
  it("is refused by name, in the same process", async () => {
    const path = newPath();
    const journal = openJournal(path);
    await claim(journal);
    // Nothing here may read the file by node:fs: closing it would take this process's locks away.
    const inUse =
      /^The journal ".*" is in use by this process since 2\S+: it belongs to one gateway at a time, so stop that one, or/;
    expect(() => sqliteJournal(path)).toThrow(UsageError);
    expect(() => sqliteJournal(path)).toThrow(inUse);
    symlinkSync(path, `${path}.link`);
    expect(() => sqliteJournal(`${path}.link`)).toThrow(inUse);
    // The look at the file has not cost the first one its lock.
    expect(openElsewhere(path)).toContain(`is in use by process ${process.pid} since 2`);
    expect(await claim(journal)).toHaveProperty("kind", "running");
    await journal.close();
    expect(openElsewhere(path)).toBe("open");
  });

  it("is refused while anything else has the file open", async () => {
    const path = await filled(100);
    const db = new DatabaseSync(path, { readOnly: true });
    db.prepare("SELECT count(*) FROM record").get();
    expect(() => sqliteJournal(path)).toThrow("is in use by another program: it belongs to one gateway at a time");
    db.close();
    expect(() => openJournal(path)).not.toThrow();
  });
});

function openElsewhere(path: string): string {
  return runCode(`
    import { sqliteJournal } from "@turnmux/gateway";
    try {
      await sqliteJournal(${JSON.stringify(path)}).close();
      console.log("open");
    } catch (error) {
      console.log(error.message);
    }
  `);
}

it("needs no SQLite until a journal is opened, and warns of nothing then", SLOW, () => {
  const code = `
    import { sqliteJournal } from "@turnmux/gateway";
    const journal = sqliteJournal(${JSON.stringify(newPath())});
    console.log(await journal.find([]));
    await journal.close();
  `;
  const args = ["--conditions=turnmux-source", "--input-type=module", "-e", code];
  const { stderr, stdout } = spawnSync(process.execPath, args, {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe("[]");
  expect(stderr).not.toMatch(/sqlite/i);
});
