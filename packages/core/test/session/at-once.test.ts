/** Handlers that end at once, in the middle of what arrives: what they do to the session meanwhile, and what their callers hear. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { kit, kitWorld, watch } from "../support/kit.ts";

const extra = defineTools({
  extra: tool({ description: "More", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

describe("a handler that ends at once", () => {
  it("may close the session in between: what ran may have had an effect, what did not run has none", async () => {
    const ran: unknown[] = [];
    const world = await kitWorld({
      set: (input) => {
        ran.push(input);
        if (input === 2) void world.gateway.close("enough");
        return input;
      },
    });
    const api = world.client.client(kit);
    const calls = [1, 2, 3].map((input) => watch(api.set(input)));
    await world.time.settle();
    const [first, second, third] = calls.map(({ said }) => said);
    expect(ran.slice(0, 2)).toEqual([1, 2]);
    expect(["ok: 1", "unavailable, unknown"]).toContain(first);
    expect(second).toBe("unavailable, unknown");
    expect(third).toMatch(ran.includes(3) ? /unknown$/ : /^unavailable, (unknown|not_started)$/);
    expect(world.gateway.activeCalls).toEqual({ incoming: 0, outgoing: 0 });
  });

  it("may take its own tool away: calls behind it find none, and do not run", async () => {
    const ran: unknown[] = [];
    const world = await kitWorld();
    const remove = world.registry.implement(extra, {
      extra: (input) => {
        ran.push(input);
        remove();
        return input;
      },
    });
    await world.time.settle();
    const api = world.client.client(extra);
    const calls = [1, 2].map((input) => watch(api.extra(input)));
    await world.time.settle();
    expect(ran).toEqual([1]);
    expect(calls.map(({ said }) => said)).toEqual(["ok: 1", "unimplemented, not_started"]);
  });

  it("may call its caller, and answers before that is answered", async () => {
    const back: { said: string }[] = [];
    const world = await kitWorld({
      set: (input) => {
        back.push(watch(world.gateway.client(extra).extra(input)));
        return input;
      },
    });
    world.client.implement(extra, { extra: (input) => input });
    await world.time.settle();
    const calls = [1, 2, 3].map((input) => watch(world.client.client(kit).set(input)));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["ok: 1", "ok: 2", "ok: 3"]);
    expect(back.map(({ said }) => said)).toEqual(["ok: 1", "ok: 2", "ok: 3"]);
  });

  it("gives its place back to the next of one message", async () => {
    const { client, time } = await kitWorld(
      {},
      { overrides: { set: { maxConcurrent: 1 }, add: { maxConcurrent: 1 } } },
    );
    const api = client.client(kit);
    const calls = [1, 2, 3].map((input) => watch(api.set(input)));
    await time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["ok: 1", "ok: 2", "ok: 3"]);
    for (const input of [1, 2]) {
      const call = watch(api.add(input));
      await time.settle();
      expect(call.said).toBe(`ok: ${input}`);
    }
  });

  it("gives its place back when it throws, and when its arguments are refused", async () => {
    const strict = defineTools({
      strict: tool({ description: "Strict", input: z.number(), output: z.number(), effect: "read" }),
    });
    const world = await kitWorld({}, { overrides: { strict: { maxConcurrent: 1 } } });
    world.registry.implement(strict, {
      strict: (input) => {
        if (input === 1) throw new Error("one");
        return input;
      },
    });
    await world.time.settle();
    const calls = [1, "no", 2, 3].map((input) => watch(world.client.call("strict", input)));
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual([
      "internal, failed",
      "invalid_argument, not_started",
      "ok: 2",
      "ok: 3",
    ]);
    expect(world.gateway.activeCalls.incoming).toBe(0);
  });

  it("is told to have ended behind all that it reported and sent", async () => {
    const world = await kitWorld({
      look: (_input, call) => {
        call.progress(1);
        call.waiting("for a person");
        return 2;
      },
      list: (_input, call) => {
        for (const item of [1, 2, 3]) void call.item(item);
        return "three";
      },
    });
    const heard: string[] = [];
    const api = world.client.client(kit);
    const look = api.look(1, { onAccept: ({ state }) => void heard.push(state) });
    look.then(
      () => heard.push("ended"),
      () => heard.push("failed"),
    );
    const call = api.list(1);
    const items: number[] = [];
    const read = watch(
      (async () => {
        for await (const item of call) items.push(item);
        return call.result;
      })(),
    );
    await world.time.settle();
    expect(heard.at(-1)).toBe("ended");
    // END stands for what was not told before it (CALL-001): nothing comes behind it.
    expect(heard.filter((state) => state === "ended")).toHaveLength(1);
    expect([items, read.said]).toEqual([[1, 2, 3], 'ok: "three"']);
  });

  it("that sent an item which its contract forbids has failed for that, though it ends well", async () => {
    const { client, time } = await kitWorld({
      list: (_input, call) => {
        void call.item(JSON.parse('"no number"'));
        return "all";
      },
    });
    const call = watch(client.client(kit).list(1).result);
    await time.settle();
    expect(call.said).toBe("internal, completed");
  });
});
