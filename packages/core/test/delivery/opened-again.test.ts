import { describe, expect, it } from "vitest";
import { defineTools } from "../../src/index.ts";
import { gate, kit, kitWorld, never, untilAborted, watch } from "../support/kit.ts";
import { GatewaySide } from "../support/sides.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";
import type { World } from "../support/world.ts";

const WINDOW_MS = 120_000;

async function cut(world: World): Promise<void> {
  world.clientCarrier.cut();
  await world.time.settle();
}

/** The connection is lost for longer than the gateway keeps the session; then there is another one. */
async function beAway(world: World): Promise<void> {
  await cut(world);
  await world.time.advance(WINDOW_MS);
  await world.reconnect();
}

const patient = { timeoutMs: Number.POSITIVE_INFINITY };

describe("A call whose session could not be resumed", () => {
  it("is opened again in the new session where its tool is read or idempotent, and runs again", async () => {
    const looks = gate();
    const sets = gate();
    const world = await kitWorld({ look: looks.handler, set: sets.handler });
    const api = world.client.client(kit);
    const before = world.client.id;
    const calls = [watch(api.look(1, patient)), watch(api.set(1, patient))];
    await world.time.settle();
    await beAway(world);
    expect(calls.map(({ said }) => said)).toEqual(["pending", "pending"]);
    looks.open("seen");
    sets.open("set");
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(['ok: "seen"', 'ok: "set"']);
    expect([looks.runs(), sets.runs()]).toEqual([2, 2]);
    expect(world.client.id).not.toBe(before);
    expect(world.states).toEqual(["ready", "reconnecting", "ready"]);
  });

  it("joins the one that still runs where its tool is once, under a key that nobody had to give", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler });
    const call = watch(world.client.client(kit).add(1, patient));
    await world.time.settle();
    await beAway(world);
    open("added");
    await world.time.settle();
    expect([call.said, runs()]).toEqual(['ok: "added"', 1]);
  });

  it("is replayed where its tool is once and its handler has ended meanwhile", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler });
    const call = watch(world.client.client(kit).add(1, patient));
    await world.time.settle();
    await cut(world);
    open("added");
    await world.time.advance(WINDOW_MS);
    await world.reconnect();
    expect([call.said, runs()]).toEqual(['ok: "added"', 1]);
  });

  it("runs once where its OPEN was lost on the way and nobody ever heard of it", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler });
    world.gatewayCarrier.arrive = () => {};
    const call = watch(world.client.client(kit).add(1, patient));
    await world.time.settle();
    await beAway(world);
    open("added");
    await world.time.settle();
    expect([call.said, runs()]).toEqual(['ok: "added"', 1]);
  });

  it("is opened again when the gateway has started anew", async () => {
    const world = await kitWorld({ look: () => never() });
    const call = watch(world.client.client(kit).look("again", patient));
    await world.time.settle();
    await cut(world);
    const next = new GatewaySide(world.time, { scopes: ["write"] });
    next.registry.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
    const carriers = virtualCarriers(world.time);
    next.accept(carriers.gateway);
    world.clientSide.dial(carriers.client);
    await world.time.settle();
    expect(call.said).toBe('ok: "again"');
  });

  it("takes what is left of its deadline, and its arguments as they were", async () => {
    const seen: unknown[] = [];
    const world = await kitWorld({
      look: (input, { deadlineMs }) => {
        seen.push([structuredClone(input), deadlineMs]);
        return never();
      },
    });
    const input = { list: [1] };
    const call = watch(world.client.client(kit).look(input, { timeoutMs: 200_000 }));
    await world.time.settle();
    input.list.push(2);
    await beAway(world);
    expect(seen).toEqual([
      [{ list: [1] }, 200_000],
      [{ list: [1] }, 80_000],
    ]);
    await world.time.advance(80_000);
    expect(call.said).toBe("deadline_exceeded, failed");
  });

  it("hears its progress and its acceptance from the new session", async () => {
    const heard: unknown[] = [];
    const world = await kitWorld({
      look: (_input, call) => {
        call.progress(heard.length);
        return never();
      },
    });
    watch(
      world.client.client(kit).look(1, {
        ...patient,
        onAccept: () => heard.push("accepted"),
        onProgress: (value) => heard.push(value),
      }),
    );
    await world.time.settle();
    await beAway(world);
    expect(heard).toEqual(["accepted", 0, "accepted", 2]);
  });

  it("is opened again more than once, where the next session is lost as well", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler });
    const call = watch(world.client.client(kit).add(1, patient));
    await world.time.settle();
    for (let round = 0; round < 3; round++) await beAway(world);
    open("added");
    await world.time.settle();
    expect([call.said, runs()]).toEqual(['ok: "added"', 1]);
  });

  it("of the gateway to the client ends as unknown: the gateway makes no connection", async () => {
    const world = await kitWorld();
    world.client.implement(defineTools({ look: kit.look }), { look: () => never() });
    await world.time.settle();
    const call = watch(world.gateway.call("look", 1, patient));
    await world.time.settle();
    await cut(world);
    expect(call.said).toBe("pending");
    await world.time.advance(WINDOW_MS);
    expect(call.said).toBe("unavailable, unknown");
    expect(call.error?.message).toContain("without a connection for more than 120000 ms");
  });
});

