/** Asking what became of a call, and what is in flight (TOOL-005, TOOL-006). */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  defineTools,
  memoryJournal,
  tool,
  UsageError,
  type Admission,
  type OutcomeRequest,
  type Session,
} from "../../src/index.ts";
import { journalWith } from "../support/journals.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import { jobs, Restarts } from "../support/restarts.ts";
import { LocalWorld } from "../support/local-world.ts";
import { ClientSide } from "../support/sides.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";
import type { VirtualTime } from "../support/virtual-time.ts";
import type { World } from "../support/world.ts";

/** What a session is told; the times left out. */
async function ask(session: Session, time: VirtualTime, of: OutcomeRequest = { key: "k" }): Promise<unknown> {
  const asked = session.outcome(of);
  const heard = asked.then(
    ({ claimedAtMs: _from, settledAtMs: _to, ...told }) => told,
    (error: unknown) => error,
  );
  await time.settle();
  return heard;
}

async function another(world: World): Promise<Session> {
  const client = new ClientSide(world.time);
  const carriers = virtualCarriers(world.time);
  world.gatewaySide.accept(carriers.gateway);
  client.dial(carriers.client);
  await world.time.settle();
  return client.session;
}

describe("the outcome of a call", () => {
  it("is known by key and by call id, while it runs and when it is over", async () => {
    const { handler, open } = gate();
    const ids: string[] = [];
    const { client, time } = await kitWorld({
      add: (_input, { callId }) => {
        ids.push(callId);
        return handler();
      },
    });
    watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    const callId = ids[0] ?? "";
    const about = { tool: "add", callId, key: "k" };
    for (const of of [{ key: "k" }, { callId }]) {
      expect(await ask(client, time, of)).toEqual({ state: "running", ...about });
    }
    open({ id: 7 });
    await time.settle();
    for (const of of [{ key: "k" }, { callId }]) {
      expect(await ask(client, time, of)).toEqual({
        state: "settled",
        ...about,
        outcome: "completed",
        result: { id: 7 },
      });
    }
    const asked = client.outcome({ key: "k" });
    await time.settle();
    const { claimedAtMs = 0, settledAtMs = 0 } = await asked;
    expect(claimedAtMs).toBeGreaterThan(1_600_000_000_000);
    expect(settledAtMs).toBeGreaterThanOrEqual(claimedAtMs);
  });

  it("of one that failed says with what, and of one that took no effect nothing", async () => {
    const { client, time } = await kitWorld({
      add: (input) => {
        throw new Error(String(input));
      },
    });
    watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect(await ask(client, time)).toMatchObject({ state: "settled", code: "internal", outcome: "unknown" });
    expect(await ask(client, time, { key: "other" })).toEqual({ state: "none" });
    expect(await ask(client, time, { callId: "other" })).toEqual({ state: "none" });
  });

  it("is told though the journal has not taken it yet", async () => {
    const settle = (): Promise<void> => Promise.reject(new Error("the disk is full"));
    const { client, time } = await kitWorld({}, { journal: journalWith({ settle }) });
    let callId = "";
    watch(client.client(kit).add({ a: 1 }, { key: "k" }));
    await time.settle();
    expect(await ask(client, time)).toMatchObject({ state: "settled", outcome: "completed", result: { a: 1 } });
    const asked = client.outcome({ key: "k" });
    await time.settle();
    callId = (await asked).callId ?? "";
    expect(await ask(client, time, { callId })).toMatchObject({ state: "settled", key: "k" });
  });

  it("is told while it is being recorded, and the call is in flight no more", async () => {
    const { client, time } = await kitWorld({}, { journal: journalWith({ settle: () => never() }) });
    watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect(await ask(client, time)).toMatchObject({ state: "settled", outcome: "completed", result: 1 });
    const calls = client.calls();
    await time.settle();
    expect(await calls).toEqual([]);
  });

  it("is another principal's own", async () => {
    let principal = "alice";
    const admission = (): Admission => ({ kind: "vouched", grant: { principal, scopes: ["write"] } });
    const world = await kitWorld({ set: () => never() }, { admission });
    let callId = "";
    watch(world.client.client(kit).add("mine", { key: "k" }));
    watch(world.client.client(kit).set(1));
    await world.time.settle();
    const asked = world.client.outcome({ key: "k" });
    await world.time.settle();
    callId = (await asked).callId ?? "";
    principal = "bob";
    const bob = await another(world);
    for (const of of [{ key: "k" }, { callId }]) expect(await ask(bob, world.time, of)).toEqual({ state: "none" });
    const calls = bob.calls();
    await world.time.settle();
    expect(await calls).toEqual([]);
  });

  it("is not for whom the scopes do not allow the tool any more", async () => {
    const { handler, open } = gate();
    const world = await kitWorld({ add: handler });
    watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    world.gatewaySide.latest.control.setScopes([]);
    await world.time.settle();
    expect(await ask(world.client, world.time)).toMatchObject({ code: "permission_denied" });
    open("secret");
    await world.time.settle();
    expect(await ask(world.client, world.time)).toMatchObject({ code: "permission_denied" });
    const calls = world.client.calls();
    await world.time.settle();
    expect(await calls).toEqual([]);
  });

  it("of a tool that is gone is told without its result", async () => {
    const world = await kitWorld();
    const tools = defineTools({
      extra: tool({ description: "Adds", input: z.unknown(), output: z.unknown(), effect: "once" }),
    });
    const leave = world.gateway.implement(tools, { extra: () => "secret" });
    watch(world.client.client(tools).extra("x", { key: "k" }));
    await world.time.settle();
    leave();
    const told = await ask(world.client, world.time);
    expect(told).toMatchObject({ state: "settled", outcome: "completed" });
    expect(told).not.toHaveProperty("result");
  });

  it("fails, and says nothing, where the journal cannot be read", async () => {
    const find = (): Promise<never> => Promise.reject(new Error("the disk is gone"));
    const { client, time } = await kitWorld({}, { journal: journalWith({ find }) });
    expect(await ask(client, time)).toMatchObject({ code: "unavailable", outcome: "failed" });
  });

  it.each<unknown>([{}, { key: "k", callId: "c" }, { key: 5 }, { key: "" }, undefined, "k"])(
    "is not asked for with %j",
    async (of) => {
      const { client, time } = await kitWorld();
      await expect(client.outcome(of as OutcomeRequest)).rejects.toBeInstanceOf(UsageError);
      const call = watch(client.call("turnmux.outcome", of));
      await time.settle();
      expect(call.said).toBe("invalid_argument, not_started");
    },
  );

  it("can be asked for by the gateway, of its calls to a client, and within a process", async () => {
    const { client, gateway, time } = await kitWorld();
    client.implement(kit, { look: String, set: String, add: () => "added", list: () => "" });
    await time.settle();
    watch(gateway.client(kit).add(1, { key: "k" }));
    await time.settle();
    expect(await ask(gateway, time)).toMatchObject({ state: "settled", result: "added" });
    const local = new LocalWorld();
    watch(local.client.client(kit).add("x", { key: "k" }));
    await local.time.settle();
    expect(await ask(local.client, local.time)).toMatchObject({ state: "settled", result: "x" });
  });
});

