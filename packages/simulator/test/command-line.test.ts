import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OptionsError, readOptions } from "../src/options.ts";
import { Workshop, type Program } from "./support/program.ts";

/** Milliseconds, on a machine that is busy with other tests. */
const PATIENCE_MS = 10 * 60_000;

describe("npm run sim", { timeout: PATIENCE_MS }, () => {
  let workshop: Workshop;
  let sound: Program;
  let faulty: Program;

  beforeAll(async () => {
    workshop = await Workshop.open();
    sound = await workshop.build();
    // An acknowledgement of more than was sent breaks the protocol in every schedule.
    faulty = await workshop.build([
      {
        file: "packages/core/src/delivery/delivery.ts",
        find: 'return { type: "ack", received: this.#received };',
        replace: 'return { type: "ack", received: this.#received + 1 };',
      },
    ]);
  }, PATIENCE_MS);

  afterAll(async () => {
    await workshop[Symbol.asyncDispose]();
  });

  it("says how it is used", async () => {
    const { code, stdout, stderr } = await sound.run(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const option of ["--runs", "--seed", "--jobs", "--replay", "--only", "--trace", "--no-shrink", "Exit code"]) {
      expect(stdout).toContain(option);
    }
  });

  it.each([
    [["--runs", "0"], "--runs takes a whole number of at least 1"],
    [["--runs", "many"], "--runs takes a whole number of at least 1"],
    [["--seed", "-1"], "--seed"],
    [["--only", "1"], "--only goes with --replay"],
    [["--replay", "5", "--only", "1,x"], "--only takes a whole number"],
    [["--fast"], "--fast"],
    [["now"], "now"],
  ])("refuses %j, says why and how it is used, and exits with 2", async (args, why) => {
    const { code, stdout, stderr } = await sound.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(why);
    expect(stderr).toContain("usage: npm run sim");
  });

  it("draws a seed, and says which, unless it is given one", () => {
    expect(readOptions(["--seed", "7"])).toMatchObject({ seed: 7, runs: 10_000, shrink: true, trace: false });
    expect(readOptions([])?.seed).toBeGreaterThanOrEqual(0);
    expect(() => readOptions(["--jobs", "1.5"])).toThrow(OptionsError);
  });

  it("exits with 0 without a violation, and says how many schedules went well", async () => {
    const { code, stdout } = await sound.run(["--runs", "20", "--seed", "1", "--jobs", "2"]);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain("seed 1: 20 schedules");
    expect(stdout).toMatch(/^20 schedules in .*: no violation$/m);
  });

  it("says the same of the same seed, however many threads run it", async () => {
    const args = ["--runs", "30", "--seed", "3"];
    const [alone, together] = await Promise.all([
      sound.run([...args, "--jobs", "1"]),
      sound.run([...args, "--jobs", "3"]),
    ]);
    const told = ({ stdout }: { stdout: string }): string[] =>
      stdout.split("\n").filter((line) => /^(median|told)/.test(line));
    expect(told(together)).toEqual(told(alone));
    expect(told(alone)).toHaveLength(2);
  });

  it("exits with 1 at a violation, prints what led to it, and how to see it again", async () => {
    const { code, stdout } = await faulty.run(["--runs", "50", "--seed", "1"]);
    expect(code, stdout).toBe(1);
    expect(stdout).toMatch(/^VIOLATION of "/m);
    const [, replay = ""] = /^replay: {2}npm run sim -- (.*)$/m.exec(stdout) ?? [];
    const [, smaller = ""] = /^smaller: npm run sim -- (.*)$/m.exec(stdout) ?? [];
    const [whole, part] = await Promise.all([faulty.run(replay.split(" ")), faulty.run(smaller.split(" "))]);
    expect([whole.code, part.code], `${whole.stdout}\n${part.stdout}`).toEqual([1, 1]);
    expect(part.stdout).toContain("VIOLATION of");
    expect(part.stdout.length).toBeLessThanOrEqual(whole.stdout.length);
    // Without the fault the same schedule goes well.
    const good = await sound.run(replay.split(" "));
    expect(good.code, good.stdout).toBe(0);
  });
});
