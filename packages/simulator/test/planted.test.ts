import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveryFaults } from "./planted/delivery.ts";
import { endingFaults } from "./planted/endings.ts";
import type { PlantedFault } from "./planted/fault.ts";
import { flowFaults } from "./planted/flow.ts";
import { keyFaults } from "./planted/keys.ts";
import { resumeFaults } from "./planted/resume.ts";
import { applied, Workshop } from "./support/program.ts";

const faults: readonly PlantedFault[] = [
  ...deliveryFaults,
  ...flowFaults,
  ...resumeFaults,
  ...keyFaults,
  ...endingFaults,
];

/**
 * Schedules without a fault, at least. Where everything is asked for (TURNMUX_REQUIRE_ALL, in continuous integration) they
 * are as many as `npm run sim` makes by itself; elsewhere as many as most faults would need.
 */
const RUNS = process.env["TURNMUX_REQUIRE_ALL"] === "1" ? 10_000 : 2_000;

/** Milliseconds, on a machine that is busy with other tests. */
const PATIENCE_MS = 30 * 60_000;

/** What the simulator found of a fault: the invariant, and at which schedule. */
interface Found {
  readonly invariant: string;
  readonly schedule: number;
}

describe("a fault that is planted in the core", { timeout: PATIENCE_MS }, () => {
  /** All run the same schedules: new ones each time. */
  const seed = randomInt(2 ** 32);
  const found = new Map<PlantedFault, Found>();
  let workshop: Workshop;

  beforeAll(async () => {
    workshop = await Workshop.open();
    // What takes longest begins first, so that nothing is left to wait for in the end.
    const left = faults.toSorted((one, other) => other.within - one.within);
    const work = async (): Promise<void> => {
      for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
        const result = await hunt(workshop, fault, seed);
        if (result !== undefined) found.set(fault, result);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  }, PATIENCE_MS);

  afterAll(async () => {
    process.stdout.write(reportOf(seed, found));
    await workshop[Symbol.asyncDispose]();
  });

  it.each(faults.map((fault) => ({ name: fault.name, within: fault.within, fault })))(
    "is found within $within schedules: $name",
    ({ fault }) => {
      expect(found.get(fault), `not found with --seed ${seed}`).toBeDefined();
    },
  );

  // What proves this is also what many schedules of a fresh seed prove by themselves: they are made once, for both.
  it("is what was found: without it the same schedules, and more, go well, and have much in them", async () => {
    const needed = Math.max(0, ...[...found.values()].map(({ schedule }) => schedule)) + 1;
    const runs = Math.max(RUNS, needed);
    const sound = await workshop.build();
    const { code, stdout, stderr } = await sound.run(["--runs", String(runs), "--seed", String(seed)]);
    process.stdout.write(stdout);
    expect(code, `npm run sim -- --runs ${runs} --seed ${seed}\n${stdout}\n${stderr}`).toBe(0);
    const [done] = numbersOf(stdout, /^(\d+) schedules in /m);
    expect(done).toBe(runs);
    const [events = 0, calls = 0, cuts = 0] = numbersOf(stdout, /^median: (\d+) events, (\d+) calls, (\d+) faults$/m);
    expect(events).toBeGreaterThanOrEqual(200);
    expect(calls).toBeGreaterThanOrEqual(20);
    expect(cuts).toBeGreaterThanOrEqual(2);
  });

  it("is one change to a text that is there once", () => {
    const change = { file: "a.ts", find: "one", replace: "two" };
    expect(applied(change, "this one")).toBe("this two");
    expect(() => applied(change, "one and one")).toThrow("2 times");
    expect(() => applied(change, "none of it".replace("one", ""))).toThrow("0 times");
  });
});

async function hunt(workshop: Workshop, { changes, within }: PlantedFault, seed: number): Promise<Found | undefined> {
  const program = await workshop.build(changes);
  const args = ["--runs", String(within), "--seed", String(seed), "--jobs", "1", "--no-shrink"];
  const { code, stdout, stderr } = await program.run(args);
  if (code === 0) return undefined;
  const [, schedule] = /^schedule (\d+) of seed/m.exec(stdout) ?? [];
  const [, invariant] = /^VIOLATION of "(.*?)"/m.exec(stdout) ?? [];
  // What only crashes the simulator is not found.
  if (code !== 1 || schedule === undefined || invariant === undefined) throw new Error(stderr || stdout);
  return { invariant, schedule: Number(schedule) };
}

function numbersOf(text: string, pattern: RegExp): number[] {
  const [, ...groups] = pattern.exec(text) ?? [];
  return groups.map(Number);
}

function reportOf(seed: number, found: ReadonlyMap<PlantedFault, Found>): string {
  const lines = [...found].map(
    ([{ name, within }, { invariant, schedule }]) =>
      `${String(schedule + 1).padStart(5)} of ${within}: ${name} ("${invariant}")`,
  );
  return `seed ${seed}: planted faults, and the schedule that found each\n${lines.join("\n")}\n`;
}
