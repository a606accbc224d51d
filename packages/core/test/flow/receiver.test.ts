import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Limits, type Session } from "../../src/index.ts";
import { watch, type Watched } from "../support/kit.ts";
import type { ClientUnderTest } from "../support/raw-worlds.ts";
import { accept, cont, data, octets, offer, ok, open } from "../support/raw.ts";
import { credit, granted, pacedClient, pacedGateway, WINDOWS } from "./support/paced.ts";

const tools = defineTools({
  items: tool({
    description: "Sends items",
    input: z.unknown(),
    item: z.unknown(),
    output: z.unknown(),
    effect: "read",
  }),
});

const ITEM = 2;
const PROGRESS = 1;
const { streamCredit, channelCredit } = WINDOWS;

interface Reading {
  readonly under: ClientUnderTest;
  readonly session: Session;
  readonly result: Watched;
  /** Takes the next items, of which so many are there. */
  readonly read: (count: number) => Promise<unknown[]>;
  readonly leave: () => Promise<void>;
  readonly say: ClientUnderTest["say"];
}

/** A client that has called a tool with items, on stream 1, and reads them when a test says so. */
async function reading(limits: Partial<Limits> = {}): Promise<Reading> {
  const under = await pacedClient(limits);
  const call = under.session.client(tools).items(1);
  const iterator = call[Symbol.asyncIterator]();
  await under.time.settle();
  await under.say(accept(1));
  return {
    under,
    session: under.session,
    result: watch(call.result),
    read: async (count) => {
      const items: unknown[] = [];
      for (let n = 0; n < count; n++) items.push((await iterator.next()).value);
      await under.time.settle();
      return items;
    },
    leave: async () => {
      await iterator.return?.();
      await under.time.settle();
    },
    say: (...frames) => under.say(...frames),
  };
}

/** An item whose body has so many octets. */
const item = (length: number, stream = 1) => data(stream, ITEM, null, { body: octets(`"${"x".repeat(length - 2)}"`) });

