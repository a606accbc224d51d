import { describe, expect, it } from "vitest";
import { gate, kit, untilAborted, watch } from "../support/kit.ts";
import { LocalWorld } from "../support/local-world.ts";
import { MemoryLog } from "../support/raw-worlds.ts";

describe("a session within a process", () => {
  it("stands at once, and each side has the offer of the other", async () => {
    const world = new LocalWorld();
    await world.time.settle();
    expect([world.client.state, world.gateway.state]).toEqual(["ready", "ready"]);
    expect([...world.client.offers.keys()]).toEqual(["look", "set", "add", "list"]);
    expect(await world.client.catalog()).toHaveLength(4);
  });

  it("shares no value between its sides", async () => {
    const kept: unknown[] = [];
    const world = new LocalWorld({
      look: (input) => {
        kept.push(input);
        return input;
      },
    });
    const input = { list: [1], octets: Uint8Array.of(1, 2) };
    const call = world.client.client(kit).look(input);
    input.list.push(2);
    input.octets.fill(9);
    await world.time.settle();
    const result = (await call) as typeof input;
    expect(result).toEqual({ list: [1], octets: Uint8Array.of(1, 2) });
    result.list.push(3);
    expect(kept).toEqual([{ list: [1], octets: Uint8Array.of(1, 2) }]);
  });

  it("refuses what could not travel either", async () => {
    const world = new LocalWorld({ look: () => new Map() });
    const calls = [watch(world.client.call("look", new Date())), watch(world.client.call("look", 1))];
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["invalid_argument, not_started", "internal, completed"]);
  });

  it("never runs a call that is cancelled in the moment in which it is made", async () => {
    const { handler, runs } = gate();
    const world = new LocalWorld({ look: handler });
    const leaving = new AbortController();
    const call = watch(world.client.client(kit).look(1, { signal: leaving.signal }));
    leaving.abort();
    await world.time.settle();
    expect(call.said).toBe("cancelled, not_started");
    expect(runs()).toBe(0);
    expect(world.client.activeCalls.outgoing).toBe(0);
  });

  it("passes cancellation on, and the truth back", async () => {
    const world = new LocalWorld({ look: (_input, { signal }) => untilAborted(signal) });
    const leaving = new AbortController();
    const call = watch(world.client.client(kit).look(1, { signal: leaving.signal }));
    await world.time.settle();
    leaving.abort();
    await world.time.settle();
    expect(call.said).toBe("cancelled, failed");
  });

  it("keeps to deadlines", async () => {
    const { handler } = gate();
    const world = new LocalWorld({ look: handler, add: handler });
    const calls = [
      watch(world.client.call("look", 1, { timeoutMs: 50 })),
      watch(world.client.call("add", 1, { timeoutMs: 50 })),
    ];
    await world.time.advance(50);
    expect(calls.map(({ said }) => said)).toEqual(["deadline_exceeded, failed", "deadline_exceeded, unknown"]);
  });

  it("lets others run beside an endless stream of items, and ends it when the loop is left", async () => {
    const stopped = Promise.withResolvers<string>();
    const world = new LocalWorld({
      list: async function* () {
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          stopped.resolve("stopped");
        }
      },
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of world.client.client(kit).list(null)) {
        seen.push(item);
        if (item === 200) break;
      }
    })();
    for (let turn = 0; turn < 20; turn++) await world.time.settle();
    await reading;
    expect(seen).toEqual(Array.from({ length: 201 }, (_, n) => n));
    expect(await stopped.promise).toBe("stopped");
  });

  it("calls in both directions at once, a thousand each", async () => {
    const world = new LocalWorld({ look: async (input) => ({ gateway: await world.gateway.call("look", input) }) });
    world.client.implement(kit, { look: (input) => ({ client: input }), set: () => 1, add: () => 1, list: () => "" });
    await world.time.settle();
    const calls = Array.from({ length: 1_000 }, (_, n) => world.client.client(kit).look(n));
    await world.time.settle();
    expect(await Promise.all(calls)).toEqual(calls.map((_, n) => ({ gateway: { client: n } })));
    expect(world.gateway.activeCalls).toEqual({ outgoing: 0, incoming: 0 });
  });
});

describe("the end of a session within a process", () => {
  it.each(["client", "gateway"] as const)("comes for both sides when the %s closes it", async (side) => {
    const { handler } = gate();
    const world = new LocalWorld({ look: handler });
    world.client.implement(kit, { look: handler, set: handler, add: handler, list: () => "" });
    await world.time.settle();
    const out = watch(world.client.client(kit).look(1));
    const back = watch(world.gateway.client(kit).look(1));
    await world.time.settle();
    const unheard = watch(world.client.client(kit).look(2));
    const closing = world[side].close("enough");
    await world.time.settle();
    await closing;
    const [own, other] = ["cancelled, unknown", "unavailable, unknown"];
    expect([out.said, back.said]).toEqual(side === "client" ? [own, other] : [other, own]);
    expect(unheard.said).toMatch(/not_started$/);
    expect(await world[side].closed).toMatchObject({ cause: "closed", byPeer: false, message: "enough" });
    expect(await world[side === "client" ? "gateway" : "client"].closed).toMatchObject({
      cause: "goaway",
      byPeer: true,
    });
    expect(world.over).toBe(1);
    expect(world.time.pendingTimers).toBe(0);
    const late = watch(world.client.call("look", 3));
    await world.time.settle();
    expect(late.said).toMatch(/not_started$/);
  });

  it("comes when what runs has finished, where the gateway drains", async () => {
    const { handler, open } = gate();
    const world = new LocalWorld({ look: handler });
    const told: unknown[] = [];
    world.client.addEventListener("drain", ({ detail }) => told.push(detail));
    const running = watch(world.client.client(kit).look(1));
    await world.time.settle();
    world.local.drain("a new version comes", 300);
    const late = watch(world.client.client(kit).look(2));
    const helping = watch(world.gateway.call("look", 1));
    await world.time.settle();
    expect(late.said).toBe("unavailable, not_started");
    expect(helping.said).toBe("unimplemented, not_started");
    expect(told).toEqual([{ message: "a new version comes", retryAfterMs: 300 }]);
    open("done");
    await world.time.settle();
    expect(running.said).toBe('ok: "done"');
    expect(await world.client.closed).toMatchObject({
      code: "unavailable",
      message: "a new version comes",
      retryAfterMs: 300,
    });
    expect(world.over).toBe(1);
  });

  it("may come out of a handler, and out of a listener", async () => {
    const world: LocalWorld = new LocalWorld({
      look: async () => {
        void world.gateway.close("from within");
        return "not heard";
      },
    });
    world.client.addEventListener("state", () => void world.client.close());
    const call = watch(world.client.client(kit).look(1));
    await world.time.settle();
    expect(call.said).toBe("unavailable, unknown");
    expect(world.over).toBe(1);
  });

  it("is what a fault costs, and nothing more", async () => {
    const clientLog = new MemoryLog();
    const world = new LocalWorld({ look: () => new Promise(() => {}) }, { clientLog });
    await world.time.settle();
    world.clientSide.control.pump = () => {
      throw new Error("a bug");
    };
    const call = watch(world.client.client(kit).look(1));
    await world.time.settle();
    expect(clientLog.lines[0]).toMatchObject({
      level: "error",
      message: expect.stringMatching(/could not be handled/),
    });
    expect([world.gateway.state, world.client.state, world.over]).toEqual(["closed", "closed", 1]);
    expect(call.said).toBe("internal, unknown");
  });
});
