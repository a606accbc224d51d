import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { LOCAL_UNREAD_ITEMS, type Limits } from "../../src/limits.ts";
import { kit, watch } from "../support/kit.ts";
import { LocalWorld } from "../support/local-world.ts";
import { World } from "../support/world.ts";
import { PeerPair, type OwnCall, type ServedCall } from "./support/peers.ts";

const SMALL: Partial<Limits> = { streamCredit: 8_192, channelCredit: 65_536, unsentItems: 16_384 };

/** Has a handler send as many items as there is room for. Gives how many that were. */
function flood(pair: PeerPair, call: ServedCall, length: number): number {
  let sent = 0;
  for (let idle = 0; idle < 3; ) {
    pair.run();
    if (!call.room) idle += 1;
    else {
      pair.gateway.item(call, length);
      sent += 1;
    }
  }
  return sent;
}

function opened(pair: PeerPair, callId: string): { own: OwnCall; served: ServedCall } {
  const own = pair.client.open(callId, 10);
  pair.run();
  const served = pair.gateway.served.get(callId);
  if (served === undefined) throw new Error("the call did not arrive");
  return { own, served };
}

describe("A slow reader of a fast stream", () => {
  it.each([0, 100, 3_000, 20_000])("has a bounded number of octets held at both ends, with items of %d", (length) => {
    const pair = new PeerPair(SMALL);
    const { own, served } = opened(pair, "c");
    for (let reads = 0; reads < 50; reads++) {
      flood(pair, served, length);
      const most = Math.max(8_192, length + 8_192);
      expect(pair.client.peer.heldOctets).toBeLessThanOrEqual(most);
      expect(pair.gateway.peer.heldOctets).toBeLessThanOrEqual(16_384 + length + 64);
      expect(own.unread.length).toBeGreaterThan(0);
      pair.client.consume(own);
    }
    expect(own.items).toBeGreaterThan(49);
  });

  it("does not slow down another stream", () => {
    const pair = new PeerPair(SMALL);
    const slow = [1, 2, 3, 4, 5, 6].map((n) => opened(pair, `slow ${n}`));
    for (const { served } of slow) flood(pair, served, 1_000);
    const fast = opened(pair, "fast");
    for (let n = 0; n < 500; n++) {
      pair.gateway.item(fast.served, 1_000);
      pair.run();
      pair.client.consume(fast.own);
    }
    expect(fast.own.items).toBe(500);
    expect(pair.client.peer.heldOctets).toBeLessThanOrEqual(65_536);
  });

  it("gets its result when it has read the items, and holds nothing then", () => {
    const pair = new PeerPair(SMALL);
    const { own, served } = opened(pair, "c");
    flood(pair, served, 1_000);
    pair.gateway.end(served, 30_000);
    pair.run();
    expect(own.ending).toBeUndefined();
    for (let n = 0; n < 100 && own.unread.length > 0; n++) {
      pair.client.consume(own);
      pair.run();
    }
    expect(own.ending?.ok).toBe(true);
    expect([pair.client.peer.heldOctets, pair.gateway.peer.heldOctets]).toEqual([0, 0]);
  });

  it("that calls another tool for each item gets its results, also large ones, while items wait", () => {
    const pair = new PeerPair({ ...SMALL, message: 30_000, assembling: 31_000 });
    const { own, served } = opened(pair, "c");
    for (let n = 0; n < 10; n++) {
      flood(pair, served, 25_000);
      const nested = opened(pair, `nested ${n}`);
      pair.gateway.end(nested.served, 30_000);
      pair.run();
      expect(nested.own.ending?.ok).toBe(true);
      pair.client.consume(own);
    }
  });
});

describe("A loop over items", () => {
  it("that takes one after the other lets a handler send without end, which is never far ahead of it", async () => {
    const tools = defineTools({
      tail: tool({ description: "Follows", input: z.null(), item: z.string(), effect: "read" }),
    });
    const world = await World.ready({
      clientLimits: { streamCredit: 8_192 },
      limits: { unsentItems: 4_096 },
    });
    let sent = 0;
    world.registry.implement(tools, {
      tail: async function* () {
        for (;;) {
          sent += 1;
          yield "x".repeat(936);
        }
      },
    });
    await world.time.settle();
    const items = world.client.client(tools).tail(null)[Symbol.asyncIterator]();
    for (let read = 1; read <= 100; read++) {
      const next = watch(items.next());
      await world.time.settle();
      expect(next.said).toMatch(/^ok/);
      expect((sent - read) * 1_000).toBeLessThanOrEqual(8_192 + 4_096 + 2_000);
    }
    await items.return?.();
    await world.time.settle();
    expect(world.gateway.activeCalls.incoming).toBe(0);
  });
});

describe("In one process", () => {
  it("a handler waits while too many of its items are unread, goes on when some were read, and loses none", async () => {
    let sent = 0;
    const world = new LocalWorld({
      list: async (_input, call) => {
        for (; sent < 1_000; sent++) await call.item(sent);
        return "sent";
      },
    });
    const call = world.client.client(kit).list(1);
    const result = watch(call.result);
    await world.time.settle();
    expect(sent).toBeGreaterThan(LOCAL_UNREAD_ITEMS / 2);
    expect(sent).toBeLessThanOrEqual(LOCAL_UNREAD_ITEMS);
    const items = call[Symbol.asyncIterator]();
    const before = sent;
    await items.next();
    await world.time.settle();
    expect(sent).toBe(before);
    for (let n = 1; n < 200; n++) expect((await items.next()).value).toBe(n);
    await world.time.settle();
    expect(sent).toBeGreaterThan(before);
    expect(sent).toBeLessThanOrEqual(200 + LOCAL_UNREAD_ITEMS);
    const rest = (async () => {
      let expected = 200;
      for await (const item of call) expect(item).toBe(expected++);
      return expected;
    })();
    await world.time.settle();
    expect(await rest).toBe(1_000);
    expect(result.said).toBe('ok: "sent"');
  });

  it.each(["cancelled", "left", "closed"])(
    "a handler that waits for that is not left waiting when the call is %s",
    async (how) => {
      let ended = false;
      const world = new LocalWorld({
        list: async (_input, call) => {
          try {
            for (;;) await call.item(1);
          } finally {
            ended = true;
          }
        },
      });
      const leaving = new AbortController();
      const call = world.client.client(kit).list(1, { signal: leaving.signal });
      const result = watch(call.result);
      await world.time.settle();
      if (how === "cancelled") leaving.abort();
      else if (how === "left") await call[Symbol.asyncIterator]().return?.();
      else void world.client.close();
      await world.time.settle();
      expect(ended).toBe(true);
      expect(result.said).toMatch(/^cancelled, /);
      expect(world.gateway.activeCalls.incoming).toBe(0);
    },
  );
});