describe("A receiver of items", () => {
  it("grants no more while nobody reads, and more once half of the window was read", async () => {
    const { say, read, under } = await reading();
    // 1,064 each with what an item counts beside its octets.
    expect(await say(...Array.from({ length: 7 }, () => item(1_000)))).toEqual([]);
    await read(3);
    expect(under.raw.received).toEqual([]);
    await read(1);
    expect(granted(under.raw.received, 1)).toEqual([streamCredit + 4 * 1_064]);
    await read(3);
    expect(granted(under.raw.received, 1)).toHaveLength(1);
  });

  it("ends the session of one who sends beyond the credit of a stream [FLOW-003]", async () => {
    const { say, session } = await reading();
    await say(...Array.from({ length: 7 }, () => item(1_000)));
    // 744 are left.
    expect(await say(item(680))).toEqual([]);
    expect(await say(item(2))).toMatchObject([{ type: "goaway", code: 8, requirement: "FLOW-003" }]);
    expect(session.state).toBe("closed");
  });

  it("ends the session of one who floods it with items of nothing [FLOW-003]", async () => {
    const { say } = await reading();
    const nothing = data(1, ITEM, null, { head: { kind: ITEM, content: 0 }, body: new Uint8Array(0) });
    expect(await say(...Array.from({ length: streamCredit / 64 }, () => nothing))).toEqual([]);
    expect(await say(nothing)).toMatchObject([{ type: "goaway", requirement: "FLOW-003" }]);
  });

  it("takes all of an item that has begun, however long it is, and returns none of it before it is read", async () => {
    const { say, read, under, session } = await reading();
    const part = { ...cont(1, octets("x".repeat(4_000)), true), more: true, final: false };
    expect(await say({ ...item(2), body: octets(`"${"x".repeat(3_999)}`), more: true })).toEqual([]);
    for (let n = 0; n < 10; n++) expect(await say(part)).toEqual([]);
    expect(await say({ ...part, body: octets('"'), more: false })).toEqual([]);
    await read(1);
    expect(granted(under.raw.received, 1)).toEqual([streamCredit + 44_065]);
    expect(session.state).toBe("ready");
  });

  it("ends the session of one who begins an item behind one that was longer than its credit", async () => {
    const { say } = await reading();
    const begun = { ...item(2), body: octets(`"${"x".repeat(8_000)}`), more: true };
    expect(await say(begun, { ...cont(1, octets(`${"x".repeat(500)}"`), true), final: false })).toEqual([]);
    expect(await say(item(2))).toMatchObject([{ type: "goaway", requirement: "FLOW-003" }]);
  });

  it("goes on granting to a result that has begun where as much as its sender may begin with is unread", async () => {
    const { say } = await reading();
    // It has 4,764 at hand then, a little more than what lets a long body begin.
    await say(item(3_000), item(300));
    let sent = 3_428;
    let limit: number = streamCredit;
    for (let n = 0; n < 40; n++) {
      const body = octets("x".repeat(Math.min(1_000, limit - sent)));
      sent += body.length;
      const frames = await say(n === 0 ? { ...ok(1, ""), body, more: true, final: false } : cont(1, body, false));
      limit = granted(frames, 1).at(-1) ?? limit;
      // Otherwise it would wait for somebody to read, and keep others from sending large bodies meanwhile.
      expect(limit - sent).toBeGreaterThan(0);
    }
    expect(sent).toBeGreaterThan(4 * streamCredit);
  });

  it("takes progress without anybody's help", async () => {
    const { say, session } = await reading();
    for (let n = 0; n < 40; n++) {
      const frames = await say(data(1, PROGRESS, "x".repeat(2_000)));
      expect(session.state).toBe("ready");
      if (n % 2 === 1) expect(granted(frames, 1)).toHaveLength(1);
      expect(granted(frames, 0)).toEqual([]);
    }
  });

  it("keeps of a message no more than the octets of the items that wait in it", async () => {
    const { say, read } = await reading();
    const bytes = data(1, ITEM, null, { head: { kind: ITEM, content: 4 }, body: Uint8Array.of(7) });
    await say(bytes, data(1, PROGRESS, "x".repeat(6_000)), bytes);
    const items = (await read(2)) as Uint8Array[];
    expect(items).toEqual([bytes.body, bytes.body]);
    for (const { buffer } of items) expect(buffer.byteLength).toBeLessThan(100);
  });

  it("hears the end behind items that it has not read, and reads them then", async () => {
    const { say, read, result, session } = await reading();
    await say(item(1_000), item(1_000), ok(1, "done"));
    expect(result.said).toBe('ok: "done"');
    expect(session.activeCalls.outgoing).toBe(0);
    expect(await read(2)).toHaveLength(2);
    expect(await read(1)).toEqual([undefined]);
  });

  it("drops a CREDIT for a stream that is over", async () => {
    const { say, session } = await reading();
    await say(ok(1, "done"));
    expect(await say(credit(1, 1 << 20))).toEqual([]);
    expect(session.state).toBe("ready");
  });
});

describe("A loop over items that is left", () => {
  it("lets go of what it has not read, and of what still comes, so that the end does", async () => {
    const { say, leave, result, under } = await reading();
    await say(...Array.from({ length: 7 }, () => item(1_000)));
    under.raw.take();
    await leave();
    expect(under.raw.received.map(({ type }) => type).toSorted()).toEqual(["credit", "reset"]);
    expect(granted(under.raw.received, 1)).toEqual([streamCredit + 7 * 1_064]);
    // It still holds nothing of what comes.
    const frames = await say(...Array.from({ length: 7 }, () => item(1_000)));
    expect(granted(frames, 1)).toEqual([streamCredit + 14 * 1_064]);
    expect(granted(frames, 0)).toEqual([channelCredit + 14 * 1_064]);
    await say(ok(1, "stopped"));
    expect(result.said).toBe('ok: "stopped"');
  });

  it("lets go of them as well where the call is cancelled, and holds no more than a window of what it did not read", async () => {
    const under = await pacedClient();
    const leaving = new AbortController();
    const call = under.session.client(tools).items(1, { signal: leaving.signal });
    const result = watch(call.result);
    await under.time.settle();
    await under.say(accept(1), ...Array.from({ length: 4 }, () => item(1_000)));
    leaving.abort();
    await under.time.settle();
    for (let n = 0; n < 50; n++) await under.say(...Array.from({ length: 4 }, () => item(1_000)));
    await under.say(ok(1, "all the same"));
    expect(result.said).toBe('ok: "all the same"');
    // What was dropped is not passed over in silence.
    const items: unknown[] = [];
    const read = watch(
      (async () => {
        for await (const one of call) items.push(one);
      })(),
    );
    await under.time.settle();
    expect(items.length * 1_064).toBeLessThanOrEqual(streamCredit);
    expect(items.length).toBeGreaterThanOrEqual(4);
    expect(read.said).toBe("cancelled, completed");
  });
});

