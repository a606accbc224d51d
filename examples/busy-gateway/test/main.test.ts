import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function run(...args: string[]): { readonly status: number | null; readonly output: string } {
  const node = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", MAIN, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

test("what clients see of a gateway that stands still is what it says", () => {
  const { status, output } = run("--seconds", "4");
  assert.equal(status, 0, output);
  assert.equal(output.match(/^yes {2}/gm)?.length, 7, output);
  assert.match(output, /STANDS STILL/);
});

test("what cannot be is refused", () => {
  assert.equal(run("--seconds", "0").status, 2);
  assert.equal(run("--minutes", "1").status, 2);
});
