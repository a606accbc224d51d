import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type WrappedMessage } from "../../src/index.ts";
import { ClientUnderTest, GatewayUnderTest, MemoryLog } from "../support/raw-worlds.ts";
import { open, valueOf } from "../support/raw.ts";
import { World } from "../support/world.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

describe("a carrier that takes no more", () => {
  it("is given nothing beyond what may lie ahead of the socket", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open({ clientLimits: { handOver: 10_000 } });
    const { send } = carrier;
    carrier.send = (message) => {
      send.call(carrier, message);
      carrier.buffered += (message as Uint8Array).length;
    };
    for (let n = 0; n < 10; n++) session.call("echo", "x".repeat(60_000)).catch(() => {});
    await time.settle();
    expect(carrier.buffered).toBeGreaterThan(10_000);
    expect(carrier.buffered).toBeLessThan(10_000 + 64 * 1024 + 16_384);
    const first = raw.received.length;
    carrier.drain();
    await time.settle();
    expect(raw.received.length).toBeGreaterThan(first);
    raw.carrier.cut();
    await time.settle();
  });

  it("is looked at again when it does not say that it has taken what it held", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open({ reconnects: false });
    carrier.buffered = 1 << 20;
    const call = session.call("echo", 1);
    await time.advance(1_000);
    expect(raw.received).toEqual([]);
    carrier.buffered = 0;
    await time.advance(320);
    expect(raw.only("open").tool).toBe("echo");
    raw.carrier.cut();
    await expect(call).rejects.toMatchObject({ outcome: "unknown" });
  });

  it("is waited for where it is blocked, without a timer", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open({ reconnects: false });
    const timers = time.pendingTimers;
    carrier.blocked = true;
    const leaving = new AbortController();
    const calls = [
      session.call("echo", "given up", { signal: leaving.signal, timeoutMs: Number.POSITIVE_INFINITY }),
      session.call("echo", "stays", { timeoutMs: Number.POSITIVE_INFINITY }),
    ].map((call) => call.catch((error: unknown) => error));
    await time.settle();
    expect(time.pendingTimers).toBe(timers);
    leaving.abort();
    await time.settle();
    expect(await calls[0]).toMatchObject({ code: "cancelled", outcome: "not_started" });
    carrier.drain();
    await time.settle();
    expect(raw.all("open").map(valueOf)).toEqual(["stays"]);
    raw.carrier.cut();
    await time.settle();
    expect(await calls[1]).toMatchObject({ outcome: "unknown" });
  });

  it("gets the last word all the same, and the session ends", async () => {
    for (const how of ["blocked", "buffered"] as const) {
      const world = await World.ready({ shared: true });
      if (how === "blocked") world.clientCarrier.blocked = true;
      else world.clientCarrier.buffered = 1 << 24;
      const closing = world.client.close("enough");
      await world.time.settle();
      await closing;
      expect(world.client.state).toBe("closed");
      expect(await world.gateway.closed).toMatchObject({ message: "enough" });
      expect(world.time.pendingTimers).toBe(0);
    }
  });
});

describe("what leaves together", () => {
  it("is one message for the little that one event-loop turn has to say, in order", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open();
    const before = carrier.sent.length;
    for (let n = 0; n < 31; n++) session.call("echo", n).catch(() => {});
    await time.settle();
    expect(carrier.sent).toHaveLength(before + 1);
    expect(raw.all("open").map(valueOf)).toEqual(Array.from({ length: 31 }, (_, n) => n));
    raw.carrier.cut();
    await time.settle();
  });

  it("is several messages where headers are long, so that none is longer than sockets take", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open();
    const before = carrier.sent.length;
    const meta = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`name-${n}`, "x".repeat(400)]));
    for (let n = 0; n < 32; n++) session.call("echo", n, { meta }).catch(() => {});
    await time.settle();
    expect(raw.all("open")).toHaveLength(32);
    for (const message of carrier.sent.slice(before)) expect((message as Uint8Array).length).toBeLessThan(80 * 1024);
    raw.carrier.cut();
    await time.settle();
  });

  it("takes turns frame by frame, so that a small call does not wait behind a large one", async () => {
    const { raw, time, session } = await ClientUnderTest.open();
    session.call("echo", "x".repeat(200_000)).catch(() => {});
    session.call("echo", "small").catch(() => {});
    await time.settle();
    expect(raw.received.slice(0, 3).map((frame) => [frame.type, "stream" in frame && frame.stream])).toEqual([
      ["open", 1],
      ["open", 3],
      ["data", 1],
    ]);
    raw.carrier.cut();
    await time.settle();
  });
});

