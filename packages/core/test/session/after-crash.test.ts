/** Calls that ran when their gateway died, and come again (KEY-007, KEY-008). */
import { describe, expect, it } from "vitest";
import {
  defineTools,
  tool,
  ToolError,
  ToolRegistry,
  type Logger,
  type Reconciled,
  type ToolHandlers,
} from "../../src/index.ts";
import { z } from "zod";
import { never, watch, type Watched } from "../support/kit.ts";
import { jobs, Restarts, type JobHandlers } from "../support/restarts.ts";

type Add = Extract<JobHandlers["add"], { readonly run: unknown }>;

/** An `add` with a `reconcile`, and what was asked of both. */
function adding(reconcile: NonNullable<Add["reconcile"]>): { add: Add; runs: string[]; asked: string[] } {
  const runs: string[] = [];
  const asked: string[] = [];
  return {
    runs,
    asked,
    add: {
      run: ({ name }) => {
        runs.push(name);
        return { id: name };
      },
      reconcile: (key, call) => {
        asked.push(key);
        return reconcile(key, call);
      },
    },
  };
}

describe("a call that ran when its gateway died", () => {
  it("ends as unknown with a sentence that says why, for good, where nobody can tell what became of it", async () => {
    const world = new Restarts();
    const runs: string[] = [];
    const session = await world.afterCrash({
      add: ({ name }) => {
        runs.push(name);
        return { id: name };
      },
    });
    const calls: Watched[] = [];
    for (let i = 0; i < 2; i += 1) {
      calls.push(watch(session.client(jobs).add({ name: "x" }, { key: "k" })));
      await world.time.settle();
    }
    expect(calls.map(({ said }) => said)).toEqual(Array(2).fill("aborted, unknown"));
    expect(calls[1]?.error?.sentence).toContain("ended while it ran");
    expect(runs).toEqual([]);
    const [record] = await world.journal.find([{ principal: "alice", key: "k" }]);
    expect(record?.ending?.outcome).toBe("unknown");
  });

  it("keeps its key for its own arguments", async () => {
    const world = new Restarts();
    const session = await world.afterCrash();
    const call = watch(session.client(jobs).add({ name: "y" }, { key: "k" }));
    await world.time.settle();
    expect(call.said).toBe("already_exists, not_started");
  });

  it("runs again where its tool says that this is safe, once for all that come", async () => {
    const world = new Restarts();
    let runs = 0;
    const session = await world.afterCrash({ again: () => ({ id: `${++runs}` }) }, "again");
    const calls = [1, 2].map(() => watch(session.client(jobs).again({ name: "x" }, { key: "k" })));
    await world.time.settle();
    calls.push(watch(session.client(jobs).again({ name: "x" }, { key: "k" })));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(Array(3).fill('ok: {"id":"1"}'));
  });

  it("is said to be unknown where it runs again and takes no effect itself, and its key stays taken", async () => {
    const world = new Restarts();
    let runs = 0;
    const session = await world.afterCrash(
      {
        again: () => {
          runs += 1;
          if (runs === 1) throw new ToolError("resource_exhausted", "not now");
          return { id: `${runs}` };
        },
      },
      "again",
    );
    const call = (name: string) => watch(session.client(jobs).again({ name }, { key: "k" }));
    const calls = [call("x")];
    await world.time.settle();
    calls.push(call("another"));
    await world.time.settle();
    const leaving = new AbortController();
    calls.push(watch(session.client(jobs).again({ name: "x" }, { key: "k", signal: leaving.signal })));
    leaving.abort();
    await world.time.settle();
    calls.push(call("x"));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual([
      "resource_exhausted, unknown",
      "already_exists, not_started",
      "cancelled, not_started",
      'ok: {"id":"2"}',
    ]);
  });

  it("gets the result that reconcile found, and so does every repetition", async () => {
    const world = new Restarts();
    const found = Promise.withResolvers<Reconciled<{ id: string }>>();
    const { add, runs, asked } = adding(() => found.promise);
    const session = await world.afterCrash({ add });
    const states: string[] = [];
    const onAccept = ({ state }: { state: string }): void => void states.push(state);
    const calls = [1, 2].map(() => watch(session.client(jobs).add({ name: "x" }, { key: "k", onAccept })));
    await world.time.settle();
    found.resolve({ outcome: "completed", result: { id: "7" } });
    await world.time.settle();
    calls.push(watch(session.client(jobs).add({ name: "x" }, { key: "k", onAccept })));
    await world.time.settle();
    found.resolve({ outcome: "completed", result: { id: "7" } });
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(Array(3).fill('ok: {"id":"7"}'));
    expect([runs, asked]).toEqual([[], ["k"]]);
    expect(states).toEqual(["waiting", "waiting"]);
  });

  it("needs no result where its tool has none", async () => {
    const world = new Restarts();
    const session = await world.afterCrash(
      { note: { run: () => {}, reconcile: () => ({ outcome: "completed" }) } },
      "note",
    );
    const call = watch(session.client(jobs).note({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect(call.said).toBe("ok: undefined");
  });

  it("runs, once, where reconcile found that it took no effect", async () => {
    const world = new Restarts();
    const { add, runs } = adding(async () => ({ outcome: "not_started" }));
    const session = await world.afterCrash({ add });
    const calls = [1, 2].map(() => watch(session.client(jobs).add({ name: "x" }, { key: "k" })));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(Array(2).fill('ok: {"id":"x"}'));
    expect(runs).toEqual(["x"]);
  });

  it("ends as unknown for good where reconcile cannot tell", async () => {
    const world = new Restarts();
    const { add, runs, asked } = adding(() => ({ outcome: "unknown" }));
    const session = await world.afterCrash({ add });
    for (let i = 0; i < 2; i += 1) {
      const call = watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
      await world.time.settle();
      expect(call.said).toBe("aborted, unknown");
    }
    expect([runs, asked]).toEqual([[], ["k"]]);
  });

  it.each<[string, () => Reconciled<{ id: string }>]>([
    [
      "throws",
      () => {
        throw new Error("the other system is away");
      },
    ],
    ["gives nothing", () => JSON.parse("null")],
    ["gives no outcome of the three", () => JSON.parse('{"outcome":"failed"}')],
  ])("ends as unknown when reconcile %s, which is asked again the next time", async (_how, first) => {
    const world = new Restarts();
    const errors: string[] = [];
    const log: Logger = { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message) };
    const answers = [first, first, () => ({ outcome: "completed", result: { id: "7" } }) as const];
    const { add, runs } = adding(() => (answers.shift() ?? never)());
    const session = await world.afterCrash({ add }, "add", log);
    const calls: Watched[] = [];
    for (let i = 0; i < 3; i += 1) {
      calls.push(watch(session.client(jobs).add({ name: "x" }, { key: "k" })));
      await world.time.settle();
    }
    expect(calls.map(({ said }) => said)).toEqual(["aborted, unknown", "aborted, unknown", 'ok: {"id":"7"}']);
    expect(runs).toEqual([]);
    expect(errors).toHaveLength(2);
  });

  it("is asked about by the next gateway as well, where this one dies too", async () => {
    const world = new Restarts();
    const second = await world.afterCrash({ add: adding(() => never()).add });
    watch(second.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    await world.crash();
    const { add, runs } = adding(() => ({ outcome: "completed", result: { id: "7" } }));
    const third = await world.connect(world.start({ add }));
    const call = watch(third.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect([call.said, runs]).toEqual(['ok: {"id":"7"}', []]);
  });

  it("completed, where reconcile gives what the contract forbids, and nobody hears what that was", async () => {
    const world = new Restarts();
    const { add } = adding(() => JSON.parse('{"outcome":"completed","result":{"id":7}}'));
    const session = await world.afterCrash({ add });
    const call = watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect(call.said).toBe("internal, completed");
  });

  it("tells reconcile who called, with what, and as which call", async () => {
    const world = new Restarts();
    let told: unknown;
    const { add } = adding((_key, { tool: name, principal, callId, input }) => {
      told = { name, principal, input, callId };
      return { outcome: "unknown" };
    });
    const session = await world.afterCrash({ add });
    const [record] = await world.journal.find([{ principal: "alice", key: "k" }]);
    watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect(told).toEqual({ name: "add", principal: "alice", input: { name: "x" }, callId: record?.callId });
  });

  it("is not said to be not started when its deadline is over while it is asked about", async () => {
    const world = new Restarts();
    const signals: AbortSignal[] = [];
    const { add, asked } = adding((_key, { signal }) => {
      signals.push(signal);
      return never();
    });
    const session = await world.afterCrash({ add });
    const call = watch(session.client(jobs).add({ name: "x" }, { key: "k", timeoutMs: 100 }));
    await world.time.advance(100);
    expect(call.said).toBe("deadline_exceeded, unknown");
    expect(signals[0]?.aborted).toBe(true);
    watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect(asked).toEqual(["k", "k"]);
  });

  it("does not run when it was cancelled while it was asked about", async () => {
    const world = new Restarts();
    const found = Promise.withResolvers<Reconciled<{ id: string }>>();
    const { add, runs } = adding(() => found.promise);
    const session = await world.afterCrash({ add });
    const leaving = new AbortController();
    const call = watch(session.client(jobs).add({ name: "x" }, { key: "k", signal: leaving.signal }));
    await world.time.settle();
    leaving.abort();
    await world.time.settle();
    found.resolve({ outcome: "not_started" });
    await world.time.settle();
    expect([call.said, runs]).toEqual(["aborted, unknown", []]);
  });

  it("is given up after a minute where reconcile does not end and the call has no deadline [KEY-008]", async () => {
    const world = new Restarts();
    const { add } = adding(() => never());
    const session = await world.afterCrash({ add });
    const call = watch(session.client(jobs).add({ name: "x" }, { key: "k", timeoutMs: Number.POSITIVE_INFINITY }));
    await world.time.advance(59_000);
    expect(call.said).toBe("pending");
    await world.time.advance(1_000);
    expect(call.said).toBe("aborted, unknown");
  });
});

describe("a call that runs in another process", () => {
  it("is not run a second time, and nothing is recorded of the repetition", async () => {
    const world = new Restarts();
    const finish = Promise.withResolvers<{ id: string }>();
    const first = await world.connect(world.start({ add: () => finish.promise }));
    const one = watch(first.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    const other = await world.connect(world.start());
    const two = watch(other.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    finish.resolve({ id: "1" });
    await world.time.settle();
    const three = watch(other.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect([one, two, three].map(({ said }) => said)).toEqual(['ok: {"id":"1"}', "aborted, unknown", 'ok: {"id":"1"}']);
  });
});

describe("implement(), given { run, reconcile },", () => {
  const tools = defineTools({
    add: tool({ description: "Adds", input: z.void(), effect: "once" }),
    see: tool({ description: "Sees", input: z.void(), effect: "read" }),
  });
  const implement = (handlers: unknown): unknown =>
    new ToolRegistry({ hasJournal: true }).implement(tools, handlers as ToolHandlers<typeof tools>);

  it.each<[string, unknown]>([
    ['{ run, reconcile } is for tools with effect "once"', { add: () => {}, see: { run: () => {} } }],
    ["has no run() that is one", { add: { reconcile: () => {} }, see: () => {} }],
    ["the reconcile of add is no function", { add: { run: () => {}, reconcile: true }, see: () => {} }],
    ["the handler of add is no function", { add: 5, see: () => {} }],
  ])("says that %s", (message, handlers) => {
    expect(() => implement(handlers)).toThrow(message);
  });

  it("calls both as methods of the object that they are in", async () => {
    const world = new Restarts();
    const store = {
      found: "7",
      run(): { id: string } {
        return { id: this.found };
      },
      reconcile(): Reconciled<{ id: string }> {
        return { outcome: "completed", result: { id: this.found } };
      },
    };
    const session = await world.afterCrash({ add: store });
    const calls = ["k", "other"].map((key) => watch(session.client(jobs).add({ name: "x" }, { key })));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(Array(2).fill('ok: {"id":"7"}'));
  });
});
