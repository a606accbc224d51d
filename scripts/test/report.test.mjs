import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runSteps, tally } from "../lib/report.mjs";

const pass = (name, more = {}) => ({ name, run: async () => ({ ok: true }), ...more });
const fail = (name, more = {}) => ({ name, run: async () => ({ ok: false, output: "why" }), ...more });

describe("the steps", () => {
  beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => {}));
  afterEach(() => void vi.restoreAllMocks());

  it("all run, also after a failure, and are reported in their order", async () => {
    const results = await runSteps([fail("a"), pass("b"), pass("c")]);
    expect(results.map(({ name, ok }) => [name, ok])).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
    ]);
  });

  it("fail with the step that they need", async () => {
    const run = vi.fn();
    const [, second] = await runSteps([fail("a"), { name: "b", after: ["a"], run }]);
    expect(second.ok).toBe(false);
    expect(run).not.toHaveBeenCalled();
  });

  it("fail when they throw", async () => {
    const [only] = await runSteps([{ name: "a", run: () => Promise.reject(new Error("broken")) }]);
    expect(only.ok).toBe(false);
    expect(only.output).toContain("broken");
  });

  it("run two at a time, and alone where they ask for it", async () => {
    let now = 0;
    const seen = {};
    const step = (name, more) => ({
      ...more,
      name,
      run: async () => {
        now += 1;
        await new Promise((resolve) => setImmediate(resolve));
        seen[name] = now;
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        return { ok: true };
      },
    });
    await runSteps([step("a"), step("b"), step("c", { alone: true }), step("d")]);
    expect(seen.a).toBe(2);
    expect(seen.b).toBe(2);
    expect(seen.c).toBe(1);
  });
});

describe("the count", () => {
  const tests = (passed, failed) => ({ passed, failed });

  it.each([
    ["steps and tests", [{ ok: true }, { ok: true, tests: tests(5, 0) }], { passed: 6, failed: 0 }],
    ["failed tests, but not their step", [{ ok: false, tests: tests(5, 2) }], { passed: 5, failed: 2 }],
    ["a test step that failed without a failed test", [{ ok: false, tests: tests(5, 0) }], { passed: 5, failed: 1 }],
    ["a failed step", [{ ok: false }], { passed: 0, failed: 1 }],
  ])("has %s", (_name, results, expected) => {
    expect(tally(results)).toEqual(expected);
  });
});
