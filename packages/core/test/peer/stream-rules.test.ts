import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { accept, cont, data, octets, ok, open, reset, valueOf, type RawEnd } from "../support/raw.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
  wait: tool({ description: "Waits", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

/** A gateway with tools, whose `wait` ends when told to. */
async function gateway() {
  const under = await GatewayUnderTest.open();
  const ran: unknown[] = [];
  const waiting: PromiseWithResolvers<unknown>[] = [];
  under.side.registry.implement(tools, {
    echo: (input) => {
      ran.push(input);
      return input;
    },
    wait: () => {
      const made = Promise.withResolvers<unknown>();
      waiting.push(made);
      return made.promise;
    },
  });
  const { raw, time, session, acceptor } = under;
  await time.settle();
  raw.take();
  const say = async (...frames: Parameters<RawEnd["say"]>): Promise<void> => {
    raw.take();
    raw.say(...frames);
    await time.settle();
  };
  return { raw, time, session, acceptor, ran, waiting, say };
}

describe("the receiver of a stream", () => {
  it("puts arguments together out of frames, which may come in between those of other streams", async () => {
    const { raw, ran, say } = await gateway();
    await say(open(1, "echo", null, { more: true, body: octets('{"a":') }));
    await say(open(3, "echo", null, { more: true, body: octets('{"b"') }), cont(1, octets('"on'), false));
    await say(cont(3, octets(":2}"), true), { type: "ping", id: 1 });
    await say(cont(1, octets('e"'), false), cont(1, octets(""), false), cont(1, octets("}"), true));
    expect(ran).toEqual([{ b: 2 }, { a: "one" }]);
    expect(valueOf(raw.only("end"))).toEqual({ a: "one" });
  });

  it("says ACCEPT at once, and END once", async () => {
    const { raw, waiting, say, time } = await gateway();
    await say(open(1, "wait", null));
    expect(raw.received).toMatchObject([{ type: "accept", stream: 1, state: 0 }]);
    waiting[0]?.resolve("done");
    await time.settle();
    expect(raw.received.map((frame) => frame.type)).toEqual(["accept", "end"]);
    expect(raw.only("end")).toMatchObject({ code: 0, final: true, more: false });
    expect(raw.only("end").outcome).toBeUndefined();
  });

  it("has END stand for ACCEPT where the call is over at once", async () => {
    const { raw, say } = await gateway();
    await say(open(1, "echo", "x"));
    expect(raw.received.map((frame) => frame.type)).toEqual(["end"]);
  });

  it("drops DATA and RESET that crossed with END", async () => {
    const { raw, session, say } = await gateway();
    await say(open(1, "nothing", 1, { more: true }));
    await say(cont(1, octets("late"), false), cont(1, octets("later"), true));
    expect(raw.received).toMatchObject([{ type: "end", stream: 1, code: 12 }]);
    await say(open(3, "echo", 1));
    await say(reset(3), reset(3), cont(3, octets("x"), true), data(3, 2, 1));
    expect(raw.received).toEqual([]);
    expect(session.state).toBe("ready");
  });

  it("ends a call whose RESET comes before its arguments are complete as not started", async () => {
    const { raw, ran, say } = await gateway();
    await say(open(1, "echo", null, { more: true, body: octets("[1") }), reset(1));
    expect(raw.received).toMatchObject([{ type: "end", code: 1, outcome: 0 }]);
    expect(ran).toEqual([]);
  });

  it("passes RESET on, and answers with what really happened", async () => {
    const { raw, waiting, say, time } = await gateway();
    await say(open(1, "wait", null));
    await say(reset(1));
    expect(raw.received).toEqual([]);
    waiting[0]?.resolve("all the same");
    await time.settle();
    expect(raw.only("end")).toMatchObject({ code: 0 });
    expect(valueOf(raw.only("end"))).toBe("all the same");
  });

  it("takes any code but deadline exceeded in RESET as cancelled", async () => {
    const { raw, waiting, say, time } = await gateway();
    await say(open(1, "wait", null), open(3, "wait", null));
    await say(reset(1, 77), reset(3, 4));
    waiting[0]?.reject(new Error("stopped"));
    await time.settle();
    expect(raw.all("end").map(({ stream, code }) => [stream, code])).toEqual([
      [3, 4],
      [1, 1],
    ]);
  });

  it("takes identifiers with gaps, and treats those in the gaps as over", async () => {
    const { raw, session, say } = await gateway();
    await say(open(7, "echo", 1), open(101, "echo", 2));
    expect(raw.all("end").map((end) => end.stream)).toEqual([7, 101]);
    await say(cont(9, octets("x"), true));
    expect(session.state).toBe("ready");
  });
});

describe("the opener of a stream", () => {
  it("takes ACCEPT as often as the state changes, also in the midst of an item", async () => {
    const { raw, time, session } = await ClientUnderTest.open();
    const states: string[] = [];
    const items: unknown[] = [];
    const streaming = defineTools({
      tail: tool({ description: "Items", input: z.unknown(), item: z.unknown(), output: z.unknown(), effect: "read" }),
    });
    const call = session.client(streaming).tail(null, { onAccept: ({ state }) => states.push(state) });
    const reading = (async () => {
      for await (const item of call) items.push(item);
    })();
    await time.settle();
    raw.say(accept(1, { state: 1, place: 3, reason: "busy" }), accept(1), data(1, 2, "one"));
    raw.say(data(1, 2, null, { more: true, body: octets('"t') }), accept(1, { state: 4, reason: "approval" }));
    raw.say({ ...cont(1, octets('wo"'), true), final: false }, ok(1, "end", { more: true, body: octets('"e') }));
    raw.say(cont(1, octets('nd"'), true));
    await time.settle();
    await reading;
    expect(states).toEqual(["queued", "running", "waiting"]);
    expect(items).toEqual(["one", "two"]);
    expect(await call.result).toBe("end");
  });

  it("opens no more streams at once than the gateway takes, and the next one when one is over", async () => {
    const { raw, time, session } = await ClientUnderTest.open(
      {},
      { limits: { framePayload: 16_384, message: 1 << 20, streams: 2, assembling: 1 << 20 } },
    );
    const results = [1, 2, 3, 4].map((n) => session.call("echo", n));
    await time.settle();
    expect(raw.all("open").map((frame) => frame.stream)).toEqual([1, 3]);
    raw.say(accept(1), ok(3, "second", { more: true, body: octets('"sec') }));
    await time.settle();
    expect(raw.all("open")).toHaveLength(2);
    raw.say(cont(3, octets('ond"'), true));
    await time.settle();
    expect(raw.all("open").map((frame) => [frame.stream, valueOf(frame)])).toEqual([
      [1, 1],
      [3, 2],
      [5, 3],
    ]);
    raw.say(ok(1, "first"), ok(5, "third"));
    await time.settle();
    raw.say(ok(7, "fourth"));
    await time.settle();
    expect(await Promise.all(results)).toEqual(["first", "second", "third", "fourth"]);
  });

  it("does not write an OPEN whose deadline went by while the carrier took nothing", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open();
    carrier.buffered = 1 << 20;
    const call = session.call("echo", 1, { timeoutMs: 5 }).catch((error: unknown) => error);
    await time.settle();
    // The event loop was held up, and the socket is heard before the timer.
    time.now += 10;
    carrier.drain();
    await time.settle();
    expect(raw.received).toEqual([]);
    expect(await call).toMatchObject({ code: "deadline_exceeded", outcome: "not_started" });
  });

  it("says RESET in the midst of its arguments, and then nothing more of them", async () => {
    const { raw, time, session, carrier } = await ClientUnderTest.open();
    const leaving = new AbortController();
    // The carrier takes one message, and then has enough.
    const { send } = carrier;
    carrier.send = (message) => {
      send.call(carrier, message);
      carrier.buffered = 1 << 20;
    };
    const call = session.call("echo", "x".repeat(200_000), { signal: leaving.signal }).catch((error: unknown) => error);
    await time.settle();
    expect(raw.received.map((frame) => frame.type)).toEqual(["open", "data", "data", "data"]);
    leaving.abort();
    raw.take();
    carrier.drain();
    await time.settle();
    expect(raw.received).toMatchObject([{ type: "reset", stream: 1, code: 1 }]);
    raw.say(ok(1, null, { code: 1, outcome: 0, content: 0, body: octets("") }));
    await time.settle();
    expect(await call).toMatchObject({ code: "cancelled", outcome: "not_started" });
  });
});
