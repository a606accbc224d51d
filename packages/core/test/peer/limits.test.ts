import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, ToolError } from "../../src/index.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { accept, cont, data, octets, offer, ok, open, RAW_LIMITS, valueOf, type RawEnd } from "../support/raw.ts";
import { World, type WorldOptions } from "../support/world.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
  hang: tool({ description: "Never ends", input: z.unknown(), output: z.unknown(), effect: "read" }),
  blow: tool({ description: "Makes much", input: z.number(), output: z.unknown(), effect: "idempotent" }),
  drip: tool({
    description: "Sends items",
    input: z.array(z.number()),
    item: z.unknown(),
    progress: z.unknown(),
    output: z.unknown(),
    effect: "read",
  }),
});

const handlers = {
  echo: (input: unknown) => input,
  hang: () => new Promise(() => {}),
  blow: (size: number) => "x".repeat(size),
  drip: async function* (sizes: number[]) {
    for (const size of sizes) yield "x".repeat(size);
  },
};

async function gateway(limits: WorldOptions["limits"] = {}) {
  const under = await GatewayUnderTest.open({ limits });
  const { raw, time, side, session, carrier } = under;
  side.registry.implement(tools, handlers);
  await time.settle();
  raw.take();
  const say = async (...frames: Parameters<RawEnd["say"]>): Promise<void> => {
    raw.take();
    raw.say(...frames);
    await time.settle();
  };
  return { raw, time, side, session, carrier, say };
}

describe("the limit of streams", () => {
  it("refuses a call beyond it with a time to try again, and the channel lives on [STREAM-007]", async () => {
    const { raw, session, say } = await gateway({ streams: 2 });
    await say(open(1, "hang", 1), open(3, "hang", 1), open(5, "echo", 1), open(7, "echo", 1));
    expect(raw.all("end")).toMatchObject([
      { stream: 5, code: 8, outcome: 0, retryAfterMs: 1_000 },
      { stream: 7, code: 8, outcome: 0 },
    ]);
    expect(session.state).toBe("ready");
    expect(session.activeCalls.incoming).toBe(2);
  });

  it("counts a stream until its END is written", async () => {
    const { raw, say } = await gateway({ streams: 1 });
    for (let i = 0; i < 5; i++) {
      await say(open(2 * i + 1, "echo", i));
      expect(valueOf(raw.only("end"))).toBe(i);
    }
  });

  it("ends the session of one who opens streams and does not read [STREAM-010]", async () => {
    const under = await GatewayUnderTest.open({ limits: { streams: 4 } });
    const { raw, time, session, carrier } = under;
    carrier.buffered = 1 << 24;
    for (let i = 0; i < 200; i++) raw.say(open(2 * i + 1, "echo", i));
    await time.settle();
    expect(session.state).toBe("closed");
    expect(raw.received).toMatchObject([{ type: "goaway", requirement: "STREAM-010", code: 8 }]);
    expect(carrier.closedWith?.code).toBe(1009);
  });
});

