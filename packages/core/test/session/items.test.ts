import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Logger } from "../../src/index.ts";
import { kit, kitWorld, never, watch, type KitHandlers, type Watched } from "../support/kit.ts";
import type { World } from "../support/world.ts";

/** A tool whose items are large. */
const big = defineTools({
  big: tool({ description: "Sends texts", input: z.unknown(), item: z.string(), output: z.string(), effect: "read" }),
});
const text = "x".repeat(1_000);

interface Sending {
  readonly world: World;
  readonly sent: () => number;
  readonly result: Watched;
  readonly leaving: AbortController;
}

/** Somebody has to read: otherwise the handler waits for that. */
async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of items);
  } catch {
    // The test looks at the result.
  }
}

/** A handler that sends a thousand texts through a carrier that takes no more. */
async function sending(how: "item()" | "item(), all at once" | "yield"): Promise<Sending> {
  const world = await kitWorld({}, { limits: { unsentItems: 10_000 } });
  let sent = 0;
  world.registry.implement(big, {
    big: async (_input, call) => {
      if (how === "item()") for (; sent < 1_000; sent++) await call.item(text);
      else await Promise.all(Array.from({ length: 1_000 }, () => call.item(text).then(() => sent++)));
      return "all";
    },
  });
  const yielding = defineTools({ yielding: big });
  world.registry.implement(yielding, {
    yielding: {
      big: async function* () {
        for (; sent < 1_000; sent++) yield text;
        return "all";
      },
    },
  });
  await world.time.settle();
  world.gatewayCarrier.buffered = 10_000_000;
  const leaving = new AbortController();
  const tools = how === "yield" ? world.client.client(yielding).yielding : world.client.client(big);
  const call = tools.big(1, { signal: leaving.signal });
  void readAll(call);
  await world.time.settle();
  return { world, sent: () => sent, result: watch(call.result), leaving };
}

describe.each(["item()", "item(), all at once", "yield"] as const)("a handler that sends items by %s", (how) => {
  it("waits while the socket takes no more, and goes on when it does", async () => {
    const { world, sent, result } = await sending(how);
    expect(sent()).toBeGreaterThan(0);
    expect(sent()).toBeLessThan(20);
    world.gatewayCarrier.drain();
    await world.time.advance(100);
    expect([sent(), result.said]).toEqual([1_000, 'ok: "all"']);
  });

  it("is not left waiting when the call is cancelled meanwhile", async () => {
    const { world, leaving, result } = await sending(how);
    leaving.abort();
    await world.time.settle();
    expect(world.gateway.activeCalls.incoming).toBe(0);
    world.gatewayCarrier.drain();
    await world.time.advance(100);
    expect(result.said).toBe("cancelled, failed");
  });

  it("is not left waiting when the session ends meanwhile", async () => {
    const { world, result, sent } = await sending(how);
    const before = sent();
    await world.client.close();
    await world.time.settle();
    expect(result.said).toBe("cancelled, unknown");
    expect([world.gateway.activeCalls.incoming, sent()]).toEqual([0, before]);
  });
});

describe("a handler that sends items without end", () => {
  it.each<[string, KitHandlers["list"]]>([
    [
      "by item()",
      async (_input, call) => {
        for (;;) await call.item(1);
      },
    ],
    [
      "by yield",
      async function* (): AsyncGenerator<number, string, undefined> {
        for (;;) yield 1;
      },
    ],
  ])("%s stops at the deadline, though it never looks at its signal", async (_how, list) => {
    const world = await kitWorld({ list });
    // What is sent goes nowhere: otherwise no moment is the last one before the deadline.
    world.gatewayCarrier.buffered = 10_000_000;
    const result = watch(world.client.client(kit).list(1, { timeoutMs: 20 }).result);
    await world.time.advance(20);
    expect(world.gateway.activeCalls.incoming).toBe(0);
    world.gatewayCarrier.drain();
    await world.time.advance(100);
    expect(result.said).toBe("deadline_exceeded, failed");
    expect(world.client.activeCalls.outgoing).toBe(0);
  });
});

describe("an iterable", () => {
  it("is told to stop when the call is cancelled, also one that fails at that", async () => {
    let returned = 0;
    const { client, time } = await kitWorld({
      list: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => never(),
          return: () => {
            returned += 1;
            throw new Error("cannot stop");
          },
        }),
      }),
    });
    const leaving = new AbortController();
    const result = watch(client.client(kit).list(1, { signal: leaving.signal }).result);
    await time.settle();
    leaving.abort();
    await time.settle();
    expect([result.said, returned]).toEqual(["cancelled, failed", 1]);
  });

  it("may be anything that can be iterated asynchronously", async () => {
    const { client, time } = await kitWorld({
      list: () => {
        let n = 0;
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.resolve(++n < 3 ? { value: n, done: false } : { value: "two", done: true }),
          }),
        };
      },
    });
    const call = client.client(kit).list(1);
    const items: number[] = [];
    const reading = (async () => {
      for await (const item of call) items.push(item);
    })();
    await time.settle();
    await reading;
    expect(items).toEqual([1, 2]);
    await expect(call.result).resolves.toBe("two");
  });
});

