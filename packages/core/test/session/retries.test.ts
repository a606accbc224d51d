/** What a model does that was told that nobody knows: it tries again (KEY-010). */
import { describe, expect, it } from "vitest";
import { ToolError, TurnmuxError, type ToolCall } from "../../src/index.ts";
import type { CallRequest } from "../../src/session/outgoing.ts";
import { REPORTED_CHARACTERS, REPORTED_UNKNOWNS, Retries } from "../../src/session/retries.ts";
import { gate, kit, kitWorld, watch, type Watched } from "../support/kit.ts";
import { World } from "../support/world.ts";

/** A world in whose gateway `add` hangs until the test says so, and a way to call it that gives up after 100 ms. */
async function hanging(): Promise<{
  world: World;
  keys: string[];
  finish: (value: unknown) => void;
  add: (input: unknown, key?: string, turn?: string) => Promise<Watched>;
}> {
  const keys: string[] = [];
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const world = await kitWorld({
    add: (_input, call: ToolCall<never, never, "once">) => {
      keys.push(call.key);
      return promise;
    },
  });
  const add = async (input: unknown, key?: string, turn = "t"): Promise<Watched> => {
    const call = watch(world.client.turn(turn).client(kit).add(input, { key, timeoutMs: 100 }));
    await world.time.advance(100);
    return call;
  };
  return { world, keys, finish: resolve, add };
}

