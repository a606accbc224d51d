import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Limits } from "../../src/index.ts";
import { CREDIT, DELIVERY } from "../../src/limits.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { Application, tools as exchanged, type View } from "../delivery/support/exchange.ts";
import { ack, DELIVERING_LIMITS, ResumableGateway, type Welcomed } from "../delivery/support/raw-resume.ts";
import { ShakyWorld, type ShakyOptions } from "../delivery/support/shaky-world.ts";
import { accept, cont, data, octets, offer, open } from "../support/raw.ts";
import { chargeOf, credit, granted, WINDOWS } from "./support/paced.ts";

const tools = defineTools({
  items: tool({ description: "Sends items", input: z.number(), item: z.string(), output: z.string(), effect: "read" }),
  text: tool({ description: "Gives a text", input: z.number(), output: z.string(), effect: "read" }),
});

const theirs = defineTools({
  feed: tool({ description: "Sends items", input: z.unknown(), item: z.string(), output: z.unknown(), effect: "read" }),
});

const { streamCredit, channelCredit } = WINDOWS;
const AGREED = { features: [DELIVERY, CREDIT], limits: { ...DELIVERING_LIMITS, ...WINDOWS } };

interface Bench extends Welcomed {
  readonly gateway: ResumableGateway;
}

async function bench(limits: Partial<Limits> = {}): Promise<Bench> {
  const gateway = new ResumableGateway({ limits: { ...WINDOWS, ...limits } });
  gateway.side.registry.implement(tools, {
    items: async function* (count) {
      for (let n = 0; n < count; n++) yield "x".repeat(936);
      return "sent";
    },
    text: (size) => "x".repeat(size),
  });
  const line = await gateway.open(AGREED, offer("feed"));
  line.raw.take();
  return { gateway, ...line };
}

const counted = (frames: readonly Frame[]) =>
  frames.filter(({ type }) => ["accept", "data", "end", "offer"].includes(type)).length;

describe("A session that is resumed with its credit half used", () => {
  it("counts nothing of what is sent again: the same limit still holds", async () => {
    const { gateway, ...line } = await bench();
    const first = [...(await gateway.say(line, open(1, "items", 40)))];
    // 1,000 each.
    expect(chargeOf(first, 1)).toBe(8_000);
    await gateway.cut(line);
    // Three of them, and all that came before, had arrived.
    const had = 1 + counted(first) - 5;
    const again = await gateway.resume(line.welcome, had, {}, AGREED);
    expect(chargeOf(again.raw.received, 1)).toBe(5_000);
    expect(chargeOf(await gateway.say(again, ack(had + 5)), 1)).toBe(0);
    expect(chargeOf(await gateway.say(again, credit(1, 12_000)), 1)).toBe(4_000);
  });

  it("says again what it has granted, and nothing where that is what was stated", async () => {
    const { gateway, ...line } = await bench();
    const { session } = gateway.side.latest;
    const calls = [session.client(theirs).feed(1), session.client(theirs).feed(2)];
    const iterators = calls.map((call) => call[Symbol.asyncIterator]());
    await gateway.time.settle();
    const item = (stream: number) => data(stream, 2, "x".repeat(934));
    await gateway.say(line, accept(2), accept(4), ...Array.from({ length: 8 }, () => item(2)), item(4));
    line.raw.take();
    for (let n = 0; n < 8; n++) await iterators[0]?.next();
    await gateway.time.settle();
    const before = line.raw.take();
    const limit = granted(before, 2).at(-1);
    expect(limit).toBeGreaterThanOrEqual(streamCredit + 4_000);
    expect(granted(before, 0)).toEqual([]);
    await gateway.cut(line);
    const again = await gateway.resume(line.welcome, 3, {}, AGREED);
    // All that came free by now, which may not have been worth a CREDIT of its own before.
    expect(granted(again.raw.received, 2)).toEqual([streamCredit + 8_000]);
    expect(granted(again.raw.received, 4)).toEqual([]);
    expect(granted(again.raw.received, 0)).toEqual([]);
  });

  it("says the window of the channel again, where that was raised", async () => {
    const { gateway, ...line } = await bench();
    const call = gateway.side.latest.session.client(theirs).feed(1);
    const iterator = call[Symbol.asyncIterator]();
    await gateway.time.settle();
    await gateway.say(line, accept(2));
    for (let n = 1; n <= 9; n++) {
      await gateway.say(line, data(2, 2, "x".repeat(934)));
      await iterator.next();
    }
    await gateway.time.settle();
    await gateway.cut(line);
    const again = await gateway.resume(line.welcome, 2, {}, AGREED);
    expect(granted(again.raw.received, 0)).toEqual([channelCredit + 9_000]);
  });

  it("grants what came free while it had no connection", async () => {
    const { gateway, ...line } = await bench();
    const call = gateway.side.latest.session.client(theirs).feed(1);
    const iterator = call[Symbol.asyncIterator]();
    await gateway.time.settle();
    const items = Array.from({ length: 8 }, () => data(2, 2, "x".repeat(934)));
    await gateway.say(line, accept(2), ...items);
    await gateway.cut(line);
    for (let n = 0; n < 8; n++) await iterator.next();
    const again = await gateway.resume(line.welcome, 2, {}, AGREED);
    expect(granted(again.raw.received, 2)).toEqual([streamCredit + 8_000]);
  });
});

