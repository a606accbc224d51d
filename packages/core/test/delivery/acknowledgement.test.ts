import { describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { kit, never, type KitHandlers } from "../support/kit.ts";
import { open, reset } from "../support/raw.ts";
import { ack, DELIVERING_LIMITS, ping, ResumableGateway, types, type Welcomed } from "./support/raw-resume.ts";

const handlers: KitHandlers = { look: (input) => input, set: () => never(), add: () => never(), list: () => "none" };

interface Bench extends Welcomed {
  readonly gateway: ResumableGateway;
}

/** A raw client of a gateway with the kit, which keeps so much for replay. */
async function bench(replay: number = 1 << 22, limits: Partial<Limits> = {}): Promise<Bench> {
  const gateway = new ResumableGateway({ limits, scopes: ["write"] });
  gateway.side.registry.implement(kit, handlers);
  const line = await gateway.open({ limits: { ...DELIVERING_LIMITS, replay } });
  line.raw.take();
  return { gateway, ...line };
}

/** An OPEN that counts for so many octets. */
function openOf(stream: number, counts: number): ReturnType<typeof open> {
  return open(stream, "set", "x".repeat(counts - 64 - 2));
}

/** A frame that counts, and has no answer. */
const NOTHING_NEW = { type: "offer", mode: 0, tools: [], names: [] } as const;

describe("Counted frames are acknowledged", () => {
  it("2 s after the first one that was not, all that came until then at once, whatever the application does [DELIV-003]", async () => {
    const { gateway, raw } = await bench();
    raw.say(open(1, "set", 1));
    await gateway.time.advance(1_900);
    raw.say(NOTHING_NEW, NOTHING_NEW);
    await gateway.time.advance(99);
    expect(raw.all("ack")).toEqual([]);
    await gateway.time.advance(1);
    expect(raw.only("ack").received).toBe(3);
    raw.say(NOTHING_NEW);
    await gateway.time.advance(2_000);
    expect(raw.all("ack").map(({ received }) => received)).toEqual([3, 4]);
  });

  it("250 ms after the first one that was not, once they make up 4 KiB [DELIV-003]", async () => {
    const { gateway, raw } = await bench();
    raw.say(openOf(1, 4_095));
    await gateway.time.advance(249);
    raw.say(NOTHING_NEW);
    await gateway.time.settle();
    expect(raw.all("ack")).toEqual([]);
    await gateway.time.advance(1);
    expect(raw.only("ack").received).toBe(2);
    raw.say(openOf(3, 4_095));
    await gateway.time.advance(1_000);
    expect(raw.all("ack")).toHaveLength(1);
    raw.say(NOTHING_NEW);
    await gateway.time.settle();
    expect(raw.all("ack").map(({ received }) => received)).toEqual([2, 4]);
  });

  it("250 ms after the first one that was not, where one is a part of a body [DELIV-003]", async () => {
    const { gateway, raw } = await bench();
    raw.say({ ...open(1, "set", "xx"), final: false, more: true });
    await gateway.time.advance(249);
    expect(raw.all("ack")).toEqual([]);
    await gateway.time.advance(1);
    expect(raw.only("ack").received).toBe(1);
  });

  it("with whatever leaves 250 ms after the first one that was not, and not before [DELIV-003]", async () => {
    const { gateway, raw } = await bench();
    raw.say(open(1, "look", 1));
    await gateway.time.advance(249);
    raw.say(open(3, "look", 1));
    await gateway.time.settle();
    expect(types(raw.received)).toEqual(["end", "end"]);
    await gateway.time.advance(1);
    raw.say(open(5, "look", 1));
    await gateway.time.settle();
    expect(types(raw.received)).toEqual(["end", "end", "end", "ack"]);
    expect(raw.only("ack").received).toBe(3);
    await gateway.time.advance(1_999);
    expect(raw.all("ack")).toHaveLength(1);
  });

  it("once, and not again while nothing else comes", async () => {
    const { gateway, raw } = await bench();
    raw.say(open(1, "set", 1));
    await gateway.time.advance(10_000);
    expect(raw.all("ack")).toHaveLength(1);
  });

  it("and nothing else is: PING, PONG and ACK are not counted", async () => {
    const { gateway, raw } = await bench();
    // The gateway has said OFFER.
    raw.say(ping(), { type: "pong", id: 1 }, ack(1));
    await gateway.time.advance(10_000);
    expect(raw.all("ack")).toEqual([]);
    raw.say(open(1, "set", 1));
    await gateway.time.advance(2_000);
    expect(raw.only("ack").received).toBe(1);
  });

  it("at once where they make up a quarter of what the peer has said to keep, 64 octets for each beside its body [DELIV-003]", async () => {
    const { gateway, raw } = await bench(4_096);
    const almost = [openOf(1, 256), openOf(3, 256), openOf(5, 256), openOf(7, 255)];
    raw.say(...almost);
    await gateway.time.settle();
    expect(raw.all("ack")).toEqual([]);
    raw.say(reset(1));
    await gateway.time.settle();
    expect(raw.only("ack").received).toBe(5);
    // And the next quarter is counted from there.
    raw.say(openOf(9, 959));
    await gateway.time.settle();
    expect(raw.all("ack")).toHaveLength(1);
    raw.say(openOf(11, 66));
    await gateway.time.settle();
    expect(raw.all("ack").map(({ received }) => received)).toEqual([5, 7]);
    await gateway.time.advance(1_000);
    expect(raw.all("ack")).toHaveLength(2);
  });

  it("before anything else that waits to be written", async () => {
    const { gateway, raw, near } = await bench(1_024);
    near.blocked = true;
    raw.say(open(1, "look", "x".repeat(500)));
    await gateway.time.settle();
    expect(raw.received).toEqual([]);
    near.drain();
    await gateway.time.settle();
    expect(types(raw.received)).toEqual(["ack", "end"]);
  });
});