describe("a call that repeats one which was reported as unknown", () => {
  it("joins it, whatever key it was given, and the error tells the key that counts", async () => {
    const { world, keys, finish, add } = await hanging();
    const first = await add({ a: 1, b: 2 }, "t/call-1");
    const second = await add({ b: 2, a: 1 }, "t/call-2");
    expect([first, second].map(({ said }) => said)).toEqual(Array(2).fill("deadline_exceeded, unknown"));
    expect([first, second].map(({ error }) => error?.key)).toEqual(["t/call-1", "t/call-1"]);
    const third = watch(world.client.turn("t").call("add", { a: 1, b: 2 }, { key: "t/call-3" }));
    finish("added");
    await world.time.settle();
    expect(third.said).toBe('ok: "added"');
    expect(keys).toEqual(["t/call-1"]);
  });

  it("gets the result of the one that has ended meanwhile, also over another connection", async () => {
    const { world, keys, finish, add } = await hanging();
    await add("x", "t/call-1");
    world.clientCarrier.cut();
    await world.time.settle();
    finish("added");
    await world.reconnect();
    const again = await add("x", "t/call-2");
    expect([again.said, keys]).toEqual(['ok: "added"', ["t/call-1"]]);
  });

  it("is known by what it asked for at the time, whatever became of the value since", async () => {
    const { world, keys, add } = await hanging();
    const input = { list: [1] };
    await add(input, "t/call-1");
    input.list.push(2);
    const call = watch(world.client.turn("t").client(kit).add(input, { key: "t/call-2" }));
    watch(
      world.client
        .turn("t")
        .client(kit)
        .add({ list: [1] }, { key: "t/call-3" }),
    );
    await world.time.settle();
    expect([call.said, keys]).toEqual(["pending", ["t/call-1", "t/call-2"]]);
  });

  it("is one for each report, and those that were reported first are first", async () => {
    const { world, keys, add } = await hanging();
    const api = world.client.turn("t").client(kit);
    for (const key of ["1", "2"]) watch(api.add("x", { key, timeoutMs: 100 }));
    await world.time.advance(100);
    const again: Watched[] = [];
    for (const key of ["3", "4", "5"]) again.push(watch(api.add("x", { key, timeoutMs: 100 })));
    await world.time.advance(100);
    expect(again.map(({ error }) => error?.key)).toEqual(["1", "2", "5"]);
    expect(keys).toEqual(["1", "2", "5"]);
    // With the key of one of them it is that one.
    expect((await add("x", "5")).error?.key).toBe("5");
  });

  it("is one for two callers of one key, since those were one call", async () => {
    const { world, keys } = await hanging();
    const api = world.client.turn("t").client(kit);
    for (let i = 0; i < 2; i += 1) watch(api.add("x", { key: "1", timeoutMs: 100 }));
    await world.time.advance(100);
    for (const key of ["2", "3"]) watch(api.add("x", { key }));
    await world.time.settle();
    expect(keys).toEqual(["1", "3"]);
  });

  it("is none where the first one's end was not reported when it was made", async () => {
    const { world, keys } = await hanging();
    const api = world.client.turn("t").client(kit);
    for (const key of ["1", "2", "3"]) watch(api.add("x", { key }));
    await world.time.settle();
    expect(keys).toEqual(["1", "2", "3"]);
  });

  it.each<[string, () => unknown]>([
    ["succeeded", () => "added"],
    [
      "failed without effect",
      () => {
        throw new ToolError("out_of_range", "No.");
      },
    ],
    [
      "completed, though it failed",
      () => {
        throw new ToolError("internal", "Late.", { outcome: "completed" });
      },
    ],
  ])("is none where the first one %s", async (_how, end) => {
    const keys: string[] = [];
    const world = await kitWorld({
      add: (_input, { key }) => {
        keys.push(key);
        return end();
      },
    });
    for (const key of ["1", "2"]) {
      watch(world.client.turn("t").client(kit).add("x", { key }));
      await world.time.settle();
    }
    expect(keys).toEqual(["1", "2"]);
  });

  it("is none any more where the one that took its place succeeded", async () => {
    const { world, keys, finish, add } = await hanging();
    await add("x", "1");
    finish("added");
    await add("x", "2");
    await add("x", "3");
    expect(keys).toEqual(["1", "3"]);
    expect(world.once.running).toBe(0);
  });

  it("is none with other arguments, in another turn, or outside of any", async () => {
    const { world, keys, add } = await hanging();
    await add("x", "1");
    await add("y", "2");
    await add("x", "3", "another turn");
    watch(world.client.client(kit).add("x", { key: "4" }));
    await world.time.settle();
    expect(keys).toEqual(["1", "2", "3", "4"]);
  });

  it("is none of a tool that may be repeated", async () => {
    const { handler, runs } = gate();
    const { client, time } = await kitWorld({ set: handler });
    for (let i = 0; i < 2; i += 1) {
      watch(client.turn("t").client(kit).set("x", { timeoutMs: 100 }));
      await time.advance(100);
    }
    expect(runs()).toBe(2);
  });

  it("joins one that was made by name before the peer had told of its tool", async () => {
    const { handler, runs } = gate();
    const world = new World({ scopes: ["write"] });
    world.registry.implement(kit, { look: String, set: String, add: handler, list: () => "" });
    const turn = world.client.turn("t");
    const calls: Watched[] = [];
    for (let i = 0; i < 2; i += 1) {
      calls.push(watch(turn.call("add", "x", { timeoutMs: 100 })));
      await world.time.advance(100);
    }
    expect(calls.map(({ said }) => said)).toEqual(Array(2).fill("deadline_exceeded, unknown"));
    expect(runs()).toBe(1);
  });

  it("says that nobody knows where it could not even be started, and leaves its place to the next one", async () => {
    const { world, keys, add } = await hanging();
    await add("x", "1");
    const aborted = AbortSignal.abort();
    const refused = watch(world.client.turn("t").client(kit).add("x", { key: "2", signal: aborted }));
    await world.time.settle();
    const next = await add("x", "3");
    expect([refused.said, refused.error?.key]).toEqual(["cancelled, unknown", "1"]);
    expect([next.error?.key, keys]).toEqual(["1", ["1"]]);
  });

  it("may have an input that is no value, which is refused as ever", async () => {
    const { world } = await hanging();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const call = watch(world.client.turn("t").client(kit).add(circle));
    await world.time.settle();
    expect(call.said).toBe("invalid_argument, not_started");
  });

  it("is none of one that is so long ago that so many others were reported since", async () => {
    const keys: string[] = [];
    const world = await kitWorld({
      add: (_input, { key }) => {
        keys.push(key);
        throw new Error("half way");
      },
    });
    const turn = world.client.turn("t").client(kit);
    for (let i = 0; i <= REPORTED_UNKNOWNS; i += 1) watch(turn.add(i, { key: `${i}` }));
    await world.time.settle();
    const before = keys.length;
    for (const i of [0, 1]) watch(turn.add(i, { key: `again ${i}` }));
    await world.time.settle();
    expect(before).toBe(REPORTED_UNKNOWNS + 1);
    expect(keys.slice(before)).toEqual(["again 0"]);
  });

  it("is none of one that is so many characters of arguments ago", async () => {
    const retries = new Retries();
    const keyOf = async (what: string, key: string): Promise<string | undefined> => {
      let made: CallRequest | undefined;
      const request: Partial<CallRequest> = { key };
      const call = retries.make(what, request as CallRequest, (sent) => {
        made = sent;
        return Promise.reject(new TurnmuxError("internal", "", { outcome: "unknown" }));
      });
      await expect(call).rejects.toThrow(TurnmuxError);
      return made?.key;
    };
    const half = (letter: string): string => letter.repeat(REPORTED_CHARACTERS / 2);
    for (const letter of ["a", "b", "c"]) await keyOf(half(letter), letter);
    expect([await keyOf(half("b"), "again b"), await keyOf(half("a"), "again a")]).toEqual(["b", "again a"]);
    const tooLong = half("d").repeat(3);
    await keyOf(tooLong, "d");
    expect([await keyOf(tooLong, "again d"), await keyOf(half("b"), "once more b")]).toEqual(["d", "once more b"]);
  });
});
