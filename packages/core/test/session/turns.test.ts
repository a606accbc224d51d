import { describe, expect, it } from "vitest";
import { gate, kit, kitWorld, untilAborted, watch } from "../support/kit.ts";

describe("a turn", () => {
  it("gives its calls its id, by type and by name", async () => {
    const turns: unknown[] = [];
    const world = await kitWorld({
      look: (_input, call) => {
        turns.push(call.turn);
        return null;
      },
    });
    const turn = world.client.turn("turn-7");
    watch(turn.client(kit).look(1));
    watch(turn.call("look", 1));
    watch(world.client.client(kit).look(1));
    await world.time.settle();
    expect(turns).toEqual(["turn-7", "turn-7", undefined]);
  });

  it("cancels its calls, and no others, with the truth for each", async () => {
    const kept = gate();
    const world = await kitWorld({
      look: (_input, { signal }) => untilAborted(signal),
      set: kept.handler,
      list: async function* (_input, { signal }) {
        yield 1;
        await untilAborted(signal);
        return "";
      },
    });
    const turn = world.client.turn("t");
    const calls = [
      watch(turn.client(kit).look(1)),
      watch(turn.client(kit).set(1)),
      watch(turn.client(kit).list(1).result),
    ];
    const other = watch(world.client.turn("other").client(kit).look(1));
    await world.time.settle();
    turn.cancel("the user pressed stop");
    await world.time.settle();
    kept.open("finished all the same");
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual([
      "cancelled, failed",
      'ok: "finished all the same"',
      "cancelled, failed",
    ]);
    expect(other.said).toBe("pending");
    expect(turn.signal.aborted).toBe(true);
    const late = watch(turn.client(kit).look(2));
    await world.time.settle();
    expect(late.said).toBe("cancelled, not_started");
  });

  it("is cancelled by the signal that it was given, and its calls by their own as well", async () => {
    const world = await kitWorld({ look: (_input, { signal }) => untilAborted(signal) });
    const [outer, own] = [new AbortController(), new AbortController()];
    const turn = world.client.turn("t", { signal: outer.signal });
    const first = watch(turn.client(kit).look(1, { signal: own.signal }));
    const second = watch(turn.client(kit).look(2));
    await world.time.settle();
    own.abort(new Error("this one"));
    await world.time.settle();
    expect([first.said, second.said]).toEqual(["cancelled, failed", "pending"]);
    expect(first.error?.cause).toMatchObject({ message: "this one" });
    const { signal } = turn;
    outer.abort(new Error("all of them"));
    await world.time.settle();
    expect(second.error?.cause).toMatchObject({ message: "all of them" });
    expect(signal.aborted).toBe(true);
  });

  it("costs a signal that lives on one listener, and nothing once its calls have ended", async () => {
    const world = await kitWorld();
    const { signal } = new AbortController();
    let listeners = 0;
    let most = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      most = Math.max(most, ++listeners);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      listeners -= 1;
      remove(...args);
    };
    for (let round = 0; round < 20; round++) {
      const turn = world.client.turn(`turn-${round}`, { signal });
      for (let n = 0; n < 20; n++) watch(turn.client(kit).look(n));
      watch(turn.client(kit).list(1).result);
      await world.time.settle();
    }
    expect(most).toBe(1);
    expect(listeners).toBe(0);
  });

  it.each(["", "x".repeat(257), "\ud800"])("has no id like %j", async (id) => {
    const world = await kitWorld();
    expect(() => world.client.turn(id)).toThrow(/the turn's id must be a well-formed string/);
  });
});
