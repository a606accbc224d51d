import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const EXEC = fileURLToPath(new URL("../src/exec.ts", import.meta.url));

test("a command that an exec tool runs while the gateway stands still is what it says", () => {
  const node = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", EXEC, "--seconds", "6"];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  assert.equal(stdout.match(/^yes {2}/gm)?.length, 5, stdout);
});
