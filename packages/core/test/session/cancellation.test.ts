import { describe, expect, it } from "vitest";
import { ToolError, type Acceptance } from "../../src/index.ts";
import { gate, kit, kitWorld, never, untilAborted, watch } from "../support/kit.ts";
import { ClientUnderTest } from "../support/raw-worlds.ts";
import { goaway } from "../support/raw.ts";
import { World } from "../support/world.ts";

describe("a call that its caller cancels", () => {
  it.each([
    ["look", "cancelled, failed"],
    ["set", "cancelled, failed"],
    ["add", "cancelled, unknown"],
  ] as const)("ends, where its handler of %s stops for it, as %s", async (name, said) => {
    const stopping = (_input: unknown, { signal }: { signal: AbortSignal }): Promise<never> => untilAborted(signal);
    const { client, time } = await kitWorld({ [name]: stopping });
    const leaving = new AbortController();
    const call = watch(client.client(kit)[name](1, { signal: leaving.signal }));
    await time.settle();
    leaving.abort(new Error("enough"));
    await time.settle();
    expect(call.said).toBe(said);
    expect(call.error?.cause).toEqual(new Error("enough"));
  });

  it("ends with what its handler says of it", async () => {
    const { client, time } = await kitWorld({
      add: (_input, { signal }) => untilAborted(signal, new ToolError("aborted", "Nothing was added.")),
    });
    const leaving = new AbortController();
    const call = watch(client.client(kit).add(1, { signal: leaving.signal }));
    await time.settle();
    leaving.abort();
    await time.settle();
    expect(call.said).toBe("aborted, failed");
  });

  it("ends with its result where the handler finished all the same", async () => {
    const { handler, open } = gate();
    const { client, time } = await kitWorld({ set: handler });
    const leaving = new AbortController();
    const call = watch(client.client(kit).set(1, { signal: leaving.signal }));
    await time.settle();
    leaving.abort();
    await time.advance(1_000);
    expect(call.said).toBe("pending");
    open("done");
    await time.settle();
    expect(call.said).toBe('ok: "done"');
  });

  it("never runs when it was cancelled before it could be written", async () => {
    const { handler, runs } = gate();
    const world = await kitWorld({ set: handler });
    world.clientCarrier.blocked = true;
    const leaving = new AbortController();
    const call = watch(world.client.client(kit).set(1, { signal: leaving.signal }));
    await world.time.settle();
    leaving.abort();
    await world.time.settle();
    expect(call.said).toBe("cancelled, not_started");
    world.clientCarrier.drain();
    await world.time.settle();
    expect(runs()).toBe(0);
    expect(world.client.activeCalls.outgoing).toBe(0);
  });

  it("never goes out when it was cancelled before the session stood", async () => {
    const { client, time } = new World();
    const leaving = new AbortController();
    const call = watch(client.call("look", 1, { signal: leaving.signal }));
    leaving.abort();
    await time.settle();
    expect(call.said).toBe("cancelled, not_started");
    expect(client.activeCalls.outgoing).toBe(0);
  });

  it("ends as unknown after a while, when its handler does not listen, and what comes later is dropped", async () => {
    const { handler, open } = gate();
    const { client, time, clientSide } = await kitWorld({ look: handler });
    const leaving = new AbortController();
    const heard: unknown[] = [];
    const call = watch(
      client.client(kit).look(1, { signal: leaving.signal, onProgress: (n) => heard.push(n), timeoutMs: 600_000 }),
    );
    await time.settle();
    leaving.abort();
    await time.advance(clientSide.limits.cancelVerdictMs - 1);
    expect(call.said).toBe("pending");
    await time.advance(1);
    expect(call.said).toBe("cancelled, unknown");
    open("too late");
    await time.settle();
    expect(call.said).toBe("cancelled, unknown");
    expect(client.activeCalls.outgoing).toBe(0);
  });

  it("hears nothing more once it has ended, not even that it waits", async () => {
    let waiting: (reason: string) => void = () => {};
    const { client, time, clientSide } = await kitWorld({
      set: (_input, call) => {
        waiting = (reason) => call.waiting(reason);
        return never();
      },
    });
    const leaving = new AbortController();
    const states: Acceptance["state"][] = [];
    const call = watch(
      client.client(kit).set(1, { signal: leaving.signal, onAccept: ({ state }) => states.push(state) }),
    );
    await time.settle();
    leaving.abort();
    await time.advance(clientSide.limits.cancelVerdictMs);
    expect(call.said).toBe("cancelled, unknown");
    waiting("for a person");
    await time.settle();
    expect(states).toEqual(["running"]);
  });

  it("keeps its result when it is cancelled after the end", async () => {
    const { client, time } = await kitWorld();
    const leaving = new AbortController();
    const call = watch(client.client(kit).set(1, { signal: leaving.signal }));
    await time.settle();
    leaving.abort();
    await time.settle();
    expect(call.said).toBe("ok: 1");
  });
});

describe("a key that several callers share", () => {
  it("runs on while one of them stays, and tells the one that left that nobody knows yet", async () => {
    const { handler, open, runs } = gate();
    const { client, time } = await kitWorld({ add: handler });
    const leaving = new AbortController();
    const first = watch(client.client(kit).add(1, { key: "k", signal: leaving.signal }));
    const second = watch(client.client(kit).add(1, { key: "k" }));
    await time.settle();
    leaving.abort();
    await time.settle();
    expect([first.said, second.said]).toEqual(["cancelled, unknown", "pending"]);
    open("added");
    await time.settle();
    expect(second.said).toBe('ok: "added"');
    expect(runs()).toBe(1);
  });

  it("aborts the handler when the last of them leaves, and tells that one the truth", async () => {
    let signal: AbortSignal | undefined;
    const { client, time } = await kitWorld({
      add: (_input, call) => {
        signal = call.signal;
        return untilAborted(call.signal, new ToolError("cancelled", "Nothing was added."));
      },
    });
    const leaving = [new AbortController(), new AbortController()] as const;
    const calls = leaving.map((one) => watch(client.client(kit).add(1, { key: "k", signal: one.signal })));
    await time.settle();
    leaving[0].abort();
    await time.settle();
    expect(signal?.aborted).toBe(false);
    leaving[1].abort();
    await time.settle();
    expect(signal?.aborted).toBe(true);
    expect(calls.map(({ said }) => said)).toEqual(["cancelled, unknown", "cancelled, failed"]);
  });
});

describe("a cancelled call whose peer says nothing", () => {
  it("is not waited for much beyond its deadline", async () => {
    const { raw, time, session } = await ClientUnderTest.open();
    const leaving = new AbortController();
    const call = watch(session.call("look", 1, { signal: leaving.signal, timeoutMs: 1_000 }));
    await time.settle();
    leaving.abort();
    await time.advance(1_249);
    expect(call.said).toBe("pending");
    await time.advance(1);
    expect(call.said).toBe("cancelled, unknown");
    expect(raw.all("reset")).toHaveLength(1);
    raw.carrier.cut();
  });

  it("is known not to have started where the peer took no call so late", async () => {
    const { raw, time, session } = await ClientUnderTest.open();
    const leaving = new AbortController();
    const call = watch(session.call("look", 1, { signal: leaving.signal }));
    await time.settle();
    leaving.abort();
    await time.settle();
    raw.say(goaway(0, 0));
    await time.settle();
    expect(call.said).toBe("cancelled, not_started");
    raw.carrier.cut();
  });
});
