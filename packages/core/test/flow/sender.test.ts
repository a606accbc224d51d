import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, ToolError, type ToolHandlers } from "../../src/index.ts";
import type { Frame } from "../../src/wire/frame.ts";
import type { GatewayUnderTest } from "../support/raw-worlds.ts";
import { never } from "../support/kit.ts";
import { open, reset } from "../support/raw.ts";
import { chargeOf, credit, pacedGateway, WINDOWS } from "./support/paced.ts";

const anything = { input: z.unknown(), output: z.unknown() };

const tools = defineTools({
  items: tool({ description: "Sends items", ...anything, item: z.unknown(), effect: "read" }),
  more: tool({ description: "Sends others", ...anything, item: z.unknown(), progress: z.unknown(), effect: "read" }),
  text: tool({ description: "Gives a text", input: z.number(), output: z.string(), effect: "read" }),
});

const { streamCredit, channelCredit } = WINDOWS;

/** Sends items of these lengths, and then ends. */
const sends = (...lengths: number[]) =>
  async function* () {
    for (const length of lengths) yield "x".repeat(length);
    return "sent";
  };

async function gateway(
  handlers: Partial<ToolHandlers<typeof tools>>,
  options: Parameters<typeof pacedGateway>[0] = {},
  stated: Parameters<typeof pacedGateway>[1] = {},
): Promise<GatewayUnderTest> {
  const under = await pacedGateway(options, stated);
  under.side.registry.implement(tools, { items: never, more: never, text: (size) => "x".repeat(size), ...handlers });
  await under.time.settle();
  under.raw.take();
  return under;
}

const itemsOf = (frames: readonly Frame[]) => frames.filter((frame) => frame.type === "data" && frame.head?.kind === 2);

describe("A sender of items", () => {
  it("sends as many as the credit of their stream covers, and the rest as more is granted", async () => {
    const under = await gateway({ items: sends(...Array.from({ length: 40 }, () => 998)) });
    const frames = await under.say(open(1, "items", 1));
    // 1,062 each.
    expect(itemsOf(frames)).toHaveLength(7);
    expect(itemsOf(await under.say(credit(1, streamCredit + 1_000)))).toHaveLength(1);
    expect(await under.say(credit(1, streamCredit + 1_000))).toEqual([]);
    expect(itemsOf(await under.say(credit(1, 4 * streamCredit)))).toHaveLength(22);
    // The channel's is used up as well.
    expect(itemsOf(await under.say(credit(1, 1 << 20)))).toHaveLength(0);
    const rest = await under.say(credit(0, 1 << 20));
    expect(itemsOf(rest)).toHaveLength(10);
    expect(rest.at(-1)).toMatchObject({ type: "end", code: 0 });
  });

  it("never sends more than was granted, in whatever steps that is", async () => {
    for (const step of [1, 500, 1_100, 3_000]) {
      const under = await gateway({ items: sends(3_000, 0, 0, 20_000, 5, 5, 5, 7_000) });
      let limit = streamCredit;
      const frames = [...(await under.say(open(1, "items", 1)))];
      for (let rounds = 0; rounds < 60_000 / step && frames.at(-1)?.type !== "end"; rounds++) {
        limit += step;
        const before = chargeOf(frames, 1);
        const next = [...(await under.say(credit(1, limit)))];
        frames.push(...next);
        // An item that has begun goes on; its beginning is covered.
        const last = next.findLastIndex((frame) => frame.type === "data" && frame.head !== undefined);
        expect(before + chargeOf(next.slice(0, last + 1), 1)).toBeLessThanOrEqual(last < 0 ? Infinity : limit);
        if (step === 1 && rounds > 50) break;
      }
      if (step > 1) expect(frames.at(-1)).toMatchObject({ type: "end", code: 0, final: true });
      for (const frame of frames) {
        // No silly windows: a frame that is not the last of a body has 1 KiB of it at least.
        if (frame.type === "data" && frame.more) expect(frame.body.length).toBeGreaterThanOrEqual(1_024);
      }
    }
  });

  it("sends none of nothing without credit, but an end of nothing", async () => {
    const nothing = defineTools({
      nothing: tool({ description: "Items of nothing", input: z.unknown(), item: z.undefined(), effect: "read" }),
    });
    const under = await gateway({}, {}, { streamCredit: 1_024 });
    under.side.registry.implement(nothing, {
      nothing: async function* () {
        for (let n = 0; n < 16; n++) yield undefined;
      },
    });
    await under.time.settle();
    const frames = await under.say(open(1, "nothing", 1));
    expect(itemsOf(frames)).toHaveLength(16);
    expect(frames.at(-1)).toMatchObject({ type: "end", body: new Uint8Array(0) });
  });

  it("does not begin a long body with what is left of its credit, which would keep others from being put together", async () => {
    const under = await gateway({ items: sends(4_000, 50_000) });
    // 4,128 are left: less than half of the window and a frame.
    expect(itemsOf(await under.say(open(1, "items", 1)))).toHaveLength(1);
    const frames = await under.say(credit(1, streamCredit + 600));
    expect(itemsOf(frames)).toMatchObject([{ more: true, body: { length: 4_664 } }]);
    // Now that it has begun it goes on.
    expect(chargeOf(frames, 1)).toBe(50_064);
  });

  it("waits with a small item for the window of the channel no longer than that takes, whatever waits before it", async () => {
    const under = await gateway({ items: sends(8_000, 8_000, 8_000, 7_000, 30_000), more: sends(500) });
    await under.say(open(1, "items", 1), credit(1, 1 << 20));
    expect(itemsOf(under.raw.received)).toHaveLength(4);
    const frames = await under.say(open(3, "more", 1));
    expect(itemsOf(frames)).toHaveLength(1);
    expect(frames.at(-1)).toMatchObject({ type: "end", stream: 3 });
  });

  it("goes on with an item that has begun although the window of the channel is used up, and begins no other", async () => {
    const under = await gateway({ items: sends(100_000), more: sends(10) });
    const frames = await under.say(open(1, "items", 1), open(3, "more", 1), credit(1, 1 << 20));
    expect(chargeOf(frames, 1)).toBeGreaterThan(3 * channelCredit);
    expect(chargeOf(frames, 3)).toBe(0);
    expect(chargeOf(await under.say(credit(0, 100_000 + 50)), 3)).toBe(0);
    expect(chargeOf(await under.say(credit(0, 100_064 + 12 + 64)), 3)).toBeGreaterThan(0);
  });
});