describe("The window of the channel", () => {
  /** A client with calls on streams 1, 3, 5 and so on, which nobody reads. */
  async function crowd(calls: number, limits: Partial<Limits> = {}): Promise<ClientUnderTest> {
    const under = await pacedClient(limits);
    const api = under.session.client(tools);
    for (let n = 0; n < calls; n++) void api.items(n);
    await under.time.settle();
    await under.say(...Array.from({ length: calls }, (_, n) => accept(2 * n + 1)));
    under.raw.take();
    return under;
  }

  it("holds what all streams together wait to be read for, and no more [FLOW-003]", async () => {
    const under = await crowd(6);
    // 8,064 on each of four streams, so that 512 are left.
    for (const stream of [1, 3, 5, 7]) expect(await under.say(item(8_000, stream))).toEqual([]);
    expect(await under.say(item(448, 9))).toEqual([]);
    expect(await under.say(item(2, 11))).toMatchObject([{ type: "goaway", requirement: "FLOW-003", code: 8 }]);
  });

  it("does not count results, progress and arguments, which need nobody to read them", async () => {
    const under = await crowd(6);
    for (const stream of [1, 3, 5, 7]) await under.say(item(8_000, stream));
    await under.say(data(9, PROGRESS, "x".repeat(6_000)), open(2, "none", "x".repeat(6_000)));
    expect(await under.say(ok(11, "x".repeat(6_000)))).not.toMatchObject([{ type: "goaway" }]);
    expect(under.session.activeCalls.outgoing).toBe(5);
  });

  it("is covered by an item that has begun, however long that is", async () => {
    const under = await crowd(1);
    await under.say({ ...item(2), body: octets(`"${"x".repeat(4_000)}`), more: true });
    for (let sent = 4_065; sent < 2 * channelCredit; sent += 4_000) {
      expect(await under.say({ ...cont(1, octets("x".repeat(4_000)), false) })).toEqual([]);
    }
    expect(under.session.state).toBe("ready");
  });

  it("ends the session of one who begins many items with little, and goes on with all of them [FLOW-003]", async () => {
    const calls = 20;
    const under = await crowd(calls, { message: 30_000 });
    const begin = (stream: number) => ({ ...item(2, stream), body: octets('"'), more: true });
    for (let n = 0; n < calls; n++) expect(await under.say(begin(2 * n + 1))).toEqual([]);
    let taken = 0;
    const told: unknown[] = [];
    for (let stream = 1; stream < 2 * calls && told.length === 0; stream += 2) {
      const last = { ...cont(stream, octets(`${"x".repeat(9_000)}"`), true), final: false };
      told.push(...(await under.say(cont(stream, octets("x".repeat(10_000)), false), last)));
      taken += 19_002;
    }
    expect(told).toMatchObject([{ type: "goaway", requirement: "FLOW-003", code: 8 }]);
    // One item more than the window, and the one that was too much.
    expect(taken).toBeLessThan(channelCredit + 30_000 + 19_002);
  });

  it("is given back when a stream is over, also by those that nobody will ever read", async () => {
    const under = await crowd(40);
    let limit: number = channelCredit;
    for (let n = 0; n < 40; n++) {
      const frames = await under.say(item(5_000, 2 * n + 1), ok(2 * n + 1, "over"));
      limit = granted(frames, 0).at(-1) ?? limit;
      expect(under.session.state).toBe("ready");
    }
    expect(limit).toBeGreaterThan(5 * channelCredit);
  });

  it("is given back when a call is given up while an item of its is under way", async () => {
    const under = await pacedClient();
    const leaving = new AbortController();
    const call = under.session.client(tools).items(1, { signal: leaving.signal });
    const result = watch(call.result);
    await under.time.settle();
    await under.say(accept(1), { ...item(2), body: octets(`"${"x".repeat(8_000)}`), more: true });
    under.raw.take();
    leaving.abort();
    await under.time.settle();
    await under.say({ ...cont(1, octets('"'), true), final: false }, ok(1, "over"));
    expect(result.said).toBe('ok: "over"');
    // All of the window is there.
    const next = under.session.client(tools).items(1);
    const items = watch(next.result);
    await under.time.settle();
    expect(await under.say(accept(3), item(8_000, 3), ok(3, 1))).toBeDefined();
    expect(items.said).toBe("ok: 1");
  });
});