describe("a fault of this side's own", () => {
  it("costs the session it happens in, tells the peer, and nobody else", async () => {
    const log = new MemoryLog();
    const { raw, time, session, carrier, side } = await GatewayUnderTest.open({ gatewayLog: log });
    side.registry.implement(tools, { echo: (input) => input });
    await time.settle();
    const running = session.call("client.tool", 1).catch((error: unknown) => error);
    await time.settle();
    raw.take();
    const control = side.latest.control;
    const { pump } = control;
    control.pump = () => {
      throw new Error("a bug");
    };
    raw.say(open(1, "echo", 1));
    await time.settle();
    control.pump = pump;
    expect(raw.only("goaway")).toMatchObject({ code: 13, message: "this side has a fault, which its log tells of" });
    expect(carrier.closedWith?.code).toBe(1011);
    expect(session.state).toBe("closed");
    expect(await running).toMatchObject({ code: "internal", outcome: "unknown" });
    expect(log.lines.some(({ message }) => message.includes("could not be handled; the session ends"))).toBe(true);
    expect(JSON.stringify(raw.received)).not.toContain("a bug");
    expect(time.pendingTimers).toBe(0);
  });

  it("in a message that cannot be read costs no more", async () => {
    const log = new MemoryLog();
    const { raw, time, session, carrier } = await GatewayUnderTest.open({ carriage: "wrapped", gatewayLog: log });
    raw.say({ type: "ping", id: 1 });
    await time.settle();
    // No JSON is like this: it stands for whatever else may go wrong inside.
    const header = new Proxy([1], {
      get: () => {
        throw new Error("a bug");
      },
    });
    const [version, tag, sequence] = (raw.carrier.sent.at(-1) as WrappedMessage).turnmux;
    expect(() =>
      carrier.arrive({ turnmux: [version, tag, Number(sequence) + 1, [0x22, 0, 0, header, null]] }),
    ).not.toThrow();
    await time.settle();
    expect(raw.only("goaway").code).toBe(13);
    expect(log.lines).toMatchObject([{ message: "turnmux: a message could not be read; the session ends" }]);
    expect(session.state).toBe("closed");
    expect(carrier.hostReceived).toEqual([]);
  });

  it("in a frame that cannot be written costs no more", async () => {
    const log = new MemoryLog();
    const { raw, time, session, side } = await GatewayUnderTest.open({ gatewayLog: log });
    side.registry.implement(tools, { echo: (input) => input });
    await time.settle();
    raw.take();
    // What only plain JavaScript can do: a revision that is no text.
    const registered = side.registry.get("echo");
    Object.assign(registered?.offer ?? {}, { revision: 7 });
    side.registry.implement(defineTools({ more: tools.echo }), { more: (input) => input });
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "goaway", code: 13 }]);
    expect(log.lines).toMatchObject([{ message: "turnmux: a frame could not be written; the session ends" }]);
    expect(session.state).toBe("closed");
  });
});

describe("code that acts on an event", () => {
  it("may end the session: what came behind it does not start, and nobody hears of the end before that code is done", async () => {
    const world = await World.ready();
    const order: unknown[] = [];
    world.client.implement(tools, {
      echo: (input) => {
        order.push(input);
        if (input !== "one") return input;
        void world.client.close();
        order.push("one goes on");
        return input;
      },
    });
    world.client.addEventListener("state", ({ detail }) => order.push(detail.state));
    await world.time.settle();
    const calls = ["one", "two"].map((input) => world.gateway.call("echo", input).catch((error: unknown) => error));
    await world.time.settle();
    expect(order).toEqual(["one", "one goes on", "closed"]);
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ code: "unavailable", outcome: "unknown" });
    expect(world.time.pendingTimers).toBe(0);
  });
});