describe("Bulk that is not acknowledged", () => {
  it("has a limit, beyond which small bodies still leave, and goes on with the next ACK [FLOW-009]", async () => {
    const { gateway, ...line } = await bench({ bulkInFlight: 64 * 1024 });
    await gateway.say(line, open(1, "text", 400_000), credit(1, 1 << 20));
    const frames = line.raw.take();
    const written = chargeOf(frames, 1);
    expect(written).toBeGreaterThanOrEqual(60_000);
    // The frame that crossed it is written.
    expect(written).toBeLessThanOrEqual(64 * 1024 + 16_384);
    const small = [...(await gateway.say(line, open(3, "text", 100)))];
    expect(small.at(-1)).toMatchObject({ type: "end", stream: 3 });
    expect(chargeOf(small, 1)).toBe(0);
    const more = await gateway.say(line, ack(1 + counted(frames) + counted(small)));
    expect(chargeOf(more, 1)).toBeGreaterThanOrEqual(60_000);
    expect(chargeOf(more, 1)).toBeLessThanOrEqual(64 * 1024 + 16_384);
  });

  it("may be a body that fits into one frame, and of which short credit makes two", async () => {
    const { gateway, ...line } = await bench({ bulkInFlight: 1_024 });
    const frames = [...(await gateway.say(line, open(1, "text", 10_000), open(3, "text", 10_000)))];
    expect([chargeOf(frames, 1), chargeOf(frames, 3)]).toEqual([streamCredit, 0]);
    line.raw.take();
    const more = await gateway.say(line, ack(1 + counted(frames)));
    expect(chargeOf(more, 3)).toBe(streamCredit);
  });

  it("does not keep a call from being cancelled, and told of", async () => {
    const { gateway, ...line } = await bench({ bulkInFlight: 1_024 });
    gateway.side.latest.session.client(theirs);
    const leaving = new AbortController();
    const call = gateway.side.latest.session.call("feed", "x".repeat(100_000), { signal: leaving.signal });
    const ended = call.catch((error: unknown) => error);
    await gateway.time.settle();
    const before = line.raw.take();
    expect(before).toMatchObject([{ type: "open", more: true }]);
    leaving.abort();
    await gateway.time.settle();
    expect(line.raw.received).toMatchObject([{ type: "reset", stream: 2 }]);
    line.raw.say({
      type: "end",
      stream: 2,
      more: false,
      final: true,
      code: 1,
      content: 0,
      body: octets(""),
      outcome: 0,
    });
    await gateway.time.settle();
    expect(await ended).toMatchObject({ code: "cancelled", outcome: "not_started" });
  });
});

