import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Acceptance } from "../../src/index.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";

const signals: AbortSignal[] = [];
const silent = (_input: unknown, { signal }: { signal: AbortSignal }): Promise<never> => {
  signals.push(signal);
  return never();
};

describe("the deadline of a call", () => {
  it("is a minute where neither caller nor tool gives one", async () => {
    const { client, time } = await kitWorld({ look: silent });
    const call = watch(client.client(kit).look(1));
    await time.advance(59_999);
    expect(call.said).toBe("pending");
    await time.advance(1);
    expect(call.said).toBe("deadline_exceeded, failed");
  });

  it("is the tool's own default where the caller gives none, also for a call by name", async () => {
    const { client, time } = await kitWorld({ look: silent }, { overrides: { look: { timeoutMs: 300 } } });
    const typed = watch(client.client(kit).look(1));
    const named = watch(client.call("look", 1));
    await time.advance(299);
    expect([typed.said, named.said]).toEqual(["pending", "pending"]);
    await time.advance(1);
    expect([typed.said, named.said]).toEqual(["deadline_exceeded, failed", "deadline_exceeded, failed"]);
  });

  it("is the caller's, which may be longer than the default", async () => {
    const { client, time } = await kitWorld({ look: silent }, { overrides: { look: { timeoutMs: 300 } } });
    const call = watch(client.client(kit).look(1, { timeoutMs: 1_000 }));
    await time.advance(999);
    expect(call.said).toBe("pending");
    await time.advance(1);
    expect(call.said).toBe("deadline_exceeded, failed");
  });

  it("is none where the caller wants none, and the tool has no maximum", async () => {
    const { handler, open } = gate();
    const { client, time } = await kitWorld({ look: handler });
    const call = watch(client.client(kit).look(1, { timeoutMs: Number.POSITIVE_INFINITY }));
    await time.advance(3_600_000);
    open(2);
    await time.settle();
    expect(call.said).toBe("ok: 2");
  });

  it("is none for a tool with items, unless somebody gives one", async () => {
    const { client, time } = await kitWorld({ list: silent });
    const call = watch(client.client(kit).list(1).result);
    await time.advance(3_600_000);
    expect(call.said).toBe("pending");
  });

  it.each([60_000, Number.POSITIVE_INFINITY])(
    "is the tool's maximum at most, when the caller asks for %d",
    async (ms) => {
      const { client, time } = await kitWorld({ set: silent }, { overrides: { set: { maxTimeoutMs: 40 } } });
      const accepted: Acceptance[] = [];
      const call = watch(client.client(kit).set(1, { timeoutMs: ms, onAccept: (said) => accepted.push(said) }));
      await time.advance(39);
      expect(call.said).toBe("pending");
      if (ms === 60_000) expect(accepted).toMatchObject([{ state: "running", deadlineMs: 40 }]);
      await time.advance(1);
      expect(call.said).toBe("deadline_exceeded, failed");
    },
  );

  it("may be no whole number of milliseconds", async () => {
    const { client, time } = await kitWorld({ set: silent });
    const call = watch(client.client(kit).set(1, { timeoutMs: 10.4 }));
    await time.advance(10);
    expect(call.said).toBe("pending");
    await time.advance(1);
    expect(call.said).toBe("deadline_exceeded, failed");
  });

  it.each([0, -1, Number.NaN])("cannot be %d", async (timeoutMs) => {
    const { client } = await kitWorld();
    await expect(client.client(kit).set(1, { timeoutMs })).rejects.toThrow("timeoutMs must be a positive number");
  });
});

describe("a call whose deadline is over", () => {
  it("never runs when it could not be written before", async () => {
    const { handler, runs } = gate();
    const world = await kitWorld({ set: handler });
    world.clientCarrier.blocked = true;
    const call = watch(world.client.client(kit).set(1, { timeoutMs: 50 }));
    await world.time.advance(50);
    expect(call.said).toBe("deadline_exceeded, not_started");
    world.clientCarrier.drain();
    await world.time.advance(1_000);
    expect(runs()).toBe(0);
  });

  it("waits a moment for the peer's own word, and ends as unknown without it", async () => {
    const world = await kitWorld();
    // What the client sends is lost from here on.
    world.clientCarrier.other = undefined;
    const call = watch(world.client.client(kit).set(1, { timeoutMs: 1_000 }));
    await world.time.advance(1_000 + world.clientSide.limits.deadlineVerdictMs - 1);
    expect(call.said).toBe("pending");
    await world.time.advance(1);
    expect(call.said).toBe("deadline_exceeded, unknown");
  });

  it("has its handler aborted, which then goes on for nobody", async () => {
    signals.length = 0;
    const world = await kitWorld({ look: silent });
    const call = watch(world.client.client(kit).look(1, { timeoutMs: 100 }));
    await world.time.advance(99);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await world.time.advance(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(call.said).toBe("deadline_exceeded, failed");
    expect(world.gateway.activeCalls.incoming).toBe(0);
  });

  it("stays over when the handler finishes late", async () => {
    const { handler, open } = gate();
    const { client, time } = await kitWorld({ set: handler });
    const call = watch(client.client(kit).set(1, { timeoutMs: 100 }));
    await time.advance(100);
    open("late");
    await time.settle();
    expect(call.said).toBe("deadline_exceeded, failed");
    expect(client.state).toBe("ready");
  });
});

describe("the wait for ACCEPT", () => {
  it("ends a call that nobody takes, long before its deadline", async () => {
    const world = await kitWorld();
    world.clientCarrier.other = undefined;
    const call = watch(world.client.client(kit).set(1, { acceptTimeoutMs: 100 }));
    await world.time.advance(100 + world.clientSide.limits.deadlineVerdictMs - 1);
    expect(call.said).toBe("pending");
    await world.time.advance(1);
    expect(call.said).toBe("deadline_exceeded, unknown");
    expect(call.error?.message).toContain("not accepted within 100 ms");
  });

  it("ends a call that could not be written as not started, at once", async () => {
    const world = await kitWorld();
    world.clientCarrier.blocked = true;
    const call = watch(world.client.client(kit).set(1, { acceptTimeoutMs: 100 }));
    await world.time.advance(100);
    expect(call.said).toBe("deadline_exceeded, not_started");
  });

  it("is over with ACCEPT: the call may take as long as its deadline allows", async () => {
    const { handler, open } = gate();
    const { client, time } = await kitWorld({ set: handler });
    const call = watch(client.client(kit).set(1, { acceptTimeoutMs: 100 }));
    await time.advance(50_000);
    open("taken");
    await time.settle();
    expect(call.said).toBe('ok: "taken"');
  });
});

describe("a handler that is kept when the session ends", () => {
  const kept = defineTools({
    job: tool({ description: "Works", input: z.unknown(), effect: "idempotent", whenSessionEnds: "keep" }),
  });

  it("is aborted at the deadline of its call all the same", async () => {
    const world = await kitWorld({}, { reconnects: false });
    let signal: AbortSignal | undefined;
    world.registry.implement(kept, {
      job: (_input, call) => {
        signal = call.signal;
        return never();
      },
    });
    await world.time.settle();
    const call = watch(world.client.client(kept).job(1, { timeoutMs: 5_000 }));
    await world.time.settle();
    world.clientCarrier.cut();
    await world.time.settle();
    expect(call.said).toBe("unavailable, unknown");
    await world.time.advance(4_999);
    expect(signal?.aborted).toBe(false);
    await world.time.advance(1);
    expect(signal?.aborted).toBe(true);
  });
});