describe("A result", () => {
  it("waits for nothing that somebody else reads", async () => {
    const under = await gateway({ items: sends(...Array.from({ length: 100 }, () => 1_000)) });
    await under.say(...[1, 3, 5, 7, 9].flatMap((stream) => [open(stream, "items", 1)]));
    // The channel's window is used up.
    const frames = await under.say(open(11, "text", 6_000));
    expect(frames.at(-1)).toMatchObject({ type: "end", stream: 11 });
    expect(chargeOf(frames, 11)).toBe(6_000);
  });

  it("does not wait behind an item for which there was credit, and is none any more, when its turn to begin comes", async () => {
    const stated = { framePayload: 1_024, assembling: 20_000 };
    const small = Array.from({ length: 8 }, () => 900);
    const under = await gateway({ items: sends(7_000), more: sends(...small) }, {}, stated);
    // Takes up all that the peer puts together at a time, and waits for credit itself.
    await under.say(open(1, "text", 20_000));
    // May not begin yet, although it has credit; which others use up meanwhile.
    await under.say(open(3, "items", 1), ...[5, 7, 9, 11].map((stream) => open(stream, "more", 1)));
    await under.say(open(13, "text", 19_000));
    expect([chargeOf(under.raw.received, 3), chargeOf(under.raw.received, 13)]).toEqual([0, 0]);
    const frames = await under.say(credit(1, 20_000));
    expect(chargeOf(frames, 3)).toBe(0);
    expect(chargeOf(frames, 13)).toBeGreaterThan(streamCredit - 1_024);
    expect(chargeOf(await under.say(credit(0, 2 * channelCredit), credit(13, 19_000)), 3)).toBe(7_064 + 4);
  });

  it("that is longer than its stream's window comes in parts as it is granted", async () => {
    const under = await gateway({});
    const first = [...(await under.say(open(1, "text", 20_000)))];
    expect(chargeOf(first, 1)).toBe(streamCredit);
    expect(first.at(-1)).toMatchObject({ more: true });
    const rest = await under.say(credit(1, 20_000));
    expect(rest.at(-1)).toMatchObject({ more: false, final: true });
    expect(chargeOf(first, 1) + chargeOf(rest, 1)).toBe(20_000);
  });
});