describe("A receiver of arguments", () => {
  it("grants more as they arrive, and none behind the last of them", async () => {
    const under = await pacedGateway();
    under.side.registry.implement(
      defineTools({
        size: tool({ description: "Tells the size", input: z.string(), output: z.number(), effect: "read" }),
      }),
      { size: (text) => text.length },
    );
    await under.time.settle();
    const part = octets("x".repeat(4_000));
    const limits: number[] = [];
    limits.push(
      ...granted(await under.say(open(1, "size", null, { more: true, body: octets(`"${"x".repeat(3_999)}`) })), 1),
    );
    for (let n = 0; n < 8; n++) limits.push(...granted(await under.say(cont(1, part, false)), 1));
    // Each is half a window at least.
    for (const [n, limit] of limits.entries()) expect(limit - (limits[n - 1] ?? streamCredit)).toBeGreaterThan(3_800);
    const frames = await under.say(cont(1, octets(`${"x".repeat(7_000)}"`), true));
    expect(frames.map(({ type }) => type)).toEqual(["end"]);
  });

  it("gives back what it drops of arguments that were refused half way", async () => {
    const under = await pacedGateway({ limits: { message: 6_000 } });
    // Nothing can be said at present, so that the client goes on.
    under.carrier.blocked = true;
    let limit: number = streamCredit;
    await under.say(open(1, "none", null, { more: true, body: octets("x".repeat(4_000)) }));
    for (let sent = 4_000; sent < 60_000; sent += 4_000) {
      expect(sent + 4_000).toBeLessThanOrEqual(limit);
      under.carrier.blocked = true;
      await under.say(cont(1, octets("x".repeat(4_000)), false));
      expect(under.session.state).toBe("ready");
      // The carrier takes the grant; END is written with it, and what still comes is late.
      under.carrier.drain();
      await under.time.settle();
      limit = granted(under.raw.received, 1).at(-1) ?? limit;
      if (under.raw.all("end").length > 0) break;
    }
    expect(under.raw.only("end")).toMatchObject({ stream: 1, code: 8, outcome: 0 });
    for (let n = 0; n < 5; n++) expect(await under.say(cont(1, octets("x".repeat(4_000)), false))).toEqual([]);
    expect(await under.say(cont(1, octets("x"), true), open(3, "none", 1))).toMatchObject([{ type: "end", stream: 3 }]);
  });
});

describe("CREDIT", () => {
  it("leaves before bodies, and waits for no body that waits", async () => {
    const { say, read, under } = await reading();
    under.side.session.implement(
      defineTools({ much: tool({ description: "Much", input: z.unknown(), output: z.string(), effect: "read" }) }),
      { much: () => "x".repeat(100_000) },
    );
    await under.time.settle();
    await say(...Array.from({ length: 7 }, () => item(1_000)), open(2, "much", 1));
    under.raw.take();
    under.carrier.blocked = true;
    await read(4);
    await say(credit(2, 1 << 20));
    under.carrier.drain();
    await under.time.settle();
    const [first, ...rest] = under.raw.take();
    expect(first).toMatchObject({ type: "credit", stream: 1 });
    expect(rest.filter(({ type }) => type === "data").length).toBeGreaterThan(3);
  });

  it("is not caused by small calls", async () => {
    const { under, say } = await reading();
    under.side.session.implement(
      defineTools({ echo: tool({ description: "Echo", input: z.unknown(), output: z.unknown(), effect: "read" }) }),
      { echo: (input) => input },
    );
    await under.time.settle();
    await say(offer("echo"));
    for (let n = 1; n <= 100; n++) {
      const frames = await say(open(2 * n, "echo", "x".repeat(500)));
      expect(frames.map(({ type }) => type)).toEqual(["end"]);
    }
  });
});
