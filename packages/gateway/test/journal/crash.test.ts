import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { claimOf } from "../../../core/test/support/journal-suite.ts";
import { JournalDatabase } from "../../src/journal/database.ts";
import { expectExactSums } from "../support/journal-database.ts";
import { newPath } from "../support/journal-files.ts";
import { moduleArguments, packageFolder, runCode } from "../support/journal-process.ts";

const ROUNDS = 6;

/** Claims, and settles every third claim, eight at a time, and says so when it is recorded. It never stops. */
function gatewayCode(path: string, round: number): string {
  return `
    import { writeSync } from "node:fs";
    // A pipe that is full says so, where it is not one that blocks.
    function say(line) {
      for (;;) {
        try {
          writeSync(1, line + "\\n");
          return;
        } catch (error) {
          if (error.code !== "EAGAIN") throw error;
        }
      }
    }
    import { sqliteJournal } from "@turnmux/gateway";
    const journal = sqliteJournal(${JSON.stringify(path)});
    const by = { principal: "ada", owner: "gw-${round}", epoch: 1, atMs: 0 };
    const call = { ...by, tool: "cron.add", fingerprint: "f1" };
    const body = { content: 1, octets: new Uint8Array(1000) };
    let count = 0;
    async function work() {
      for (;;) {
        const key = "${round}-" + ++count;
        const [{ kind }] = await journal.claim([{ ...call, key, callId: key }]);
        say(kind + " " + key);
        if (count % 3 > 0) continue;
        await journal.settle([{ ...by, key, ending: { code: 0, body } }]);
        say("settled " + key);
      }
    }
    await Promise.all(Array.from({ length: 8 }, work));
  `;
}

/** Runs such a gateway, kills it when it has said so many lines, and gives back all that it said. */
async function killedAfter(lines: number, path: string, round: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, moduleArguments(gatewayCode(path, round)), {
    cwd: packageFolder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill("SIGKILL");
  }
  expect(await closed).toEqual([null, "SIGKILL"]);
  return said;
}

it("finds everything that was said to be recorded, after a process was killed, again and again", async () => {
  const path = newPath();
  const limits = { retentionMs: 3_600_000, maxOctets: 2 ** 30, maxPrincipalOctets: 2 ** 30 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const said = await killedAfter(1 + Math.floor(Math.random() * 200), path, round);
    const wordsOf = (word: string): readonly string[] =>
      said.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    const [claimed, settled] = [wordsOf("claimed"), new Set(wordsOf("settled"))];
    expect(claimed.length + settled.size).toBe(said.length);

    const next = new JournalDatabase({ path, shownPath: path, openedAtMs: 0, ...limits });
    const claims = claimed.map((key) => claimOf({ key, callId: `again ${key}`, owner: "next" }));
    const [result] = next.run([{ kind: "claim", claims }]).results;
    if (result?.kind !== "claim") throw new Error(result?.kind);
    for (const [index, verdict] of result.verdicts.entries()) {
      const key = claimed[index] ?? "";
      // One that was settled may not have come to say so.
      if (settled.has(key) || verdict.kind === "settled") expect(verdict).toHaveProperty("ending.code", 0);
      else expect(verdict).toEqual({ kind: "abandoned", callId: key });
    }
    expectExactSums(next.db);
    expect(next.db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    next.close();
  }
}, 120_000);

it("keeps no process up when it is open and nothing is under way", () => {
  const code = `
    import { sqliteJournal } from "@turnmux/gateway";
    sqliteJournal(${JSON.stringify(newPath())});
    process.once("beforeExit", () => console.log("end"));
  `;
  expect(runCode(code)).toBe("end");
}, 60_000);

it("keeps a process up for what is under way, and no longer", () => {
  const code = `
    import { sqliteJournal } from "@turnmux/gateway";
    const journal = sqliteJournal(${JSON.stringify(newPath())});
    const call = { principal: "ada", tool: "cron.add", fingerprint: "f1", owner: "gw-1", epoch: 1, atMs: 0 };
    journal.claim([{ ...call, key: "k1", callId: "c1" }]).then(([{ kind }]) => {
      console.log(kind);
      process.once("beforeExit", () => console.log("end"));
    });
  `;
  expect(runCode(code)).toBe("claimed\nend");
}, 60_000);