describe("A peer that never grants anything", () => {
  it("has a bounded number of items wait for it", async () => {
    let sent = 0;
    const under = await gateway(
      {
        items: async (_input, call) => {
          for (;;) {
            await call.item("x".repeat(998));
            sent += 1;
          }
        },
      },
      { limits: { unsentItems: 16_384 } },
    );
    await under.say(open(1, "items", 1));
    const before = sent;
    expect(before * 1_062).toBeLessThanOrEqual(streamCredit + 16_384 + 1_062);
    await under.time.advance(10_000);
    expect(sent).toBe(before);
    // It may still cancel; what it has not let come does not come, and the end waits for nothing.
    expect(await under.say(reset(1))).toMatchObject([{ type: "end", stream: 1, code: 1 }]);
    expect(await under.say(credit(1, 1 << 20))).toEqual([]);
  });

  it.each([
    [1, 40, 934, "cancelled"],
    [4, 40, 934, "deadline exceeded"],
    // The first one is half sent.
    [1, 3, 6_000, "cancelled in the midst of an item"],
  ])(
    "hears at once, with code %i, that a call completed whose last items it gives up: of %i with %i octets, %s",
    async (code, count, length) => {
      const under = await gateway({ items: sends(...Array.from({ length: count }, () => length)) });
      const before = await under.say(open(1, "items", 1));
      const frames = await under.say(reset(1, code));
      expect(frames.at(-1)).toMatchObject({ type: "end", stream: 1, code, outcome: 2, more: false });
      expect(itemsOf([...before, ...frames]).length).toBeLessThan(count);
      expect(await under.say(credit(1, 1 << 20), credit(0, 1 << 20))).toEqual([]);
      // There is room for another one.
      expect(await under.say(open(3, "text", 5))).toMatchObject([{ type: "end", stream: 3, code: 0 }]);
    },
  );

  it("hears of a call that it gives up although the items of others have used up the channel's credit", async () => {
    const under = await gateway({ items: sends(...Array.from({ length: 40 }, () => 934)) });
    for (const stream of [1, 3, 5, 7]) await under.say(open(stream, "items", 1));
    expect(itemsOf(await under.say(open(9, "items", 1)))).toEqual([]);
    expect(await under.say(reset(9))).toMatchObject([{ type: "end", stream: 9, code: 1, outcome: 2 }]);
  });

  it("hears that a call went well which it gives up when all of its items are on their way", async () => {
    const under = await gateway({ items: sends(500, 500), text: () => "x".repeat(20_000) });
    const frames = [...(await under.say(open(1, "items", 1))), ...(await under.say(reset(1)))];
    expect(itemsOf(frames)).toHaveLength(2);
    expect(frames.at(-1)).toMatchObject({ type: "end", stream: 1, code: 0 });
    const first = await under.say(open(3, "text", 1), reset(3));
    expect(first).toMatchObject([{ type: "end", stream: 3, code: 0, more: true }]);
    expect(chargeOf([...first, ...(await under.say(credit(3, 1 << 20)))], 3)).toBe(20_000);
  });

  it.each([
    ["whose handler completes later", 7, 0],
    ["whose handler gives others later, and completes", 0, 1],
  ])("hears that items of a call that it gave up are missing, %s [CALL-005]", async (_, before, later) => {
    const done = Promise.withResolvers<string>();
    const under = await gateway({
      items: async (_input, call) => {
        const give = (): void => void call.item("x".repeat(3_000));
        for (let n = 0; n < before; n++) give();
        const value = await done.promise;
        for (let n = 0; n < later; n++) give();
        return value;
      },
    });
    expect(itemsOf(await under.say(open(1, "items", 1)))).toHaveLength(Math.min(before, 2));
    expect(await under.say(reset(1))).toEqual([]);
    done.resolve("done");
    await under.time.settle();
    expect(under.raw.take()).toMatchObject([{ type: "end", stream: 1, code: 1, outcome: 2 }]);
  });

  it("hears of a call that it gave up what its handler says, where that failed [CALL-005]", async () => {
    const done = Promise.withResolvers<void>();
    const under = await gateway({
      items: async (_input, call) => {
        for (let n = 0; n < 7; n++) void call.item("x".repeat(3_000));
        await done.promise;
        throw new ToolError("not_found", "there is no such thing", { outcome: "failed" });
      },
    });
    await under.say(open(1, "items", 1));
    await under.say(reset(1));
    done.resolve();
    await under.time.settle();
    expect(under.raw.take()).toMatchObject([{ type: "end", stream: 1, code: 5, outcome: 1 }]);
  });

  it("is refused further calls once too much waits for it, and hears when to try again [FLOW-010]", async () => {
    const under = await gateway({}, { limits: { unsent: 100_000 } });
    for (let n = 0; n < 4; n++) await under.say(open(2 * n + 1, "text", 40_000));
    // 31,808 of each.
    const frames = await under.say(open(9, "text", 1));
    expect(frames).toMatchObject([{ type: "end", stream: 9, code: 8, outcome: 0, retryAfterMs: 1_000 }]);
    await under.say(credit(1, 1 << 20));
    expect(await under.say(open(11, "text", 1))).toMatchObject([{ type: "end", stream: 11, code: 0 }]);
  });

  it("hears only that a result was there, where four times as much waits for it [FLOW-010]", async () => {
    const gate = Promise.withResolvers<void>();
    const under = await gateway(
      {
        text: async (size) => {
          await gate.promise;
          return "x".repeat(size);
        },
      },
      { limits: { unsent: 50_000 } },
    );
    for (let n = 0; n < 10; n++) await under.say(open(2 * n + 1, "text", 40_000));
    under.raw.take();
    gate.resolve();
    await under.time.settle();
    const ends = under.raw.all("end");
    const kept = ends.filter(({ code }) => code === 0);
    expect(ends).toHaveLength(10);
    // Each keeps 40,000 until its first 8,192 are written.
    expect(kept).toHaveLength(5);
    for (const end of ends) if (end.code !== 0) expect(end).toMatchObject({ code: 8, outcome: 2, more: false });
    expect(under.session.state).toBe("ready");
  });

  it("has one further item of each call wait at most once too much waits for it, and those of a call that is read go on [FLOW-010]", async () => {
    const gate = Promise.withResolvers<void>();
    const sent = new Map<unknown, number>();
    const under = await gateway(
      {
        items: async (input, call) => {
          await gate.promise;
          for (let n = 0; n < 200; n++) {
            sent.set(input, n + 1);
            await call.item("x".repeat(936));
          }
          return "sent";
        },
      },
      { limits: { unsent: 40_000, unsentItems: 16_384 } },
    );
    for (let n = 0; n < 100; n++) under.raw.say(open(2 * n + 1, "items", n));
    await under.time.settle();
    gate.resolve();
    await under.time.settle();
    let written = itemsOf(under.raw.take()).length;
    const waiting = () => [...sent.values()].reduce((sum, count) => sum + count, 0) - written;
    const most = 100 + 40_000 / 936 + 1;
    expect(sent.size).toBe(100);
    expect(waiting()).toBeLessThanOrEqual(most);
    const frames = await under.say(credit(1, 1 << 20), credit(0, 1 << 20));
    written += itemsOf(frames).length;
    expect(sent.get(0)).toBe(200);
    expect(frames.filter(({ type }) => type === "end")).toMatchObject([{ stream: 1, code: 0 }]);
    // The others have no more credit than before.
    expect(waiting()).toBeLessThanOrEqual(most);
    under.raw.take();
    for (let n = 1; n < 100; n++) under.raw.say(credit(2 * n + 1, 1 << 20), credit(0, (n + 1) << 20));
    await under.time.settle();
    expect([...sent.values()].every((count) => count === 200)).toBe(true);
    expect(under.raw.all("end")).toHaveLength(99);
  });

  it("gets no further reports of progress where too much waits for it, but short ones in place of long ones [CALL-008]", async () => {
    const gate = Promise.withResolvers<void>();
    const under = await gateway(
      {
        more: async (input, call) => {
          await gate.promise;
          for (const length of [10_000, 9_000, 12_000]) call.progress(`${String(input)}${"x".repeat(length)}`);
          return never();
        },
      },
      { limits: { unsent: 50_000 } },
    );
    for (let n = 0; n < 50; n++) under.raw.say(open(2 * n + 1, "more", 100 + n));
    await under.time.settle();
    gate.resolve();
    await under.time.settle();
    for (let n = 0; n < 50; n++) under.raw.say(credit(2 * n + 1, 1 << 20));
    await under.time.settle();
    const octetsOf = (stream: number) => chargeOf(under.raw.received, stream);
    const reports = Array.from({ length: 50 }, (_, n) => octetsOf(2 * n + 1)).filter((octets) => octets > 0);
    expect(reports.reduce((sum, octets) => sum + octets, 0)).toBeLessThanOrEqual(62_100);
    expect(new Set(reports)).toEqual(new Set([12_003, 9_003]));
  });

  it("gets a result that is more than that where nothing else waits", async () => {
    const under = await gateway({}, { limits: { unsent: 1_024 } });
    const frames = await under.say(open(1, "text", 20_000));
    expect(frames).toMatchObject([{ type: "end", stream: 1, code: 0, more: true }]);
    expect(await under.say(open(3, "text", 20_000))).toMatchObject([{ type: "end", stream: 3, code: 8, outcome: 0 }]);
    expect((await under.say(credit(1, 1 << 20))).at(-1)).toMatchObject({ type: "data", stream: 1, final: true });
  });

  it("gets its results whatever this side's own calls have still to say", async () => {
    const under = await gateway({}, { limits: { unsent: 10_000 } });
    for (let n = 0; n < 20; n++) under.session.call("theirs", "x".repeat(40_000)).catch(() => {});
    await under.time.settle();
    under.raw.take();
    const frames = await under.say(open(1, "text", 500));
    expect(frames.filter(({ type }) => type === "end")).toMatchObject([{ stream: 1, code: 0, body: { length: 500 } }]);
    under.carrier.cut();
    await under.time.settle();
  });

  it("gets progress with the latest report only, also where none of it leaves", async () => {
    const under = await gateway({
      more: async (_input, call) => {
        await call.item("x".repeat(streamCredit - 66));
        for (let n = 0; n < 1_000; n++) {
          call.progress(n);
          await Promise.resolve();
        }
        return never();
      },
    });
    await under.say(open(1, "more", 1));
    const frames = await under.say(credit(1, 2 * streamCredit));
    expect(frames.map((frame) => frame.type)).toEqual(["data"]);
    expect(chargeOf(frames, 1)).toBe(3);
  });
});