describe("the limits of messages", () => {
  it("refuse arguments that grow too large as soon as that is known, and keep nothing of the rest [STREAM-008]", async () => {
    const { raw, session, say } = await gateway({ message: 4_096 });
    await say(open(1, "echo", null, { more: true, body: new Uint8Array(4_000) }));
    expect(raw.received).toEqual([]);
    await say(cont(1, new Uint8Array(97), false));
    expect(raw.received).toMatchObject([{ type: "end", stream: 1, code: 8, outcome: 0 }]);
    for (let i = 0; i < 50; i++) await say(cont(1, new Uint8Array(4_000), false));
    await say(cont(1, new Uint8Array(1), true), open(3, "echo", "next"));
    expect(raw.received).toMatchObject([{ type: "end", stream: 3, code: 0 }]);
    expect(session.state).toBe("ready");
  });

  it("refuse arguments that are too large in one frame [STREAM-008]", async () => {
    const { raw, say } = await gateway({ message: 1_024 });
    await say(open(1, "echo", "x".repeat(2_000)));
    expect(raw.received).toMatchObject([{ type: "end", stream: 1, code: 8, outcome: 0 }]);
  });

  it("hold for all bodies of a session together [STREAM-008]", async () => {
    const { raw, say } = await gateway({ assembling: 10_000, message: 8_000 });
    const part = (stream: number) => open(stream, "echo", null, { more: true, body: octets(`"${"x".repeat(3_999)}`) });
    await say(part(1), part(3), part(5));
    // 4,000 each: the third one is too much.
    expect(raw.received).toMatchObject([{ type: "end", stream: 5, code: 8, outcome: 0 }]);
    await say(cont(1, octets('"'), true));
    expect(raw.received).toMatchObject([{ type: "end", stream: 1, code: 0 }]);
    // There is room again for as much as that.
    await say(part(7), { type: "reset", stream: 3, code: 1 });
    expect(raw.received).toMatchObject([{ type: "end", stream: 3, code: 1, outcome: 0 }]);
    await say(part(9));
    expect(raw.received).toEqual([]);
  });

  it("end a call whose result is too large as completed, whichever side finds out [STREAM-008]", async () => {
    const sender = await World.ready({ clientLimits: { message: 1_024 } });
    sender.registry.implement(tools, handlers);
    const call = sender.client.call("blow", 2_000).catch((error: unknown) => error);
    await sender.time.settle();
    expect(await call).toMatchObject({ code: "resource_exhausted", outcome: "completed", retryable: false });
    expect(sender.client.state).toBe("ready");

    const { raw, time, session } = await ClientUnderTest.open({ clientLimits: { message: 1_024 } });
    const found = session.call("blow", 1).catch((error: unknown) => error);
    await time.settle();
    raw.say(ok(1, "x".repeat(600), { more: true }), cont(1, octets("x".repeat(600)), false));
    raw.say(cont(1, octets("x".repeat(600)), true));
    await time.settle();
    expect(await found).toMatchObject({ code: "resource_exhausted", outcome: "completed" });
    expect(session.state).toBe("ready");
  });

  it("end a call whose arguments are too large before anything is sent", async () => {
    const world = await World.ready({ limits: { message: 1_024 } });
    const sent = world.clientCarrier.sent.length;
    await expect(world.client.call("echo", "x".repeat(2_000))).rejects.toMatchObject({
      code: "resource_exhausted",
      outcome: "not_started",
      retryable: false,
    });
    await world.time.settle();
    expect(world.clientCarrier.sent).toHaveLength(sent);
  });

  it("let go of unfinished arguments with their RESET, not only when the answer is written", async () => {
    const { raw, time, carrier, say } = await gateway({ assembling: 10_000, message: 8_000 });
    const part = (stream: number) => open(stream, "echo", null, { more: true, body: octets(`"${"x".repeat(3_999)}`) });
    carrier.buffered = 1 << 24;
    await say(part(1), part(3), { type: "reset", stream: 3, code: 1 }, part(5));
    await say(cont(1, octets('"'), true), cont(5, octets('"'), true));
    carrier.drain();
    await time.settle();
    expect(raw.all("end").map(({ stream, code }) => [stream, code])).toEqual([
      [3, 1],
      [1, 0],
      [5, 0],
    ]);
  });

  it("hold for arguments that the peer could never assemble, though one message of that size were fine", async () => {
    const world = await World.ready({ limits: { message: 100_000, assembling: 50_000 } });
    const sent = world.clientCarrier.sent.length;
    const call = world.client.call("echo", "x".repeat(60_000)).catch((error: unknown) => error);
    await world.time.settle();
    expect(world.clientCarrier.sent).toHaveLength(sent);
    expect(await call).toMatchObject({ code: "resource_exhausted", outcome: "not_started" });
  });

  it("hold up nobody behind a body that was due and was given up", async () => {
    for (const how of ["cancelled", "over"] as const) {
      const { raw, time, session, carrier } = await ClientUnderTest.open(
        { reconnects: false },
        { limits: { ...RAW_LIMITS, message: 70_000, assembling: 70_000 } },
      );
      const leaving = new AbortController();
      const { send } = carrier;
      // Each message fills the carrier, and the first body fills the first message: then it is the second one's turn.
      carrier.send = (message) => {
        send.call(carrier, message);
        carrier.buffered = 1 << 20;
      };
      const call = (tool: string, options: object = {}) =>
        session.call(tool, "x".repeat(65_400), options).catch((error: unknown) => error);
      const calls = [call("one"), call("two", { signal: leaving.signal, timeoutMs: 5 }), call("three")];
      await time.settle();
      expect(raw.received.map((frame) => frame.type)).toEqual(["open", "data", "data", "data"]);
      if (how === "cancelled") leaving.abort();
      else time.now += 10;
      for (let i = 0; i < 10; i++) {
        carrier.drain();
        await time.settle();
      }
      expect(raw.all("open").map((frame) => frame.tool)).toEqual(["one", "three"]);
      raw.carrier.cut();
      await Promise.all(calls);
    }
  });

  it("are kept to in order: a large body is not held up for ever by smaller ones that come later", async () => {
    const { raw, time, session } = await ClientUnderTest.open(
      { reconnects: false },
      { limits: { ...RAW_LIMITS, message: 100_000, assembling: 100_000 } },
    );
    const calls = [60_000, 61_000, 30_000].map((size) =>
      session.call(`size.${size}`, "x".repeat(size)).catch(() => {}),
    );
    await time.settle();
    expect(raw.all("open").map((frame) => frame.tool)).toEqual(["size.60000", "size.61000", "size.30000"]);
    raw.carrier.cut();
    await Promise.all(calls);
  });

  it("are kept to by the sender of items: one that is too large ends its call, and not the session", async () => {
    const world = await World.ready({ clientLimits: { message: 1_024 } });
    world.registry.implement(tools, handlers);
    const call = world.client.client(tools).drip([10, 20, 5_000, 30]);
    const items: unknown[] = [];
    const reading = (async () => {
      for await (const item of call) items.push(item);
    })().catch((error: unknown) => error);
    await world.time.settle();
    expect(await reading).toMatchObject({ code: "resource_exhausted", outcome: "failed" });
    expect(items).toEqual(["x".repeat(10), "x".repeat(20)]);
    expect(world.client.state).toBe("ready");
  });

  it("are kept to by the sender of progress: a report that is too large is left out", async () => {
    const world = await World.ready({ clientLimits: { message: 1_024 } });
    const go = Promise.withResolvers<string>();
    world.registry.implement(tools, {
      ...handlers,
      drip: (_sizes, call) => {
        call.progress("small");
        call.progress("x".repeat(5_000));
        return go.promise;
      },
    });
    const reports: unknown[] = [];
    const call = world.client.client(tools).drip([], { onProgress: (report) => reports.push(report) });
    await world.time.settle();
    go.resolve("done");
    await world.time.settle();
    expect(await call.result).toBe("done");
    expect(reports).toEqual(["small"]);
  });

  it("make an item or a report beyond them a protocol error [LIMIT-001]", async () => {
    for (const kind of [1, 2]) {
      const { raw, time, session } = await ClientUnderTest.open({ clientLimits: { message: 1_024 } });
      const call = session.call("drip", 1).catch((error: unknown) => error);
      await time.settle();
      raw.take();
      raw.say(accept(1), data(1, kind, "x".repeat(2_000)));
      await time.settle();
      expect(raw.only("goaway").requirement).toBe("LIMIT-001");
      expect(await call).toMatchObject({ outcome: "unknown" });
    }
  });

  it("end the session as soon as an item or a report has grown beyond them, although it goes on [LIMIT-001]", async () => {
    for (const kind of [1, 2]) {
      const { raw, time, session } = await ClientUnderTest.open({ clientLimits: { message: 1_024 } });
      const call = session.call("drip", 1).catch((error: unknown) => error);
      await time.settle();
      raw.say(accept(1), data(1, kind, "x".repeat(600), { more: true }));
      await time.settle();
      raw.take();
      raw.say(cont(1, octets("x".repeat(600)), false));
      await time.settle();
      expect(raw.only("goaway").requirement).toBe("LIMIT-001");
      expect(await call).toMatchObject({ outcome: "unknown" });
    }
  });

  it("are kept to for all bodies together: what the peer could not assemble waits", async () => {
    const world = await World.ready({
      limits: { assembling: 100_000, message: 60_000 },
      clientLimits: { assembling: 100_000, message: 60_000 },
    });
    world.registry.implement(tools, handlers);
    // 20 times 50,000 octets each way, and small calls beside them.
    const large = Array.from({ length: 20 }, (_, i) => world.client.call("echo", String(i).padEnd(50_000, "x")));
    const small = Array.from({ length: 20 }, (_, i) => world.client.call("echo", i));
    await world.time.settle();
    expect(await Promise.all(large)).toEqual(large.map((_, i) => String(i).padEnd(50_000, "x")));
    expect(await Promise.all(small)).toEqual(small.map((_, i) => i));
  });

  it("leave nothing waiting for a body that was given up", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open(
      {},
      { limits: { ...RAW_LIMITS, message: 200_000, assembling: 200_000 } },
    );
    const { send } = carrier;
    carrier.send = (message) => {
      send.call(carrier, message);
      carrier.buffered = 1 << 20;
    };
    const leaving = [new AbortController(), new AbortController()] as const;
    const calls = [leaving[0], leaving[1], undefined].map((controller) =>
      session.call("echo", "x".repeat(150_000), { signal: controller?.signal }).catch((error: unknown) => error),
    );
    await time.settle();
    // One is under way, and two wait for it. One of these is given up, and then the one under way.
    leaving[1].abort();
    leaving[0].abort();
    for (let i = 0; i < 20; i++) {
      carrier.drain();
      await time.settle();
    }
    expect(raw.all("open").map((frame) => frame.stream)).toEqual([1, 3]);
    expect(raw.all("reset").map((frame) => frame.stream)).toEqual([1]);
    expect(await calls[1]).toMatchObject({ code: "cancelled", outcome: "not_started" });
    raw.say(ok(3, "third"));
    await time.settle();
    expect(await calls[2]).toBe("third");
  });
});