describe("Items of a call that was given up, which its reader has not read", () => {
  it("are dropped where they are too many, and all that follow, so that no gap is read", async () => {
    const { gateway, ...line } = await bench();
    const leaving = new AbortController();
    const call = gateway.side.latest.session.client(theirs).feed(1, { signal: leaving.signal });
    const iterator = call[Symbol.asyncIterator]();
    await gateway.time.settle();
    const items = (from: number, to: number): Frame[] =>
      Array.from({ length: to - from }, (_, n) => data(2, 2, String(from + n).padEnd(934)));
    await gateway.say(line, accept(2), ...items(0, 8));
    leaving.abort();
    await gateway.say(line, ...items(8, 12));
    const read: number[] = [];
    const next = async (): Promise<void> => {
      const { done, value } = await iterator.next();
      if (done !== true) read.push(Number(value));
    };
    for (let n = 0; n < 4; n++) await next();
    await gateway.say(line, ...items(12, 14), {
      type: "end",
      stream: 2,
      more: false,
      final: true,
      code: 0,
      content: 0,
      body: octets(""),
    });
    for (let n = 4; n < 8; n++) await next();
    await expect(next()).rejects.toMatchObject({ code: "cancelled", outcome: "completed" });
    expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("CREDIT and ACK", () => {
  it("leave together: who waits for one of them may wait for the other as well", async () => {
    const { gateway, ...line } = await bench({ message: 1 << 20 });
    const part = octets("x".repeat(4_000));
    const frames = await gateway.say(line, open(1, "text", null, { more: true, body: part }));
    expect(frames.map(({ type }) => type)).toEqual(["credit", "ack"]);
    expect(await gateway.say(line, cont(1, octets("x"), false))).toEqual([]);
  });

  it("leave although so much is kept for a replay that nothing else does", async () => {
    const { gateway, ...line } = await bench({ replay: 2_048 });
    await gateway.say(
      line,
      open(1, "text", 100_000),
      open(3, "text", 2_000),
      open(5, "text", 2_000),
      open(7, "text", 1),
    );
    const stuck = line.raw.take();
    expect(stuck.filter((frame) => frame.type === "end" && frame.stream === 7)).toEqual([]);
    const frames = await gateway.say(line, open(9, "text", null, { more: true, body: octets("x".repeat(4_000)) }));
    expect(granted(frames, 9)).toEqual([streamCredit + 4_000]);
    expect(frames.filter(({ type }) => type !== "credit" && type !== "ack")).toEqual([]);
  });

  it("are due for 128 KiB at the latest, however much the peer keeps", async () => {
    const { gateway, ...line } = await bench({ streamCredit: 1 << 20, framePayload: 1 << 20 });
    const half = octets("x".repeat(64 * 1024 - 64));
    expect(await gateway.say(line, open(1, "text", null, { more: true, body: half }))).toEqual([]);
    expect(await gateway.say(line, cont(1, half, false))).toMatchObject([{ type: "ack" }]);
  });
});

/** Each test makes many runs, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

/** Every item waits for credit, and so does most of every body; bodies are cut, and items wait for room. */
const LITTLE: Partial<Limits> = {
  framePayload: 1_024,
  unsentItems: 1_024,
  streamCredit: 1_024,
  channelCredit: 1_024,
  bulkInFlight: 2_048,
  heartbeatMs: 1_000,
  cancelVerdictMs: 600_000,
};

/** Both sides exercise each other at the same time, to the end. Gives what their applications saw. */
async function exchange(limits: Partial<Limits>, fault?: ShakyOptions["fault"]) {
  const world = new ShakyWorld({ limits, clientLimits: limits, ...(fault === undefined ? {} : { fault }) });
  const [atClient, atGateway] = [new Application(), new Application()];
  const { session } = world.clientSide;
  world.gatewaySide.registry.implement(exchanged, atGateway.handlers);
  session.implement(exchanged, atClient.handlers);
  await world.pass(500);
  world.watch();
  const both = [atClient.exercise(session, atGateway), atGateway.exercise(world.gatewaySide.latest.session, atClient)];
  await world.until(Promise.all(both));
  const views: readonly View[] = [atClient.view, atGateway.view];
  return { views, frames: { ...world.frames }, faults: world.faults };
}

describe("An exchange in both directions with hardly any credit", { timeout: PATIENCE_MS }, () => {
  it("looks to both applications as one with as much as they want", async () => {
    const [little, much] = [
      await exchange(LITTLE),
      await exchange({ ...LITTLE, streamCredit: 1 << 20, channelCredit: 1 << 20 }),
    ];
    expect(little.views).toEqual(much.views);
  });

  it.each(["client", "gateway"] as const)(
    "looks the same where it is cut at a frame of the %s, once or again and again",
    async (from) => {
      const uncut = await exchange(LITTLE);
      for (let frame = 1; frame <= uncut.frames[from]; frame += 6) {
        const cut = await exchange(LITTLE, (sender, nth) =>
          sender === from && nth === frame ? "before it arrives" : undefined,
        );
        expect([cut.views, cut.faults], `cut at frame ${frame}`).toEqual([uncut.views, 1]);
      }
      for (const every of [7, 12, 23]) {
        const cut = await exchange(LITTLE, (sender, _nth, onChannel) =>
          sender === from && onChannel === every ? "when it has arrived" : undefined,
        );
        expect(cut.views, `cut at every frame ${every}`).toEqual(uncut.views);
        expect(cut.faults).toBeGreaterThan(1);
      }
    },
  );
});