describe("A fast stream", () => {
  it("is not stopped by slow ones", async () => {
    const many = Array.from({ length: 200 }, () => 934);
    const under = await gateway({ items: sends(...many), more: sends(...many) });
    // Two that nobody reads: half of the channel's window.
    await under.say(open(1, "items", 1), open(3, "items", 1));
    let limit = streamCredit;
    let frames = await under.say(open(5, "more", 1));
    let all = 0;
    for (let rounds = 0; rounds < 100 && frames.at(-1)?.type !== "end"; rounds++) {
      all += chargeOf(frames, 5);
      limit = all + streamCredit;
      frames = await under.say(credit(5, limit), credit(0, all + channelCredit));
    }
    expect(frames.at(-1)).toMatchObject({ type: "end", stream: 5, code: 0 });
  });
});

describe("The priority of a call", () => {
  it("says in what share its result is written, and leaves every call something", async () => {
    const under = await gateway({ text: (size) => "x".repeat(size) }, {}, { streamCredit: 1 << 20 });
    under.carrier.blocked = true;
    await under.say(
      open(1, "text", 800_000, { priority: 2 }),
      open(3, "text", 800_000),
      open(5, "text", 800_000, { priority: 0 }),
    );
    under.carrier.drain();
    await under.time.settle();
    const written = { 1: 0, 3: 0, 5: 0 };
    for (const frame of under.raw.received) {
      if (!("body" in frame)) continue;
      if (frame.stream === 1 || frame.stream === 3 || frame.stream === 5) written[frame.stream] += frame.body.length;
      if (written[5] >= 640_000) break;
    }
    expect(written[3] / written[5]).toBeGreaterThan(0.2);
    expect(written[3] / written[5]).toBeLessThan(0.3);
    expect(written[1] / written[5]).toBeGreaterThan(0.03);
    expect(written[1] / written[5]).toBeLessThan(0.1);
  });
});
