/** Keys that the other thread holds, or has held. */
import { describe, expect, it } from "vitest";
import { ToolError } from "@turnmux/core";
import fc from "fast-check";
import { watch } from "../../../core/test/support/kit.ts";
import { jobs } from "../../../core/test/support/restarts.ts";
import { cutOff, TwoThreads, type Handlers } from "../support/two-threads.ts";

const input = { name: "x" };

/** `add` ends when it is aborted. */
function abortable(): { readonly add: Handlers["add"]; readonly aborted: () => number } {
  let aborted = 0;
  return {
    add: (_input, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted += 1;
          reject(new Error("aborted"));
        });
      }),
    aborted: () => aborted,
  };
}

/** An `add` whose reconcile finds nothing out the first time, and then that nothing was started. */
function lateKnowledge() {
  const runs: string[] = [];
  let asked = 0;
  const add: Handlers["add"] = {
    run: ({ name }) => {
      runs.push(name);
      return { id: "done" };
    },
    reconcile: () => {
      asked += 1;
      if (asked === 1) throw new Error("the other system cannot be reached");
      return { outcome: "not_started" as const };
    },
  };
  return { add, runs, asked: () => asked };
}

describe.each(["main", "io"] as const)("a key that the other thread than %s holds", (name) => {
  it("is left by a call that was cancelled before it could join, and whoever stays may cancel the run", async () => {
    const { add, aborted } = abortable();
    const two = await TwoThreads.start({ add });
    const [here, there] = two.pair(name);
    const staying = new AbortController();
    const runs = watch(there.session.client(jobs).add(input, { key: "k", signal: staying.signal }));
    await two.time.settle();
    two.journal.hold();
    const leaving = new AbortController();
    const left = watch(here.session.client(jobs).add(input, { key: "k", signal: leaving.signal }));
    await two.time.settle();
    leaving.abort();
    await two.time.settle();
    two.journal.goOn();
    await two.time.settle();
    expect(left.said).toBe("cancelled, unknown");
    expect(aborted()).toBe(0);
    staying.abort();
    await two.time.settle();
    expect([runs.said, aborted()]).toEqual(["cancelled, unknown", 1]);
  });

  it("is left by a call whose deadline was over before it could join", async () => {
    const { add, aborted } = abortable();
    const two = await TwoThreads.start({ add });
    const [here, there] = two.pair(name);
    const staying = new AbortController();
    watch(there.session.client(jobs).add(input, { key: "k", signal: staying.signal }));
    await two.time.settle();
    two.journal.hold();
    const left = watch(here.session.client(jobs).add(input, { key: "k", timeoutMs: 100 }));
    await two.time.advance(1_000);
    two.journal.goOn();
    await two.time.settle();
    expect(left.said).toBe("deadline_exceeded, unknown");
    staying.abort();
    await two.time.settle();
    expect(aborted()).toBe(1);
  });

  it("is told nothing of what a thread before it joined: the numbers of those mean nothing to it", async () => {
    const release = Promise.withResolvers<{ id: string }>();
    const two = await TwoThreads.start({ add: () => release.promise });
    const [here, there] = two.pair(name);
    watch(there.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    watch(here.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    there.keys.reset();
    two.said.length = 0;
    release.resolve({ id: "1" });
    await two.time.settle();
    expect(two.said).toEqual([]);
  });
});

describe.each(["main", "io"] as const)("a key that %s has let go of without an ending", (name) => {
  it("is asked about again by the other thread, which runs the call where that finds that it may", async () => {
    const { add, runs, asked } = lateKnowledge();
    const two = await TwoThreads.start({ add }, await cutOff());
    const [first, other] = two.pair(name);
    const before = watch(first.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    expect([before.said, asked()]).toEqual(["aborted, unknown", 1]);
    const after = watch(other.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    expect([after.said, asked(), runs]).toEqual(['ok: {"id":"done"}', 2, ["x"]]);
    const replayed = watch(first.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    expect([replayed.said, runs]).toEqual(['ok: {"id":"done"}', ["x"]]);
  });

  it("runs once where both threads come with it at a time", async () => {
    const { add, runs } = lateKnowledge();
    const two = await TwoThreads.start({ add }, await cutOff());
    const [first, other] = two.pair(name);
    watch(first.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    const calls = [other, first, other, first].map(({ session }) =>
      watch(session.client(jobs).add(input, { key: "k" })),
    );
    await two.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(Array(4).fill('ok: {"id":"done"}'));
    expect(runs).toEqual(["x"]);
  });

  it("goes to and fro between them for as long as nothing is found out", async () => {
    let asked = 0;
    const add: Handlers["add"] = {
      run: () => ({ id: "never" }),
      reconcile: () => {
        asked += 1;
        throw new Error("the other system cannot be reached");
      },
    };
    const two = await TwoThreads.start({ add }, await cutOff());
    const [first, other] = two.pair(name);
    for (const { session } of [first, other, first, other]) {
      const call = watch(session.client(jobs).add(input, { key: "k" }));
      await two.time.settle();
      expect(call.said).toBe("aborted, unknown");
      expect(call.error?.sentence).toContain("could not be found out now");
    }
    expect(asked).toBe(4);
  });

  it("is run again by the other thread where the tool says that this is safe", async () => {
    let runs = 0;
    const again: Handlers["again"] = () => {
      runs += 1;
      if (runs === 1) throw new ToolError("resource_exhausted", "not now", { outcome: "failed" });
      return { id: `${runs}` };
    };
    const two = await TwoThreads.start({ again }, await cutOff("again"));
    const [first, other] = two.pair(name);
    const before = watch(first.session.client(jobs).again(input, { key: "k" }));
    await two.time.settle();
    expect(before.said).toBe("resource_exhausted, unknown");
    const after = watch(other.session.client(jobs).again(input, { key: "k" }));
    await two.time.settle();
    expect(after.said).toBe('ok: {"id":"2"}');
  });

  it("is asked about for its outcome by the other thread as well", async () => {
    const { add, asked } = lateKnowledge();
    const two = await TwoThreads.start({ add }, await cutOff());
    const [first, other] = two.pair(name);
    watch(first.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    const outcome = watch(other.session.outcome({ key: "k" }));
    await two.time.settle();
    expect(outcome.said).toContain('"outcome":"not_started"');
    expect(asked()).toBe(2);
    const after = watch(first.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    expect(after.said).toBe('ok: {"id":"done"}');
  });
});

describe.each(["main", "io"] as const)("an ending of %s that the journal has not taken", (name) => {
  it("is replayed by the other thread (KEY-009)", async () => {
    let runs = 0;
    const two = await TwoThreads.start({ add: () => ({ id: `${++runs}` }) });
    const [first, other] = two.pair(name);
    two.journal.refusesEndings = true;
    const calls = [];
    for (const { session } of [first, other, first]) {
      calls.push(watch(session.client(jobs).add(input, { key: "k" })));
      await two.time.settle();
    }
    expect(calls.map(({ said }) => said)).toEqual(Array(3).fill('ok: {"id":"1"}'));
  });

  it("keeps the key from the other thread where it frees it, until the journal knows (KEY-009)", async () => {
    let runs = 0;
    const add: Handlers["add"] = () => {
      runs += 1;
      if (runs === 1) throw new ToolError("resource_exhausted", "not now", { outcome: "failed" });
      return { id: `${runs}` };
    };
    const two = await TwoThreads.start({ add });
    const [first, other] = two.pair(name);
    two.journal.refusesEndings = true;
    const said: string[] = [];
    for (const [index, { session }] of [first, other, other].entries()) {
      two.journal.refusesEndings = index < 2;
      const call = watch(session.client(jobs).add(input, { key: "k" }));
      await two.time.settle();
      said.push(call.said);
    }
    expect(said).toEqual(["resource_exhausted, failed", "unavailable, not_started", 'ok: {"id":"2"}']);
  });
});

describe("a key that runs in one thread", () => {
  it("is said to run there, and is not asked about, where the other one asks for its outcome", async () => {
    let asked = 0;
    const add: Handlers["add"] = {
      run: () => new Promise(() => {}),
      reconcile: () => {
        asked += 1;
        return { outcome: "not_started" as const };
      },
    };
    const two = await TwoThreads.start({ add });
    watch(two.io.session.client(jobs).add(input, { key: "k" }));
    await two.time.settle();
    const outcome = watch(two.main.session.outcome({ key: "k" }));
    await two.time.settle();
    expect(outcome.said).toContain('"state":"running"');
    expect(asked).toBe(0);
  });
});

/** What happens next, in which thread. `turn`: everything that was asked goes as far as it can. */
const moves = fc.array(
  fc.record({
    in: fc.constantFrom<"main" | "io">("main", "io"),
    does: fc.constantFrom("call", "call", "call", "outcome", "cancel", "end", "fail", "turn", "turn"),
  }),
  { minLength: 4, maxLength: 24 },
);

describe("a key that comes in both threads, in any order", () => {
  it("runs at one place at a time, and every call ends", async () => {
    let handedOver = 0;
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(moves, fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (steps, knows) => {
        let running: PromiseWithResolvers<{ id: string }>[] = [];
        let most = 0;
        let asked = 0;
        const add: Handlers["add"] = {
          run: (_input, { signal }) => {
            ran += 1;
            const run = Promise.withResolvers<{ id: string }>();
            signal.addEventListener("abort", () =>
              run.reject(new ToolError("cancelled", "gone", { outcome: "failed" })),
            );
            running.push(run);
            most = Math.max(most, running.length);
            const over = (): void => {
              running = running.filter((other) => other !== run);
            };
            run.promise.then(over, over);
            return run.promise;
          },
          reconcile: () => {
            asked += 1;
            if (knows[asked % knows.length] === true) return { outcome: "not_started" as const };
            throw new Error("the other system cannot be reached");
          },
        };
        const two = await TwoThreads.start({ add }, await cutOff());
        const calls: { readonly watched: { readonly said: string }; readonly abort: AbortController }[] = [];
        const fails = new ToolError("aborted", "not now", { outcome: "failed" });
        for (const step of steps) {
          const [{ session }] = two.pair(step.in);
          if (step.does === "call") {
            const abort = new AbortController();
            calls.push({ watched: watch(session.client(jobs).add(input, { key: "k", signal: abort.signal })), abort });
          } else if (step.does === "outcome") {
            calls.push({ watched: watch(session.outcome({ key: "k" })), abort: new AbortController() });
          } else if (step.does === "cancel") calls.at(-1)?.abort.abort();
          else if (step.does === "end") running[0]?.resolve({ id: "1" });
          else if (step.does === "fail") running[0]?.reject(fails);
          else await two.time.settle();
        }
        for (let rounds = 0; rounds < 30; rounds += 1) {
          await two.time.settle();
          for (const run of running) run.resolve({ id: "1" });
        }
        handedOver += two.said.filter((kind) => kind === "join").length;
        expect(calls.map(({ watched }) => watched.said)).not.toContain("pending");
        expect(most).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
    expect(handedOver).toBeGreaterThan(100);
    expect(ran).toBeGreaterThan(100);
  });
});
