import { describe, expect, it } from "vitest";
import { gate, kit, kitWorld, watch } from "../support/kit.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { open } from "../support/raw.ts";

const two = { overrides: { look: { maxConcurrent: 2 }, add: { maxConcurrent: 2 } } } as const;

describe("a tool with a limit of concurrent calls", () => {
  it("refuses what is beyond it, with a time to try again, and takes calls again when there is a place", async () => {
    const { handler, open: finish } = gate();
    const world = await kitWorld({ look: handler }, two);
    const api = world.client.client(kit);
    const calls = [1, 2, 3].map((n) => watch(api.look(n)));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["pending", "pending", "resource_exhausted, not_started"]);
    expect(calls[2]?.error).toMatchObject({ retryable: true, retryAfterMs: 250 });
    finish("done");
    await world.time.settle();
    const later = [4, 5].map((n) => watch(api.look(n)));
    await world.time.settle();
    expect(later.map(({ said }) => said)).toEqual(['ok: "done"', 'ok: "done"']);
  });

  it("counts a handler that goes on for nobody", async () => {
    const { handler, open: finish } = gate();
    const world = await kitWorld({ look: handler }, two);
    const api = world.client.client(kit);
    const given = [1, 2].map((n) => watch(api.look(n, { timeoutMs: 10 })));
    await world.time.advance(1_000);
    expect(given.map(({ said }) => said)).toEqual(["deadline_exceeded, failed", "deadline_exceeded, failed"]);
    const refused = watch(api.look(3));
    await world.time.settle();
    expect(refused.said).toBe("resource_exhausted, not_started");
    finish("nobody hears it");
    await world.time.settle();
    const taken = watch(api.look(4));
    await world.time.settle();
    expect(taken.said).toContain("ok:");
  });

  it("counts calls that share a key, each while it waits", async () => {
    const { handler, open: finish } = gate();
    const world = await kitWorld({ add: handler }, two);
    const api = world.client.client(kit);
    const calls = [1, 2, 3].map(() => watch(api.add(1, { key: "k" })));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["pending", "pending", "resource_exhausted, not_started"]);
    finish("done");
    await world.time.settle();
    for (let n = 0; n < 10; n++) {
      const replayed = watch(api.add(1, { key: "k" }));
      await world.time.settle();
      expect(replayed.said).toBe('ok: "done"');
    }
  });

  it("has a place again after calls that never ran", async () => {
    const world = await kitWorld({}, two);
    for (let n = 0; n < 10; n++) {
      const wrong = watch(world.client.call("add", 1, { key: "k".repeat(10), timeoutMs: 0.5 }));
      const leaving = new AbortController();
      const left = watch(world.client.client(kit).look(1, { signal: leaving.signal }));
      leaving.abort();
      await world.time.advance(1);
      expect(wrong.said).not.toContain("exhausted");
      expect(left.said).toBe("cancelled, not_started");
    }
  });
});

describe("a call that arrives", () => {
  it("when its deadline is over already does not start", async () => {
    const { raw, time, side } = await GatewayUnderTest.open();
    let ran = 0;
    side.registry.implement(kit, {
      look: () => ++ran,
      set: () => ++ran,
      add: () => ++ran,
      list: () => "",
    });
    await time.settle();
    raw.take();
    raw.say(open(1, "look", 1, { deadlineMs: 0 }));
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "end", code: 4, outcome: 0 }]);
    expect(ran).toBe(0);
  });

  it("is accepted at once where an interceptor takes its time", async () => {
    const go = Promise.withResolvers<void>();
    const world = await kitWorld(
      {},
      {
        gatewayInterceptors: [
          async (call, next) => {
            await go.promise;
            return next(call);
          },
        ],
      },
    );
    const states: (string | undefined)[] = [];
    const call = watch(
      world.client
        .client(kit)
        .look(1, { acceptTimeoutMs: 100, onAccept: ({ state, reason }) => states.push(state, reason) }),
    );
    await world.time.advance(5_000);
    expect(states).toEqual(["queued", "it is looked at before it runs"]);
    go.resolve();
    await world.time.settle();
    expect(call.said).toBe("ok: 1");
  });
});

describe("a connection that goes without a word about its calls", () => {
  it("leaves none of them without an end", async () => {
    const { handler } = gate();
    const world = await kitWorld({ look: handler });
    world.client.implement(kit, { look: handler, set: handler, add: handler, list: () => "" });
    await world.time.settle();
    const under = watch(world.client.client(kit).look(1));
    const incoming = watch(world.gateway.client(kit).set(1));
    await world.time.settle();
    const unsent = watch(world.client.client(kit).look(2));
    // The owner moves the session on although the connection stands.
    world.clientControl.detach("reconnecting");
    await world.time.settle();
    expect([under.said, unsent.said]).toEqual(["pending", "pending"]);
    expect(world.client.activeCalls).toEqual({ outgoing: 2, incoming: 0 });
    world.clientControl.close({ cause: "closed", code: "cancelled", message: "over", byPeer: false });
    await world.time.settle();
    expect([under.said, unsent.said]).toEqual(["unavailable, unknown", "cancelled, not_started"]);
    expect(incoming.said).toBe("pending");
    world.clientControl.detach("reconnecting");
    expect(world.client.state).toBe("closed");
  });
});
