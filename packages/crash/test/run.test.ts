import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Driver, figuresOf, ranDriver } from "./support/driver.ts";

/** How long a run may take on a machine that is busy with other things. */
const LIMIT_MS = 170_000;

it("loses nothing, does nothing twice and tells the truth when processes are killed", {
  timeout: LIMIT_MS,
}, async () => {
  const { code, output, lastLine } = await ranDriver("--quick");
  expect(figuresOf(lastLine), output).toMatchObject({ kills: 6, lost: 0, duplicated: 0, untrue: 0 });
  expect(figuresOf(lastLine).calls).toBeGreaterThan(20);
  expect(code, output).toBe(0);
});

it.for([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("leaves nothing behind after %s", { timeout: LIMIT_MS }, async ([signal, code]) => {
  const driver = new Driver(["--kills", "0", "--duration", "600", "--keep", "--clients", "1"]);
  await driver.says("2 processes are up");
  const [name = ""] = readdirSync(driver.folder);
  const records = readFileSync(join(driver.folder, name, "driver.jsonl"), "utf8");
  const pids = [...records.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(2);
  driver.signal(signal);
  expect((await driver.ended).code).toBe(code);
  for (const pid of pids) expect(() => process.kill(pid, 0), `process ${pid}`).toThrow("ESRCH");
});

it("removes its working folder, also when it is ended early, unless it is to be kept", {
  timeout: LIMIT_MS,
}, async () => {
  const driver = new Driver(["--kills", "0", "--duration", "600", "--clients", "1"]);
  await driver.says("seed");
  driver.signal("SIGTERM");
  await driver.ended;
  expect(readdirSync(driver.folder)).toEqual([]);
});
