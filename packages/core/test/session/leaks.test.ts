import { describe, expect, it } from "vitest";
import { gate, kit, kitWorld, untilAborted, watch } from "../support/kit.ts";
import type { World } from "../support/world.ts";

function standing(world: World): unknown {
  const { client, gateway, once } = world;
  return [client.activeCalls, gateway.activeCalls, once.running];
}

const nothing = [{ outgoing: 0, incoming: 0 }, { outgoing: 0, incoming: 0 }, 0];

describe("when every call has ended", () => {
  it("nothing is left of calls that ended in every way, and no timer but the channels'", async () => {
    const world = await kitWorld({
      set: (_input, { signal }) => untilAborted(signal),
      list: async function* () {
        yield 1;
        yield 2;
        return "";
      },
    });
    const before = world.time.pendingTimers;
    const api = world.client.client(kit);
    const leaving = new AbortController();
    for (let n = 0; n < 50; n++) {
      watch(api.look(n));
      watch(api.add(n, { key: `k${n % 10}` }));
      watch(api.set(n, { timeoutMs: 10 + n }));
      watch(api.set(n, { signal: leaving.signal, acceptTimeoutMs: 5_000 }));
      watch(api.list(n).result);
      watch(world.client.call("nothing", n));
    }
    await world.time.advance(30);
    leaving.abort();
    await world.time.advance(100);
    expect(standing(world)).toEqual(nothing);
    expect(world.time.pendingTimers).toBe(before);
  });

  it("no timer at all is left when the session has ended, too", async () => {
    const { handler } = gate();
    const world = await kitWorld({ look: handler, add: handler });
    const calls = [watch(world.client.client(kit).look(1)), watch(world.client.client(kit).add(1, { timeoutMs: 700 }))];
    await world.time.settle();
    await world.client.close();
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["cancelled, unknown", "cancelled, unknown"]);
    // The handler of the once tool goes on, and keeps its deadline.
    await world.time.advance(700);
    expect(world.time.pendingTimers).toBe(0);
  });

  it("no listener is left on a signal that outlives its calls", async () => {
    const world = await kitWorld();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      listeners -= 1;
      remove(...args);
    };
    for (let n = 0; n < 100; n++) watch(world.client.client(kit).look(n, { signal }));
    expect(listeners).toBe(1);
    await world.time.settle();
    expect(listeners).toBe(0);
  });
});

describe("ten thousand calls", () => {
  it.each(["look", "add"] as const)("of %s leave as much behind as one", async (name) => {
    const world = await kitWorld();
    const before = world.time.pendingTimers;
    const api = world.client.client(kit);
    let done = 0;
    for (let round = 0; round < 100; round++) {
      const calls = Array.from({ length: 100 }, (_, n) => api[name](n));
      for (const call of calls) void call.then(() => done++);
      await world.time.settle();
    }
    expect(done).toBe(10_000);
    expect(standing(world)).toEqual(nothing);
    expect(world.time.pendingTimers).toBe(before);
  });
});
