import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type WrappedMessage } from "../../src/index.ts";
import { binaryCarriage, ZERO_TAG } from "../../src/wire/carriage.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { open, type RawEnd } from "../support/raw.ts";
import { World } from "../support/world.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
  count: tool({
    description: "Counts",
    input: z.number(),
    item: z.unknown(),
    output: z.string(),
    progress: z.unknown(),
    effect: "read",
  }),
});

const values = [
  null,
  true,
  -1.5,
  "text with \u0000 and 𝄞",
  [],
  {},
  { deep: [{ er: "x".repeat(40_000) }] },
  Uint8Array.of(0, 1, 254, 255),
  { octets: new Uint8Array(50_000).fill(0xc1), and: "text" },
];

describe.each(["binary", "text", "wrapped"] as const)("%s carriage", (carriage) => {
  describe.each([true, false])("on a carrier that is a host's: %s", (shared) => {
    it("carries every kind of value there and back", async () => {
      const world = await World.ready({ carriage, shared });
      world.registry.implement(tools, {
        echo: (input) => input,
        count: () => "",
      });
      const results = values.map((value) => world.client.call("echo", value));
      await world.time.settle();
      expect(await Promise.all(results)).toEqual(values);
    });

    it("carries calls from the gateway, items, progress and errors", async () => {
      const world = await World.ready({ carriage, shared });
      world.client.implement(tools, {
        echo: () => {
          throw new Error("no");
        },
        count: async (to, call) => {
          for (let i = 0; i < to; i++) await call.item({ i, pad: "é".repeat(3_000) });
          call.progress({ percent: 99 });
          return "done";
        },
      });
      await world.time.settle();
      const progress: unknown[] = [];
      const call = world.gateway.client(tools).count(20, { onProgress: (report) => progress.push(report) });
      const items: unknown[] = [];
      const reading = (async () => {
        for await (const item of call) items.push(item);
      })();
      const failing = world.gateway.call("echo", 1).catch((error: unknown) => error);
      await world.time.settle();
      await reading;
      expect(items).toEqual(Array.from({ length: 20 }, (_, i) => ({ i, pad: "é".repeat(3_000) })));
      expect(await call.result).toBe("done");
      expect(await failing).toMatchObject({ code: "internal", outcome: "failed" });
    });

    it("ends on both sides, and lets go of everything", async () => {
      const world = await World.ready({ carriage, shared });
      const closing = world.client.close("enough");
      await world.time.settle();
      expect(await closing).toBeUndefined();
      expect(await world.gateway.closed).toMatchObject({ cause: "goaway", byPeer: true, message: "enough" });
      expect(world.clientCarrier.closedWith?.code).toBe(shared ? undefined : 1000);
      expect(world.time.pendingTimers).toBe(0);
    });
  });

  it("takes what carries the gateway's tag alone, on an endpoint of turnmux's own", async () => {
    const { raw, time, carrier } = await GatewayUnderTest.open({ carriage });
    raw.sayUnder(new Uint8Array(8).fill(5), { type: "ping", id: 1 });
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "goaway", requirement: "CARR-003", code: 9 }]);
    expect(carrier.closedWith?.code).toBe(1002);
  });

  it("takes no frame of a session under the tag zero", async () => {
    const { raw, time } = await GatewayUnderTest.open({ carriage });
    raw.sayUnder(ZERO_TAG, { type: "ping", id: 1 });
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "goaway", requirement: "CARR-003" }]);
  });

  it("takes no handshake under the gateway's tag", async () => {
    const { raw, time } = await GatewayUnderTest.open({ carriage });
    raw.sayUnder(raw.peerTag, raw.hello());
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "goaway", requirement: "HAND-005" }]);
  });

  it("has a handshake frame alone in its message", async () => {
    const { raw, time } = new GatewayUnderTest({ carriage });
    raw.say(raw.hello(), open(1, "echo", 1));
    await time.settle();
    expect(raw.only("refuse").message).toContain("[HAND-005]");
  });
});

describe("wrapped carriage", () => {
  /** The last message that a raw end has said, with another number. */
  function again(raw: RawEnd, by: number): WrappedMessage {
    const last = raw.carrier.sent.at(-1);
    if (typeof last !== "object" || last instanceof Uint8Array) throw new Error("nothing was said in wrapped carriage");
    const [version, tag, sequence, ...frames] = last.turnmux;
    return { turnmux: [version, tag, Number(sequence) + by, ...frames] };
  }

  it.each([
    ["lost", 2],
    ["doubled", 0],
    ["from long ago", -1],
  ])("ends the channel when a message was %s", async (_, by) => {
    const { raw, time, session } = await GatewayUnderTest.open({ carriage: "wrapped" });
    raw.say({ type: "ping", id: 1 });
    raw.sayRaw(again(raw, by));
    await time.settle();
    expect(raw.received.map((frame) => frame.type)).toEqual(["goaway"]);
    expect(raw.only("goaway").requirement).toBe("CARR-021");
    expect(session.state).toBe("closed");
  });

  it("counts a HELLO that is repeated, although it is dropped [CARR-006]", async () => {
    const { raw, time, session } = await GatewayUnderTest.open({ carriage: "wrapped", shared: true });
    raw.say(raw.hello());
    raw.say({ type: "ping", id: 1 });
    await time.settle();
    expect(raw.received.map((frame) => frame.type)).toEqual(["pong"]);
    expect(session.state).toBe("ready");
  });

  it("numbers its own messages from 0 for each channel", async () => {
    const { raw, time, carrier } = await GatewayUnderTest.open({ carriage: "wrapped", shared: true });
    raw.say({ type: "ping", id: 1 });
    await time.settle();
    raw.say({ type: "ping", id: 2 });
    await time.settle();
    const numbers = carrier.sent.map((message) => (message as WrappedMessage).turnmux[2]);
    expect(numbers).toEqual([0, 1, 2, 3]);
  });
});

describe("a channel", () => {
  it("answers in the form in which HELLO came, whatever its carrier speaks", async () => {
    const { raw, time } = new GatewayUnderTest({ carriage: "text" });
    raw.sayRaw(binaryCarriage.encode(ZERO_TAG, [raw.hello()]));
    await time.settle();
    const [answer] = raw.carrier.hostReceived;
    expect(answer).toBeInstanceOf(Uint8Array);
  });

  it("skips frames of unknown types that are extensions, and no others", async () => {
    const { raw, time } = await GatewayUnderTest.open();
    // length, type, flags, stream; then a PING.
    raw.sayOctets(0, 0, 2, 0x80, 0xff, 0, 0, 0, 9, 1, 2, 0, 0, 2, 0x22, 0, 0, 0, 0, 0, 0x91, 5);
    raw.sayOctets(0, 0, 0, 0xff, 0, 0, 0, 0, 0);
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "pong", id: 5 }]);
    raw.sayOctets(0, 0, 0, 0x7f, 0, 0, 0, 0, 0);
    await time.settle();
    expect(raw.only("goaway").requirement).toBe("FRAME-004");
  });
});
