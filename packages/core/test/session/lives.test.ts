/** Keys that a predecessor of the same name has left in the journal: what may have begun, and what cannot have. */
import { describe, expect, it } from "vitest";
import {
  Execution,
  failed,
  memoryJournal,
  OnceCalls,
  type MemoryJournal,
  type OnceVerdict,
  type OwnerLife,
  type RegisteredTool,
} from "../../src/index.ts";
import { kit } from "../support/kit.ts";
import { VirtualTime } from "../support/virtual-time.ts";

/** A tool whose handler is in another thread, which is told of each call before that begins, and one whose handler is not. */
const TOLD: RegisteredTool = {
  name: "add",
  contract: kit.add,
  handler: () => undefined,
  timeoutMs: undefined,
  maxTimeoutMs: undefined,
  maxConcurrent: undefined,
  offer: { name: "add", effect: 3 },
  elsewhere: { run: () => new Promise(() => {}), aftermath: () => new Promise(() => {}) },
};
const DIRECT: RegisteredTool = { ...TOLD, elsewhere: undefined };

/** One key, and the threads of one name that ask for it, one after the other. */
class World {
  readonly time = new VirtualTime();
  readonly journal: MemoryJournal = memoryJournal();

  /** A thread of its own life. Whatever a thread before it did, it does no more. */
  thread(number: number, knownSince = 1): OnceCalls {
    return this.calls("io", { number, knownSince });
  }

  calls(owner: string, life?: OwnerLife): OnceCalls {
    return new OnceCalls(this.journal, this.time.environment(owner), { owner, life });
  }

  async claim(once: OnceCalls, tool = TOLD): Promise<{ verdict: OnceVerdict; execution: Execution }> {
    const execution = new Execution(tool, 1, "f");
    const verdict = once.claim("alice", "k", "c", execution);
    await this.time.settle();
    return { verdict: await verdict, execution };
  }

  async end(once: OnceCalls, execution: Execution, how: "ok" | "failed"): Promise<void> {
    const settled = how === "ok" ? ({ ok: true, value: 1 } as const) : failed("internal", "", "failed");
    const ended = once.end("alice", "k", execution, settled);
    await this.time.settle();
    await ended;
  }

  /** How the journal says that the call ended. */
  async recorded(): Promise<string> {
    const [record] = await this.journal.find([{ principal: "alice", key: "k" }]);
    return record === undefined ? "no record" : (record.ending?.outcome ?? `code ${record.ending?.code}`);
  }
}

describe("a key that a thread had claimed when it died", () => {
  it("is its successor's to run where nobody can have begun the call", async () => {
    const world = new World();
    await world.claim(world.thread(1));
    const second = world.thread(2);
    const { verdict, execution } = await world.claim(second);
    expect(verdict).toEqual({ kind: "run" });
    await world.end(second, execution, "ok");
    expect(await world.recorded()).toBe("code 0");
  });

  it("is free also where several threads died in a row", async () => {
    const world = new World();
    await world.claim(world.thread(1));
    await world.claim(world.thread(2));
    expect((await world.claim(world.thread(4))).verdict).toEqual({ kind: "run" });
  });

  it("is abandoned where its tool ran in the thread itself, whatever the tool is by now", async () => {
    const world = new World();
    await world.claim(world.thread(1), DIRECT);
    const second = world.thread(2);
    const { verdict, execution } = await world.claim(second, TOLD);
    expect(verdict).toEqual({ kind: "abandoned", callId: "c" });
    await world.end(second, execution, "ok");
    expect(await world.recorded()).toBe("code 0");
  });

  it("is abandoned where the thread had taken it over, once, and once more", async () => {
    const world = new World();
    await world.claim(world.calls("of a process that died"));
    world.journal.abandon();
    const abandoned = { kind: "abandoned", callId: "c" };
    expect((await world.claim(world.thread(1))).verdict).toEqual(abandoned);
    expect((await world.claim(world.thread(2))).verdict).toEqual(abandoned);
    const third = world.thread(3);
    const { verdict, execution } = await world.claim(third);
    expect(verdict).toEqual(abandoned);
    await world.end(third, execution, "ok");
    expect(await world.recorded()).toBe("code 0");
  });

  it("is abandoned where it is not known any more what began in that life", async () => {
    const world = new World();
    await world.claim(world.thread(1));
    expect((await world.claim(world.thread(3, 2))).verdict).toMatchObject({ kind: "abandoned" });
  });

  it("is abandoned where it is the thread's own, and it has let go of it without an ending", async () => {
    const world = new World();
    const first = world.thread(1);
    await world.claim(first);
    first.release("alice", "k");
    expect((await world.claim(first)).verdict).toMatchObject({ kind: "abandoned" });
  });

  it("is not touched by what the dead thread still has to say", async () => {
    const world = new World();
    const first = world.thread(1);
    const { execution } = await world.claim(first);
    expect((await world.claim(world.thread(2))).verdict).toEqual({ kind: "run" });
    await world.end(first, execution, "failed");
    expect(await world.recorded()).toBe("code undefined");
  });

  it("is not touched by it where it was taken over either", async () => {
    const world = new World();
    const first = world.thread(1);
    const { execution } = await world.claim(first, DIRECT);
    await world.claim(world.thread(2));
    await world.end(first, execution, "failed");
    expect(await world.recorded()).toBe("code undefined");
  });

  it("is free for another thread of the process, which asks for it at the successor", async () => {
    const world = new World();
    await world.claim(world.thread(1));
    const second = world.thread(2);
    const main = world.calls("main");
    const { verdict } = await world.claim(main);
    expect(verdict).toEqual({ kind: "elsewhere" });
    const handed = second.handOver({
      principal: "alice",
      key: "k",
      tool: "add",
      fingerprint: "f",
      callId: "c2",
      owner: "main",
      epoch: 1,
      atMs: 0,
    });
    await world.time.settle();
    expect(await handed).toBeUndefined();
    expect(await world.recorded()).toBe("no record");
  });
});

describe("a run that repeats one which may have taken effect", () => {
  it("leaves the key taken where it comes to nothing, and says that it is not known", async () => {
    const world = new World();
    const once = world.thread(1);
    const { execution } = await world.claim(once, DIRECT);
    execution.repeats = true;
    await world.end(once, execution, "failed");
    expect(execution.ending).toMatchObject({ outcome: "unknown" });
    expect(await world.recorded()).toBe("code undefined");
  });
});