describe("A stream whose session could not be resumed", () => {
  it("ends as failed where items of it were given to the application, and says how many and why", async () => {
    const { handler, open } = gate();
    let runs = 0;
    const world = await kitWorld({
      list: async (_input, { item }) => {
        runs += 1;
        await item(1);
        await item(2);
        await handler();
        return "listed";
      },
    });
    const items: number[] = [];
    const read = watch(
      (async () => {
        for await (const item of world.client.client(kit).list(1)) items.push(item);
      })(),
    );
    await world.time.settle();
    expect(items).toEqual([1, 2]);
    await beAway(world);
    open();
    await world.time.settle();
    expect([read.said, items, runs]).toEqual(["unavailable, failed", [1, 2], 1]);
    expect(read.error?.message).toContain("the items broke off after 2");
    expect(read.error?.message).toContain("the session was not resumed: the session is over: the session was without");
  });

  it("starts anew where none of its items had come", async () => {
    const { handler, open } = gate();
    let runs = 0;
    const world = await kitWorld({
      list: async (_input, { item }) => {
        runs += 1;
        await handler();
        await item(1);
        return "listed";
      },
    });
    const items: number[] = [];
    const read = watch(
      (async () => {
        for await (const item of world.client.client(kit).list(1)) items.push(item);
      })(),
    );
    await world.time.settle();
    await beAway(world);
    open();
    await world.time.settle();
    expect([read.said, items, runs]).toEqual(["ok: undefined", [1], 2]);
  });
});

describe("A call whose earlier session was cut under it never says not_started:", () => {
  /** A once call under way in a session that is over, waiting for another one. */
  async function cutOff(options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}): Promise<{
    readonly world: World;
    readonly call: ReturnType<typeof watch>;
  }> {
    const world = await kitWorld({ add: (_input, { signal }) => untilAborted(signal) }, { resumes: false });
    const call = watch(world.client.client(kit).add(1, { ...patient, ...options }));
    await world.time.settle();
    await cut(world);
    expect(call.said).toBe("pending");
    return { world, call };
  }

  it("when it is cancelled while it waits", async () => {
    const leaving = new AbortController();
    const { world, call } = await cutOff({ signal: leaving.signal });
    leaving.abort();
    await world.time.settle();
    expect(call.said).toBe("cancelled, unknown");
  });

  it("when its deadline is over while it waits", async () => {
    const { world, call } = await cutOff({ timeoutMs: 1_000 });
    await world.time.advance(1_000);
    expect(call.said).toBe("deadline_exceeded, unknown");
  });

  it("when the session is closed while it waits", async () => {
    const { world, call } = await cutOff();
    await world.client.close();
    await world.time.settle();
    expect(call.said).toBe("unavailable, unknown");
  });

  it("when the new session is not allowed to call its tool, or has no such tool", async () => {
    let scopes = ["write"];
    const world = await kitWorld(
      { add: () => never() },
      { resumes: false, admission: () => ({ kind: "vouched", grant: { principal: "alice", scopes } }) },
    );
    const call = watch(world.client.client(kit).add(1, patient));
    await world.time.settle();
    await cut(world);
    scopes = [];
    await world.reconnect();
    expect(call.said).toBe("permission_denied, unknown");
  });

  it("when the new session is cut before its OPEN was written", async () => {
    const { world, call } = await cutOff();
    const carriers = virtualCarriers(world.time);
    world.gatewaySide.accept(carriers.gateway);
    world.clientSide.dial(carriers.client);
    const carrier = carriers.client;
    const arrive = carrier.arrive.bind(carrier);
    carrier.arrive = (message) => {
      // WELCOME is there, and nothing can be said any more.
      carrier.blocked = true;
      arrive(message);
    };
    await world.time.settle();
    carrier.cut();
    await world.time.settle();
    expect(call.said).toBe("pending");
    await world.client.close();
    expect(call.said).toBe("unavailable, unknown");
  });
});

describe("A session that is closed while it has no connection", () => {
  it("by its client, ends its calls as unknown, and at the gateway when the window is over", async () => {
    const aborted: unknown[] = [];
    const world = await kitWorld({
      look: (_input, { signal }) => {
        signal.addEventListener("abort", () => aborted.push(signal.reason));
        return never();
      },
    });
    const call = watch(world.client.client(kit).look(1, patient));
    await world.time.settle();
    await cut(world);
    await world.client.close("enough");
    expect([call.said, world.client.state]).toEqual(["cancelled, unknown", "closed"]);
    expect(world.gateway.state).toBe("reconnecting");
    await world.time.advance(WINDOW_MS);
    expect([world.gateway.state, aborted.length]).toEqual(["closed", 1]);
    expect(world.time.pendingTimers).toBe(0);
  });

  it("by the gateway, ends the gateway's calls as unknown; the client hears of it when it comes back, and gets a new one", async () => {
    const world = await kitWorld({ look: () => never() });
    world.client.implement(defineTools({ look: kit.look }), { look: () => never() });
    await world.time.settle();
    const call = watch(world.gateway.call("look", 1, patient));
    await world.time.settle();
    await cut(world);
    await world.gateway.close("enough");
    expect(call.said).toBe("cancelled, unknown");
    await world.reconnect();
    expect([world.client.state, world.gatewaySessions.length, world.gateway.state]).toEqual(["ready", 2, "ready"]);
    expect(world.client.activeCalls).toEqual({ outgoing: 0, incoming: 0 });
  });
});