describe("the outcome of a call that ran when its gateway died", () => {
  it("is that it was abandoned, however often it is asked for, and nothing runs", async () => {
    const world = new Restarts();
    let runs = 0;
    const session = await world.afterCrash({ again: () => ({ id: `${++runs}` }) }, "again");
    for (let i = 0; i < 2; i += 1) {
      expect(await ask(session, world.time)).toMatchObject({ state: "abandoned", outcome: "unknown", tool: "again" });
    }
    expect(runs).toBe(0);
    const call = watch(session.client(jobs).again({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect(call.said).toBe('ok: {"id":"1"}');
  });

  it.each([
    [{ outcome: "completed", result: { id: "7" } }, { state: "settled", outcome: "completed", result: { id: "7" } }, 0],
    [{ outcome: "unknown" }, { state: "settled", outcome: "unknown", code: "aborted" }, 0],
    [{ outcome: "not_started" }, { state: "settled", outcome: "not_started", code: "aborted" }, 1],
  ] as const)("is what reconcile finds: %j", async (found, told, runs) => {
    const world = new Restarts();
    let ran = 0;
    const asked: unknown[] = [];
    const session = await world.afterCrash({
      add: {
        run: () => ({ id: `${++ran}` }),
        reconcile: (_key, { input }) => {
          asked.push(input);
          return found;
        },
      },
    });
    expect(await ask(session, world.time)).toMatchObject(told);
    expect([ran, asked]).toEqual([0, [undefined]]);
    // Found out once: what comes with the key gets it, or runs where the key is free.
    watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect([ran, asked]).toEqual([runs, [undefined]]);
  });

  it("stays open where reconcile throws, and can be asked for again", async () => {
    const world = new Restarts();
    let asked = 0;
    const session = await world.afterCrash({
      add: {
        run: () => ({ id: "ran" }),
        reconcile: () => {
          asked += 1;
          if (asked === 1) throw new Error("away");
          return { outcome: "completed", result: { id: "7" } };
        },
      },
    });
    expect(await ask(session, world.time)).toMatchObject({ state: "abandoned" });
    expect(await ask(session, world.time)).toMatchObject({ state: "settled", result: { id: "7" } });
  });

  it.each([
    [{ outcome: "not_started" }, 'ok: {"id":"1"}', 1],
    [{ outcome: "completed", result: { id: "7" } }, 'ok: {"id":"7"}', 0],
  ] as const)("is not in the way of the call that comes while it is found out: %j", async (found, said, runs) => {
    const world = new Restarts();
    const finding = Promise.withResolvers<typeof found>();
    let ran = 0;
    const session = await world.afterCrash({
      add: { run: () => ({ id: `${++ran}` }), reconcile: () => finding.promise },
    });
    const outcome = watch(session.outcome({ key: "k" }));
    await world.time.settle();
    // Another one that asks does not wait.
    expect(await ask(session, world.time)).toMatchObject({ state: "abandoned" });
    const call = watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    expect([call.said, outcome.said]).toEqual(["pending", "pending"]);
    finding.resolve(found);
    await world.time.settle();
    expect([call.said, ran]).toEqual([said, runs]);
    expect(outcome.said).toContain("settled");
  });

  it("is that it runs, where it came again while the journal was asked, and nobody asks twice", async () => {
    const inner = memoryJournal();
    const answered = Promise.withResolvers<void>();
    const world = new Restarts({
      ...journalWith({ claim: (claims) => inner.claim(claims), settle: (settlements) => inner.settle(settlements) }),
      find: async (queries) => {
        const found = await inner.find(queries);
        await answered.promise;
        return found;
      },
      abandon: () => inner.abandon(),
    });
    let asked = 0;
    const session = await world.afterCrash({
      add: {
        run: () => ({ id: "ran" }),
        reconcile: () => {
          asked += 1;
          return never();
        },
      },
    });
    const outcome = session.outcome({ key: "k" });
    await world.time.settle();
    watch(session.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    answered.resolve();
    await world.time.settle();
    expect((await outcome).state).toBe("running");
    expect(asked).toBe(1);
  });

  it("is that it runs, where it runs in another process", async () => {
    const world = new Restarts();
    const first = await world.connect(world.start({ add: () => never() }));
    watch(first.client(jobs).add({ name: "x" }, { key: "k" }));
    await world.time.settle();
    const other = await world.connect(world.start());
    expect(await ask(other, world.time)).toMatchObject({ state: "running", tool: "add", key: "k" });
  });

  it("is not told of a tool that the scopes do not allow", async () => {
    const world = new Restarts();
    await world.afterCrash({}, "secret");
    const side = world.start();
    const session = await world.connect(side);
    side.latest.control.setScopes([]);
    await world.time.settle();
    expect(await ask(session, world.time)).toMatchObject({ code: "permission_denied" });
  });
});

describe("the calls in flight", () => {
  it("are those of every session of the principal, with where they stand", async () => {
    const world = await kitWorld({
      add: () => never(),
      look: (_input, call) => {
        call.waiting("for Ada");
        return never();
      },
    });
    watch(world.client.turn("t-1").client(kit).add(1, { key: "k", timeoutMs: 5_000 }));
    const other = await another(world);
    await world.time.advance(1_000);
    watch(other.client(kit).add(1, { key: "k", timeoutMs: 60_000 }));
    watch(other.client(kit).look(1, { timeoutMs: Number.POSITIVE_INFINITY }));
    await world.time.settle();
    const asked = world.client.calls();
    await world.time.settle();
    expect((await asked).map(({ callId: _id, ...call }) => call)).toEqual([
      { tool: "add", key: "k", turn: "t-1", state: "running", sinceMs: 1_000, deadlineMs: 4_000 },
      { tool: "add", key: "k", state: "joined", sinceMs: 0, deadlineMs: 60_000 },
      { tool: "look", state: "waiting", sinceMs: 0 },
    ]);
  });

  it("are none when all are over, and with them a once call whose caller has given up while it runs on", async () => {
    const { handler, open } = gate();
    const world = await kitWorld({ add: handler });
    watch(world.client.client(kit).add(1, { key: "k", timeoutMs: 100 }));
    watch(world.client.client(kit).look(1));
    await world.time.advance(2_000);
    const during = world.client.calls();
    await world.time.settle();
    expect(await during).toMatchObject([{ tool: "add", key: "k", state: "running", sinceMs: 2_000 }]);
    open();
    await world.time.settle();
    const after = world.client.calls();
    await world.time.settle();
    expect(await after).toEqual([]);
  });

  it("are those of the gateway, where it asks a client", async () => {
    const { client, gateway, time } = await kitWorld();
    client.implement(kit, { look: () => never(), set: String, add: String, list: () => "" });
    await time.settle();
    watch(gateway.client(kit).look(1));
    await time.settle();
    const asked = gateway.calls();
    await time.settle();
    expect(await asked).toMatchObject([{ tool: "look", state: "running" }]);
  });
});

describe("an answer that is none", () => {
  it.each([
    ["turnmux.outcome", "TOOL-005", (session: Session) => session.outcome({ key: "k" })],
    ["turnmux.calls", "TOOL-006", (session: Session) => session.calls()],
  ])("of %s is an error that names the rule", async (name, requirement, asking) => {
    const { client, time } = await kitWorld(
      {},
      {
        gatewayInterceptors: [(call, next) => (call.tool === name ? Promise.resolve(null) : next(call))],
      },
    );
    const asked = watch(asking(client));
    await time.settle();
    // The peer checks its own answers, too; what it then says is an error.
    expect(asked.error?.code).toBe("internal");
    const { client: lenient, time: later } = await kitWorld(
      {},
      {
        clientInterceptors: [(call, next) => (call.tool === name ? Promise.resolve({ calls: [{}] }) : next(call))],
      },
    );
    const heard = watch(asking(lenient));
    await later.settle();
    expect(heard.error?.requirement).toBe(requirement);
  });
});
