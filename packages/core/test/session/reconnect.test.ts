import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import type { World } from "../support/world.ts";

async function cut(world: World): Promise<void> {
  world.clientCarrier.cut();
  await world.time.settle();
}

describe("calls, when the connection is lost,", () => {
  it("wait for the next one where they were made in between, with the arguments of that moment", async () => {
    const world = await kitWorld();
    await cut(world);
    const input = { list: [1] };
    const call = watch(world.client.client(kit).look(input));
    input.list.push(2);
    await world.time.advance(500);
    expect([call.said, world.client.state]).toEqual(["pending", "reconnecting"]);
    await world.reconnect();
    expect(call.said).toBe('ok: {"list":[1]}');
  });

  it("go on where they were under way, and are opened once", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ set: handler });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    await cut(world);
    expect(call.said).toBe("pending");
    await world.reconnect();
    open("done");
    await world.time.settle();
    expect([call.said, runs()]).toEqual(['ok: "done"', 1]);
  });

  it("are opened again where they were under way in a session that cannot be resumed", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ set: handler }, { resumes: false });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    await cut(world);
    expect(call.said).toBe("pending");
    await world.reconnect();
    open("done");
    await world.time.settle();
    expect([call.said, runs()]).toEqual(['ok: "done"', 2]);
  });

  it("end as unknown where they were under way and no other connection comes", async () => {
    const { handler } = gate();
    const world = await kitWorld({ set: handler });
    const call = watch(world.client.client(kit).set(1));
    await world.time.settle();
    await cut(world);
    await world.client.close();
    expect(call.said).toBe("cancelled, unknown");
  });

  it("are made again on the next one where they were never written, with the arguments of their own moment", async () => {
    const world = await kitWorld();
    world.clientCarrier.blocked = true;
    const input = { octets: new Uint8Array([1]), list: [1] };
    const call = watch(world.client.client(kit).look(input));
    await world.time.settle();
    input.list.push(2);
    await cut(world);
    input.list.push(3);
    await world.reconnect();
    expect(call.said).toBe('ok: {"octets":{"0":1},"list":[1]}');
  });

  it("keep what is left of their deadline while they wait", async () => {
    const deadlines: (number | undefined)[] = [];
    const world = await kitWorld({
      look: (_input, call) => {
        deadlines.push(call.deadlineMs);
        return never();
      },
    });
    world.clientCarrier.blocked = true;
    const call = watch(world.client.client(kit).look(1, { timeoutMs: 1_000 }));
    await cut(world);
    await world.time.advance(600);
    await world.reconnect();
    expect(deadlines).toEqual([400]);
    await world.time.advance(400);
    expect(call.said).toBe("deadline_exceeded, failed");
  });

  it("that were cancelled or are over meanwhile are not made again", async () => {
    const { handler, runs } = gate();
    const world = await kitWorld({ set: handler });
    world.clientCarrier.blocked = true;
    const leaving = new AbortController();
    const cancelled = watch(world.client.client(kit).set(1, { signal: leaving.signal }));
    const expired = watch(world.client.client(kit).set(2, { timeoutMs: 100 }));
    await cut(world);
    leaving.abort();
    await world.time.advance(100);
    expect([cancelled.said, expired.said]).toEqual(["cancelled, not_started", "deadline_exceeded, not_started"]);
    await world.reconnect();
    expect(runs()).toBe(0);
    expect(world.client.activeCalls.outgoing).toBe(0);
  });

  it("are refused beyond the limit of those that may wait", async () => {
    const world = await kitWorld({}, { clientLimits: { queuedCalls: 2 }, resumes: false });
    await cut(world);
    const calls = [1, 2, 3].map((n) => watch(world.client.client(kit).look(n)));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["pending", "pending", "resource_exhausted, not_started"]);
    await world.reconnect();
    expect(calls.map(({ said }) => said)).toEqual(["ok: 1", "ok: 2", "resource_exhausted, not_started"]);
  });

  it("end as not started where they wait and the session is closed", async () => {
    const world = await kitWorld();
    await cut(world);
    const call = watch(world.client.client(kit).look(1));
    await world.client.close();
    await world.time.settle();
    expect(call.said).toBe("cancelled, not_started");
    const late = watch(world.client.client(kit).look(1));
    await world.time.settle();
    expect(late.said).toBe("cancelled, not_started");
  });

  it("end as not started on a side that makes no connection of its own", async () => {
    const world = await kitWorld({}, { resumes: false });
    world.gatewayCarrier.blocked = true;
    const call = watch(world.gateway.call("anything", 1));
    await cut(world);
    expect(call.said).toBe("unavailable, not_started");
  });

  it("that were refused by a gateway that drains go out to the next one", async () => {
    const { handler, open } = gate();
    const world = await kitWorld({ set: handler });
    const running = watch(world.client.client(kit).set(1));
    await world.time.settle();
    world.acceptor.drain("restarting", 5);
    await world.time.settle();
    const late = watch(world.client.client(kit).look("late"));
    await world.time.settle();
    expect([running.said, late.said]).toEqual(["pending", "pending"]);
    open("done");
    await world.time.settle();
    expect(running.said).toBe('ok: "done"');
  });
});

describe("a session that was closed", () => {
  it("stays closed when a connection comes about late", async () => {
    const world = await kitWorld();
    await cut(world);
    const back = world.reconnect();
    world.clientControl.close({ cause: "closed", code: "cancelled", message: "enough", byPeer: false });
    await back;
    expect(world.client.state).toBe("closed");
    await world.time.settle();
    expect(world.gateway.state).toBe("closed");
  });
});

describe("a handler, when its session ends,", () => {
  const jobs = defineTools({
    kept: tool({ description: "Goes on", input: z.unknown(), effect: "read", whenSessionEnds: "keep" }),
    aborted: tool({ description: "Stops", input: z.unknown(), effect: "once", whenSessionEnds: "abort" }),
  });

  it("is kept or aborted as its tool says, whatever its effect", async () => {
    const world = await kitWorld({}, { reconnects: false });
    const signals: AbortSignal[] = [];
    const handler = (_input: unknown, { signal }: { signal: AbortSignal }): Promise<never> => {
      signals.push(signal);
      return never();
    };
    world.registry.implement(jobs, { kept: handler, aborted: handler });
    await world.time.settle();
    const calls = [watch(world.client.client(jobs).kept(1)), watch(world.client.client(jobs).aborted(1))];
    await world.time.settle();
    await cut(world);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    expect(calls.map(({ said }) => said)).toEqual(["unavailable, unknown", "unavailable, unknown"]);
    expect(world.gatewaySide.latest.session.activeCalls.incoming).toBe(0);
  });

  it("is kept where it is once, and its result is replayed on the next session", async () => {
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler }, { resumes: false });
    watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    await cut(world);
    open("added");
    await world.reconnect();
    const again = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    expect([again.said, runs()]).toEqual(['ok: "added"', 1]);
  });
});