describe("short frames", () => {
  it("carry everything, though it takes more of them", async () => {
    const world = await World.ready({ limits: { framePayload: 1_024 }, clientLimits: { framePayload: 1_024 } });
    world.registry.implement(tools, {
      ...handlers,
      blow: () => {
        throw new Error("x".repeat(5_000));
      },
    });
    world.client.implement(tools, handlers);
    await world.time.settle();
    const text = "é".repeat(20_000);
    const results = [world.client.call("echo", text), world.gateway.call("echo", { deep: text })];
    const failing = world.client.call("blow", "x".repeat(3_000)).catch((error: unknown) => error);
    await world.time.settle();
    expect(await Promise.all(results)).toEqual([text, { deep: text }]);
    expect(await failing).toMatchObject({ code: "invalid_argument" });
    await world.client.close("é".repeat(3_000));
    await world.time.settle();
    const end = await world.gateway.closed;
    expect(end).toMatchObject({ cause: "goaway" });
    expect(end.message.length).toBeLessThan(500);
  });

  it("have sentences cut off that leave no room for the rest", async () => {
    const world = await World.ready({ clientLimits: { framePayload: 1_024 } });
    world.registry.implement(tools, {
      ...handlers,
      hang: (_input, call) => {
        call.waiting("for a person ".repeat(500));
        return new Promise((_resolve, reject) => {
          call.signal.addEventListener("abort", () => reject(new ToolError("aborted", "é".repeat(4_000))));
        });
      },
    });
    const leaving = new AbortController();
    const reasons: (string | undefined)[] = [];
    const call = world.client
      .call("hang", null, { signal: leaving.signal, onAccept: ({ reason }) => reasons.push(reason) })
      .catch((error: unknown) => error);
    await world.time.settle();
    leaving.abort();
    await world.time.settle();
    expect(reasons.at(-1)).toMatch(/^for a person .*…$/);
    expect(await call).toMatchObject({ code: "aborted", message: expect.stringMatching(/é+…/) });
    expect(world.client.state).toBe("ready");
  });
});

