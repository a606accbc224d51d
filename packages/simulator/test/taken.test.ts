import { describe, expect, it } from "vitest";
import { Calls, type Attempt } from "../src/calls.ts";
import { Ledger } from "../src/ledger.ts";
import { Process } from "../src/process.ts";
import { Random } from "../src/random.ts";
import type { Script } from "../src/tools.ts";
import { World } from "../src/world.ts";

const SCRIPT: Script = {
  id: "a0",
  beforeMs: 0,
  afterMs: 0,
  end: "ok",
  heeds: true,
  pad: "",
  size: 0,
  items: 2,
  itemSize: 0,
  gapMs: 0,
  reports: 0,
  calls: false,
};

/** A call that waits for ACCEPT for 100 ms, where it takes one item; and how many items count as taken at a time. */
function waiting(): { readonly accept: (at: number) => void; readonly takenAt: (at: number) => number | "all" } {
  const random = new Random(1, 0);
  const world = new World(random, false);
  const caller = new Process(world, "client0.1", random, () => {});
  const limits = { deadlineVerdictMs: 1, cancelVerdictMs: 1, unsent: 1, streams: 1 };
  const calls = new Calls(world, new Ledger(world), limits);
  const at = <T>(time: number, run: () => T): T => {
    world.now = time;
    return run();
  };
  const { attempt, options } = calls.begin({
    caller,
    site: "gateway0",
    principal: "alice",
    tool: "rows",
    script: SCRIPT,
    key: undefined,
    timeoutMs: undefined,
    acceptTimeoutMs: 100,
    unread: false,
    supports: undefined,
  });
  takeOne(calls, attempt);
  return {
    accept: (time) => at(time, () => options.onAccept?.({ state: "running" })),
    takenAt: (time) => at(time, () => calls.taken(options.meta)),
  };
}

function takeOne(calls: Calls, attempt: Attempt): void {
  calls.item(attempt, { id: SCRIPT.id, index: 0, pad: "" });
}

describe("what counts as taken of a call's items", () => {
  it("is what its application has taken, while it waits for ACCEPT, and when that has come in time", () => {
    const call = waiting();
    expect(call.takenAt(99)).toBe(1);
    call.accept(99);
    expect(call.takenAt(1_000)).toBe(1);
  });

  it("is all of them once it has waited for too long, also when ACCEPT comes then", () => {
    const call = waiting();
    expect(call.takenAt(100)).toBe("all");
    call.accept(101);
    expect(call.takenAt(102)).toBe("all");
  });
});
