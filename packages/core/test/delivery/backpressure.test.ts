import { describe, expect, it } from "vitest";
import { kit, never, watch, type KitHandlers } from "../support/kit.ts";
import { offer, open, RAW_LIMITS, valueOf } from "../support/raw.ts";
import type { DataFrame, EndFrame, Frame } from "../../src/wire/frame.ts";
import { ack, ResumableGateway, types, type Welcomed } from "./support/raw-resume.ts";

const LARGE = "y".repeat(3_000);

const handlers: KitHandlers = {
  look: (input) => (input === "large" ? LARGE : input),
  set: () => never(),
  add: (input) => input,
  list: async (count, { item }) => {
    for (let n = 0; n < Number(count); n++) await item(n);
    return "listed";
  },
};

interface Bench extends Welcomed {
  readonly gateway: ResumableGateway;
  /** Counted frames that have come since it was asked last. */
  news(): Promise<Frame[]>;
  /** Acknowledges what has come, but for so many. */
  acknowledge(but?: number): void;
}

const limits = { ...RAW_LIMITS, framePayload: 1_024, replay: 1 << 20 };

/** A raw client that acknowledges nothing of itself, and a gateway that keeps 1,024 octets. */
async function bench(): Promise<Bench> {
  const gateway = new ResumableGateway({ limits: { replay: 1_024 } });
  gateway.side.registry.implement(kit, handlers);
  const line = await gateway.open({ limits }, offer("help"));
  const { raw } = line;
  let count = 0;
  const news = async (): Promise<Frame[]> => {
    await gateway.time.settle();
    const frames = raw.take().filter(({ type }) => !["ack", "ping", "pong", "welcome"].includes(type));
    count += frames.length;
    return frames;
  };
  const acknowledge = (but = 0): void => raw.say(ack(count - but));
  await news();
  // The OFFER came before, with the WELCOME, and was taken with it.
  count = 1;
  acknowledge();
  return { gateway, ...line, news, acknowledge };
}

/** Lets a call fill what the gateway may keep. */
async function fill({ raw, news }: Bench): Promise<Frame[]> {
  raw.say(open(1, "list", 40));
  const frames = await news();
  expect(frames.length).toBeLessThan(20);
  expect(await news()).toEqual([]);
  return frames;
}

function values(frames: readonly Frame[]): unknown[] {
  return frames
    .filter((frame): frame is DataFrame | EndFrame => frame.type === "data" || frame.type === "end")
    .map((frame) => valueOf({ content: frame.type === "end" ? frame.content : 1, body: frame.body }));
}

const ITEMS = [...Array.from({ length: 40 }, (_, n) => n), "listed"];

describe("A side whose peer does not acknowledge", () => {
  it("writes items until it keeps as much as it may, and goes on behind each ACK; none is lost", async () => {
    const b = await bench();
    const all = await fill(b);
    for (let rounds = 0; rounds < 60 && all.at(-1)?.type !== "end"; rounds++) {
      b.acknowledge(2);
      const more = await b.news();
      expect(more.length).toBeGreaterThan(0);
      all.push(...more);
    }
    expect(values(all)).toEqual(ITEMS);
  });

  it("keeps no more than its limit and the frame that crossed it [DELIV-004]", async () => {
    const b = await bench();
    const frames = await fill(b);
    const octets = frames.map((frame) => 64 + ("body" in frame ? frame.body.length : 0));
    const kept = octets.reduce((sum, one) => sum + one, 0);
    expect(kept).toBeGreaterThanOrEqual(1_024);
    expect(kept - (octets.at(-1) ?? 0)).toBeLessThan(1_024);
  });

  it("writes the first ACCEPT of further calls all the same, and the first frame of their END, but not what goes on with a body", async () => {
    const b = await bench();
    await fill(b);
    b.raw.say(open(3, "set", 1), open(5, "look", "short"), open(7, "look", "large"));
    const frames = await b.news();
    expect(types(frames.filter((frame) => "stream" in frame && frame.stream === 3))).toEqual(["accept"]);
    const short = frames.filter((frame) => "stream" in frame && frame.stream === 5);
    expect(values(short)).toEqual(["short"]);
    const large = frames.filter((frame) => "stream" in frame && frame.stream === 7);
    expect(large).toMatchObject([{ type: "end", more: true }]);
    b.acknowledge();
    const rest: Frame[] = [];
    for (let rounds = 0; rounds < 20; rounds++) {
      rest.push(...(await b.news()));
      b.acknowledge();
    }
    const result = [...large, ...rest]
      .filter((frame): frame is EndFrame | DataFrame => "stream" in frame && frame.stream === 7 && "body" in frame)
      .map(({ body }) => new TextDecoder().decode(body))
      .join("");
    expect(result).toBe(LARGE);
  });

  it("opens no calls of its own, and writes RESET for those that it has opened", async () => {
    const b = await bench();
    const { session } = b.gateway.side.latest;
    const leaving = new AbortController();
    const before = watch(session.call("help", 1, { signal: leaving.signal }));
    expect(types(await b.news())).toEqual(["open"]);
    b.acknowledge();
    await fill(b);
    const later = watch(session.call("help", 2));
    leaving.abort();
    expect(types(await b.news())).toEqual(["reset"]);
    b.acknowledge();
    expect(types(await b.news())).toContain("open");
    expect([before.said, later.said]).toEqual(["pending", "pending"]);
  });

  it("settles a call that waits for room and is cancelled, or whose deadline is over, as not started", async () => {
    const b = await bench();
    await fill(b);
    const { session } = b.gateway.side.latest;
    const leaving = new AbortController();
    const cancelled = watch(session.call("help", 1, { signal: leaving.signal }));
    const expired = watch(session.call("help", 2, { timeoutMs: 100 }));
    await b.news();
    leaving.abort();
    await b.gateway.time.advance(100);
    expect([cancelled.said, expired.said]).toEqual(["cancelled, not_started", "deadline_exceeded, not_started"]);
    b.acknowledge();
    expect(types(await b.news())).not.toContain("open");
  });

  it("still waits after a resume, sends the kept frames again, and loses none", async () => {
    const b = await bench();
    const frames = await fill(b);
    await b.gateway.cut(b);
    // The first five of them have arrived, behind the OFFER.
    const line = await b.gateway.resume(b.welcome, 1 + 5, {}, { limits });
    const all = frames.slice(0, 5);
    for (let rounds = 0; rounds < 60 && all.at(-1)?.type !== "end"; rounds++) {
      all.push(...line.raw.take().filter(({ type }) => ["accept", "data", "end"].includes(type)));
      line.raw.say(ack(1 + all.length));
      await b.gateway.time.settle();
    }
    expect(values(all)).toEqual(ITEMS);
  });
});
