import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import type { Bench, BenchContext, Row } from "../src/bench.ts";
import { runBench } from "../src/driver/run.ts";
import { LIMIT_MS } from "./support/bench-run.ts";
import type { BrokenActions } from "./support/broken-program.ts";

const limit = { timeout: LIMIT_MS };

function ran(run: (context: BenchContext) => Promise<readonly Row[]>, signal?: AbortSignal): Promise<readonly Row[]> {
  const broken = new URL("support/broken-program.ts", import.meta.url);
  const bench: Bench = { name: "broken", description: "breaks", columns: [], programs: { broken }, run };
  const options = { quick: true, rounds: 1, profile: undefined };
  return runBench(bench, options, () => {}, signal ?? new AbortController().signal);
}

it("fails with the last words of a program that cannot start", limit, async () => {
  const run = ran(({ start }) => start("broken", { early: true }).then(() => []));
  await expect(run).rejects.toThrow(/^the program broken ended: exit code 1; it wrote:[^]*it cannot start/);
});

it("fails with the last words of a program that ends while it is asked for something", limit, async () => {
  const run = ran(async ({ start }) => {
    const program = await start<BrokenActions>("broken", { early: false }, { name: "the one" });
    expect(await program.ready).toBe("here");
    await program.ask("die");
    return [];
  });
  await expect(run).rejects.toThrow(/^the program the one ended: exit code 3; it wrote:\nits last words$/);
});

it("fails with what an action failed with", limit, async () => {
  const run = ran(async ({ start }) => {
    const program = await start<BrokenActions>("broken", { early: false });
    expect(await program.ask("cpu")).toBeGreaterThan(0);
    await program.ask("refuse");
    return [];
  });
  await expect(run).rejects.toThrow(/^broken: Error: it does not want to/);
});

it("fails where a bench has no such program", limit, async () => {
  await expect(ran(({ start }) => start("whole", {}).then(() => []))).rejects.toThrow("has no program whole");
});

it("ends what a bench left running, and removes its folder, also when it is ended early", limit, async () => {
  const abort = new AbortController();
  let pid = 0;
  let folder = "";
  const run = ran(async (context) => {
    folder = context.folder;
    pid = (await context.start("broken", { early: false })).pid ?? 0;
    abort.abort(new Error("enough"));
    return new Promise(() => {});
  }, abort.signal);
  await expect(run).rejects.toThrow("enough");
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(readdirSync(tmpdir()).map((name) => `${tmpdir()}/${name}`)).not.toContain(folder);
});
