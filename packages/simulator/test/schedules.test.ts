import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop, type Program } from "./support/program.ts";

/** Milliseconds, on a machine that is busy with other tests. */
const PATIENCE_MS = 10 * 60_000;

describe("schedules", { timeout: PATIENCE_MS }, () => {
  let workshop: Workshop;
  let program: Program;

  beforeAll(async () => {
    workshop = await Workshop.open();
    program = await workshop.build();
  }, PATIENCE_MS);

  afterAll(async () => {
    await workshop[Symbol.asyncDispose]();
  });

  it("that once went wrong go well", async () => {
    for (const { seed, why } of await onceFailed()) {
      const { code, stdout } = await program.run(["--replay", String(seed)]);
      expect(code, `seed ${seed} (${why}) goes wrong again:\n${stdout}`).toBe(0);
    }
  });

  it("are the same every time for the same seed", async () => {
    const args = ["--trace", "--replay", String(randomInt(2 ** 48 - 1))];
    const [first, second] = await Promise.all([program.run(args), program.run(args)]);
    expect(first.code, first.stdout).toBe(0);
    expect(second.stdout === first.stdout, `${args.join(" ")} prints one thing, and then another`).toBe(true);
    expect(first.stdout.split("\n").length).toBeGreaterThan(10);
  });
});

/** Seeds that once went wrong, each with one sentence about it. */
async function onceFailed(): Promise<readonly { readonly seed: number; readonly why: string }[]> {
  const list: unknown = JSON.parse(await readFile(new URL("../seeds.json", import.meta.url), "utf8"));
  if (!Array.isArray(list)) throw new Error("seeds.json has no list");
  return list.map((entry: unknown) => {
    const { seed, why }: { seed?: unknown; why?: unknown } = typeof entry === "object" && entry !== null ? entry : {};
    if (typeof seed !== "number" || typeof why !== "string") throw new Error("a seed of seeds.json has no sentence");
    return { seed, why };
  });
}