describe("the limits of names and extras", () => {
  it("let a peer offer as many tools as the limit, in several frames, and no more [LIMIT-002]", async () => {
    const { raw, session, say } = await gateway({ offeredTools: 100 });
    await say(offer(...Array.from({ length: 60 }, (_, i) => `tool.${i}`)));
    await say({ ...offer(...Array.from({ length: 40 }, (_, i) => `more.${i}`)), mode: 1 });
    expect(session.offers.size).toBe(100);
    await say({ ...offer("more.1"), mode: 1 }, { type: "offer", mode: 2, tools: [], names: ["tool.1", "unheard-of"] });
    expect(session.offers.size).toBe(99);
    await say({ ...offer("tool_1", "one.too.many"), mode: 1 });
    expect(raw.only("goaway")).toMatchObject({ requirement: "LIMIT-002", code: 8 });
  });

  it("let a call have as many entries in meta as the limit [LIMIT-003]", async () => {
    const meta = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
    const { raw, say } = await gateway();
    await say(open(1, "echo", 1, { meta: meta(32) }));
    expect(raw.only("end").code).toBe(0);
    const { raw: other, say: sayOther } = await gateway({ metaEntries: 4 });
    await sayOther(open(1, "echo", 1, { meta: meta(5) }));
    expect(other.only("goaway")).toMatchObject({ requirement: "LIMIT-003", code: 8 });
  });

  it("end the session of one who asks for PONGs and does not read them [LIMIT-004]", async () => {
    const { raw, time, session, carrier } = await GatewayUnderTest.open();
    carrier.buffered = 1 << 24;
    for (let id = 0; id < 64; id++) raw.say({ type: "ping", id });
    await time.settle();
    expect(session.state).toBe("ready");
    raw.say({ type: "ping", id: 64 });
    await time.settle();
    expect(raw.only("goaway").requirement).toBe("LIMIT-004");
  });
});
