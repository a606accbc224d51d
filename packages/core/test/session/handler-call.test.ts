/** What a handler is told of its call: much is made only when it is asked for, and nobody who asks can tell. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Logger, type ToolHandlers } from "../../src/index.ts";
import { kit, kitWorld, watch, type KitHandlers } from "../support/kit.ts";

const all = defineTools({
  all: tool({
    description: "Has everything",
    input: z.unknown(),
    output: z.unknown(),
    progress: z.number(),
    item: z.number(),
    effect: "read",
  }),
});

type All = ToolHandlers<typeof all>["all"];
type AllCall = Parameters<All>[1];

const NAMES = [
  "callId",
  "deadlineMs",
  "item",
  "key",
  "lineage",
  "log",
  "meta",
  "principal",
  "progress",
  "scopes",
  "signal",
  "tool",
  "trace",
  "turn",
  "waiting",
];

/** What a call of a handler that does as told looks like from outside. */
async function seen(handler: (call: AllCall) => Promise<unknown>): Promise<unknown> {
  const heard = Promise.withResolvers<void>();
  const logged: unknown[] = [];
  const log: Logger = {
    debug: () => {},
    info: (message, fields) => {
      if (message === "said") logged.push(fields?.["tool"]);
    },
    warn: () => {},
    error: () => {},
  };
  const world = await kitWorld({}, { gatewayLog: log });
  world.registry.implement(all, {
    all: async (_input, call) => {
      const result = await handler(call);
      // A report that nobody has heard when the end comes is left out.
      await heard.promise;
      return result;
    },
  });
  await world.time.settle();
  const accepted: unknown[] = [];
  const reported: unknown[] = [];
  const call = world.client.client(all).all(1, {
    onAccept: ({ state, reason }) => void accepted.push(state, reason),
    onProgress: (value) => void reported.push(value),
  });
  const result = watch(call.result);
  const items: unknown[] = [];
  const read = watch(
    (async () => {
      for await (const item of call) items.push(item);
    })(),
  );
  await world.time.settle();
  heard.resolve();
  await world.time.settle();
  expect(read.said).not.toBe("pending");
  return { said: result.said, accepted, reported, items, logged };
}

async function useAll({ signal, log, waiting, progress, item }: AllCall): Promise<unknown> {
  waiting("for a person");
  progress(7);
  await item(8);
  log.info("said");
  return signal.aborted;
}

describe("what a handler is told of its call", () => {
  it.each<[string, (call: AllCall) => Promise<unknown>]>([
    ["as it is", useAll],
    ["as a copy", (call) => useAll({ ...call })],
    ["as a copy with something else in it", (call) => useAll({ ...call, meta: {} })],
    ["as what is left of it", ({ callId, ...rest }) => useAll({ callId, ...rest })],
    ["as what it is assigned to", (call) => useAll(Object.assign({}, call))],
  ])("serves %s", async (_how, handler) => {
    expect(await seen(handler)).toEqual({
      said: "ok: false",
      accepted: expect.arrayContaining(["waiting", "for a person"]),
      reported: [7],
      items: [8],
      logged: ["all"],
    });
  });

  it("has all of it as properties of its own", async () => {
    const names: string[][] = [];
    await seen(async (call) => {
      names.push(Object.keys(call).sort(), Object.keys({ ...call }).sort());
    });
    expect(names).toEqual([NAMES, NAMES]);
  });

  it("has one signal, whoever looks, and however late", async () => {
    const signals: AbortSignal[] = [];
    let look = (): void => {};
    const set: KitHandlers["set"] = (_input, call) =>
      new Promise((resolve) => {
        look = () => {
          signals.push(call.signal, { ...call }.signal, call.signal);
          resolve(1);
        };
      });
    const world = await kitWorld({ set });
    const leaving = new AbortController();
    watch(world.client.client(kit).set(1, { signal: leaving.signal }));
    await world.time.settle();
    leaving.abort();
    await world.time.settle();
    look();
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, true]);
    expect(new Set(signals).size).toBe(1);
    expect(signals[0]?.reason).toMatchObject({ code: "cancelled" });
  });
});