describe("what the contract forbids", () => {
  /** As plain JavaScript might. */
  const wrong: unknown = JSON.parse('"no number"');

  it.each<[string, Partial<KitHandlers>]>([
    [
      "an item that is yielded",
      {
        list: async function* () {
          yield wrong as number;
          return "";
        },
      },
    ],
    [
      "an item that is sent",
      {
        list: async (_input, call) => {
          await call.item(wrong as number);
          return "";
        },
      },
    ],
    [
      "an item that nobody waits for",
      {
        list: (_input, call) => {
          void call.item(wrong as number);
          return "made light of it";
        },
      },
    ],
    [
      "an item whose error is caught",
      {
        list: async (_input, call) => {
          await call.item(wrong as number).catch(() => {});
          return "";
        },
      },
    ],
  ])("ends the call as internal, completed, when it is %s", async (_what, handlers) => {
    const lines: string[] = [];
    const keep = (message: string): void => void lines.push(message);
    const gatewayLog: Logger = { debug: keep, info: keep, warn: keep, error: keep };
    const { client, time } = await kitWorld(handlers, { gatewayLog });
    const result = watch(client.client(kit).list(1).result);
    await time.settle();
    expect(result.said).toBe("internal, completed");
    expect(result.error?.message).not.toContain("number");
    expect(lines).toHaveLength(1);
  });

  it.each([
    ["that is wrong", "no number", z.number()],
    ["that a validator finds wrong later", "no number", z.number().refine(() => Promise.resolve(false))],
    ["where the tool has none", 1, undefined],
  ] as const)("ends the call as internal, completed, when it is progress %s", async (_what, value, progress) => {
    const { client, time, registry } = await kitWorld();
    const tools = defineTools({
      job: tool({
        description: "Works",
        input: z.unknown(),
        effect: "read",
        ...(progress === undefined ? {} : { progress }),
      }),
    });
    registry.implement(tools, {
      job: (_input, call) => {
        // As plain JavaScript might.
        (call as unknown as { progress(value: unknown): void }).progress(value === 1 ? 1 : wrong);
      },
    });
    await time.settle();
    const result = watch(client.call("job", 1));
    await time.settle();
    expect(result.said).toBe("internal, completed");
  });

  it("does not reach a caller whose validator cannot even look at the result: the call took effect", async () => {
    const { client, time, registry } = await kitWorld();
    const failing = z.unknown().refine(() => {
      throw new Error("secret");
    });
    const tools = defineTools({
      job: tool({ description: "Works", input: z.unknown(), output: failing, effect: "once" }),
    });
    registry.implement(tools, { job: () => 1 });
    await time.settle();
    const result = watch(client.call("job", 1));
    await time.settle();
    expect(result.said).toBe("internal, completed");
  });
});

describe("a caller", () => {
  it("that never iterates gets the result, and nobody hears of a rejection that it does not look at", async () => {
    const { client, time } = await kitWorld({
      list: async function* (fails) {
        yield 1;
        if (fails === true) throw new Error("broken");
        return "done";
      },
    });
    client.client(kit).list(true);
    const call = watch(client.client(kit).list(false).result);
    await time.settle();
    expect(call.said).toBe('ok: "done"');
  });

  it("that asks for several items ahead gets each once, and then the end for all", async () => {
    const { client, time } = await kitWorld({
      list: async function* () {
        yield 1;
        return "done";
      },
    });
    const iterator = client.client(kit).list(1)[Symbol.asyncIterator]();
    const asked = [1, 2, 3].map(() => watch(iterator.next()));
    await time.settle();
    const end = 'ok: {"done":true}';
    expect(asked.map(({ said }) => said)).toEqual(['ok: {"done":false,"value":1}', end, end]);
  });

  it("may cancel with a reason, which is the cause of the error", async () => {
    const { client, time } = await kitWorld({
      list: (_input, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
    });
    const call = client.client(kit).list(1);
    const result = watch(call.result);
    await time.settle();
    call.cancel("seen enough");
    await time.settle();
    expect([result.said, result.error?.cause]).toEqual(["cancelled, failed", new Error("seen enough")]);
  });
});
