import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, TurnmuxError } from "../../src/index.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { accept, cont, data, goaway, octets, offer, ok, open, RawEnd, reset, valueOf } from "../support/raw.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
  hang: tool({ description: "Never ends", input: z.unknown(), output: z.unknown(), item: z.unknown(), effect: "read" }),
});

/** A message that a client may send on an open session with stream 1 open, and the rule that it breaks. */
type Fault = readonly [what: string, requirement: string, say: (raw: RawEnd) => void];

const json = (text: string, stream = 3) => open(stream, "echo", null, { body: octets(text) });
const msgpack = (...body: number[]) => open(3, "echo", null, { content: 2, body: Uint8Array.from(body) });

const FAULTS: readonly Fault[] = [
  ["nothing behind the tag", "CARR-001", (raw) => raw.sayOctets()],
  ["a frame that is too long", "FRAME-001", (raw) => raw.say(open(3, "echo", null, { body: new Uint8Array(70_000) }))],
  ["a frame head that is cut off", "FRAME-002", (raw) => raw.sayOctets(0, 0, 2, 0x22, 0)],
  ["a frame that is cut off", "FRAME-002", (raw) => raw.sayOctets(0, 0, 9, 0x22, 0, 0, 0, 0, 0, 0x91)],
  ["the reserved bit", "FRAME-003", (raw) => raw.sayOctets(0, 0, 2, 0x22, 0, 0x80, 0, 0, 0, 0x91, 1)],
  ["an unknown type", "FRAME-004", (raw) => raw.sayOctets(0, 0, 0, 0x7f, 0, 0, 0, 0, 0)],
  ["an undefined flag", "FRAME-005", (raw) => raw.sayOctets(0, 0, 2, 0x22, 0x40, 0, 0, 0, 0, 0x91, 1)],
  ["PING on a stream", "FRAME-006", (raw) => raw.sayOctets(0, 0, 2, 0x22, 0, 0, 0, 0, 5, 0x91, 1)],
  ["RESET on stream 0", "FRAME-006", (raw) => raw.sayOctets(0, 0, 2, 0x14, 0, 0, 0, 0, 0, 0x91, 1)],
  ["garbage behind the right tag", "FRAME-001", (raw) => raw.sayOctets(0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9)],
  ["a header that is no array", "FRAME-007", (raw) => raw.sayOctets(0, 0, 1, 0x22, 0, 0, 0, 0, 0, 0x05)],
  ["octets behind a header", "FRAME-010", (raw) => raw.sayOctets(0, 0, 3, 0x22, 0, 0, 0, 0, 0, 0x91, 1, 1)],
  ["ACK, which was not agreed on", "FRAME-011", (raw) => raw.say({ type: "ack", received: 1 })],
  ["CREDIT, which was not agreed on", "FRAME-011", (raw) => raw.say({ type: "credit", stream: 1, limit: 1 })],
  ["a handshake frame", "HAND-005", (raw) => raw.sayUnder(raw.peerTag, raw.proof())],
  ["a stream of the wrong parity", "STREAM-001", (raw) => raw.say(open(4, "echo", 1))],
  ["a stream for the second time", "STREAM-002", (raw) => raw.say(open(1, "echo", 1))],
  ["a stream that was over before", "STREAM-002", (raw) => raw.say(open(3, "echo", 1), open(3, "echo", 1))],
  ["DATA on a stream that never was", "STREAM-003", (raw) => raw.say(cont(9, octets("x"), true))],
  ["RESET on a stream that never was", "STREAM-003", (raw) => raw.say(reset(9))],
  ["END on a stream that never was", "STREAM-003", (raw) => raw.say(ok(8, 1))],
  ["ACCEPT from the opener", "STREAM-004", (raw) => raw.say(accept(1))],
  ["END from the opener", "STREAM-004", (raw) => raw.say(ok(1, 1))],
  ["an item from the opener", "STREAM-004", (raw) => raw.say(data(1, 2, 1))],
  ["arguments behind the last ones", "STREAM-004", (raw) => raw.say(cont(1, octets("x"), true))],
  ["RESET twice", "STREAM-004", (raw) => raw.say(reset(1), reset(1))],
  ["OPEN with FINAL and MORE", "STREAM-006", (raw) => raw.say(open(3, "echo", 1, { more: true, final: true }))],
  ["OPEN with neither", "STREAM-006", (raw) => raw.say(open(3, "echo", 1, { final: false }))],
  [
    "the last arguments without FINAL",
    "STREAM-006",
    (raw) => raw.say(open(3, "echo", 1, { more: true }), { ...cont(3, octets(" "), true), final: false }),
  ],
  [
    "FINAL in the midst of the arguments",
    "STREAM-006",
    (raw) => raw.say(open(3, "echo", 1, { more: true }), { ...cont(3, octets(" "), false), final: true }),
  ],
  ["a number for a tool that has none", "CALL-017", (raw) => raw.say(open(3, "echo", 1), open(5, 7, 1))],
  ["a number beyond the table of names", "CALL-017", (raw) => raw.say(open(3, 64, 1))],
  ["the greatest number for a tool", "CALL-017", (raw) => raw.say(open(3, Number.MAX_SAFE_INTEGER, 1))],
  ["a number for a turn that has none", "CALL-017", (raw) => raw.say(open(3, "echo", 1, { turn: 9 }))],
  [
    "a number for a tool that is a turn's, and too long",
    "FRAME-009",
    (raw) => raw.say(open(3, "echo", 1, { turn: "t".repeat(65) }), open(5, 2, 1)),
  ],
  ["a tool name that is offered and reserved", "TOOL-001", (raw) => raw.say(offer("turnmux.describe"))],
  ["a tool name that is none", "TOOL-001", (raw) => raw.say(offer("two words"))],
  ["tool names that are one for a model", "TOOL-001", (raw) => raw.say(offer("a.b", "a_b"))],
  ["an unknown effect", "FRAME-007", (raw) => raw.say(offer({ name: "a", effect: 3 }))],
  ["an unknown mode of OFFER", "FRAME-007", (raw) => raw.say({ ...offer("a"), mode: 3 })],
  ["JSON that does not parse", "CONT-003", (raw) => raw.say(json("{"))],
  ["JSON with something behind it", "CONT-003", (raw) => raw.say(json("1 2"))],
  [
    "JSON that is not UTF-8",
    "CONT-003",
    (raw) => raw.say(open(3, "echo", null, { body: Uint8Array.of(0x22, 0xff, 0x22) })),
  ],
  ["__proto__ in JSON", "CONT-004", (raw) => raw.say(json('{"__proto__":{"polluted":1}}'))],
  ["__proto__ escaped in JSON", "CONT-004", (raw) => raw.say(json('{"a":[{"\\u005f_proto__":1}]}'))],
  ["JSON that nests too deep", "CONT-004", (raw) => raw.say(json("[".repeat(65) + "]".repeat(65)))],
  ["JSON that nests far too deep", "CONT-004", (raw) => raw.say(json("[".repeat(8_000) + "]".repeat(8_000)))],
  ["MessagePack that is cut off", "CONT-003", (raw) => raw.say(msgpack(0x92, 1))],
  ["MessagePack with something behind it", "CONT-003", (raw) => raw.say(msgpack(1, 1))],
  ["MessagePack's unused octet", "CONT-003", (raw) => raw.say(msgpack(0xc1))],
  ["a MessagePack extension", "CONT-003", (raw) => raw.say(msgpack(0xd4, 1, 1))],
  ["a number for a key in MessagePack", "CONT-003", (raw) => raw.say(msgpack(0x81, 1, 1))],
  ["MessagePack that nests too deep", "CONT-004", (raw) => raw.say(msgpack(...Array<number>(65).fill(0x91), 1))],
  ["__proto__ in MessagePack", "CONT-004", (raw) => raw.say(msgpack(0x81, 0xa9, ...octets("__proto__"), 0x80))],
  [
    "text that is not UTF-8",
    "CONT-003",
    (raw) => raw.say(open(3, "echo", null, { content: 3, body: Uint8Array.of(0xc0) })),
  ],
  ["content none with octets", "CONT-003", (raw) => raw.say(open(3, "echo", 1, { content: 0 }))],
  ["an unknown content", "CONT-005", (raw) => raw.say(open(3, "echo", 1, { content: 9 }))],
];

describe.each([false, true])("a gateway whose socket is a host's: %s", (shared) => {
  it.each(FAULTS)("ends the session, and nothing else, on %s [%s]", async (_, requirement, say) => {
    const under = await GatewayUnderTest.open({ shared });
    const { raw, time, side, carrier, session } = under;
    const aborted: unknown[] = [];
    side.registry.implement(tools, {
      echo: (input) => input,
      hang: (_input, call) =>
        new Promise((resolve) => {
          call.signal.addEventListener("abort", () => {
            aborted.push(call.signal.reason);
            resolve(undefined);
          });
        }),
    });
    const neighbour = await neighbourOf(under);
    const called = session.call("client.tool", 1).catch((error: unknown) => error);
    raw.say(open(1, "hang", null));
    await time.settle();
    raw.take();

    say(raw);
    // What comes behind a fault is not acted on.
    raw.say(open(21, "echo", "too late"));
    await time.settle();

    const last = raw.received.at(-1);
    expect(last).toMatchObject({ type: "goaway", requirement });
    expect(raw.all("end").map(valueOf)).not.toContain("too late");
    expect(session.state).toBe("closed");
    expect(await session.closed).toMatchObject({ cause: "violation", requirement, byPeer: false });
    expect(await called).toMatchObject({ code: "internal", outcome: "unknown", requirement });
    expect(aborted).toHaveLength(1);
    expect(carrier.closedWith?.code).toBe(
      shared ? undefined : last?.type === "goaway" && last.code === 8 ? 1009 : 1002,
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();

    // The neighbour and the host notice nothing.
    neighbour.say(open(3, "echo", "still here"));
    if (shared) raw.carrier.send("host traffic");
    await time.settle();
    expect(neighbour.all("end").map((end) => [end.stream, valueOf(end)])).toEqual([[3, "still here"]]);
    expect(carrier.hostReceived).toEqual(shared ? ["host traffic"] : []);
    neighbour.carrier.cut();
    await time.settle();
    expect(time.pendingTimers).toBe(0);
  });
});

/** A second client of the same gateway, with a call under way. */
async function neighbourOf({ time, side }: GatewayUnderTest): Promise<RawEnd> {
  const carriers = virtualCarriers(time);
  side.accept(carriers.gateway);
  const neighbour = new RawEnd(carriers.client, 7);
  neighbour.say(neighbour.hello());
  await time.settle();
  neighbour.say(open(1, "hang", null));
  await time.settle();
  neighbour.take();
  return neighbour;
}

const GATEWAY_FAULTS: readonly Fault[] = [
  ["a stream of the wrong parity", "STREAM-001", (raw) => raw.say(open(3, "echo", 1))],
  ["ACCEPT on a stream that never was", "STREAM-003", (raw) => raw.say(accept(99))],
  ["RESET on a stream of the client's", "STREAM-004", (raw) => raw.say(reset(1))],
  ["an item before ACCEPT", "STREAM-004", (raw) => raw.say(data(1, 2, 1))],
  ["END twice", "STREAM-003", (raw) => raw.say(ok(1, 1), ok(1, 1))],
  ["ACCEPT behind END", "STREAM-003", (raw) => raw.say(ok(1, 1), accept(1))],
  ["DATA behind END", "STREAM-003", (raw) => raw.say(ok(1, 1), data(1, 2, 1))],
  ["ACCEPT in the midst of a result", "STREAM-004", (raw) => raw.say(ok(1, 1, { more: true }), accept(1))],
  ["an item in the midst of a result", "STREAM-004", (raw) => raw.say(ok(1, 1, { more: true }), data(1, 2, 1))],
  [
    "an item in the midst of an item",
    "STREAM-004",
    (raw) => raw.say(accept(1), data(1, 2, 1, { more: true }), data(1, 2, 1)),
  ],
  ["END in the midst of an item", "STREAM-004", (raw) => raw.say(accept(1), data(1, 2, 1, { more: true }), ok(1, 1))],
  ["CONT without a body that it goes on with", "STREAM-004", (raw) => raw.say(accept(1), cont(1, octets("x"), true))],
  ["an item with FINAL", "STREAM-006", (raw) => raw.say(accept(1), data(1, 2, 1, { final: true }))],
  ["END without FINAL", "STREAM-006", (raw) => raw.say(ok(1, 1, { final: false }))],
  ["END with FINAL and MORE", "STREAM-006", (raw) => raw.say(ok(1, 1, { more: true, final: true }))],
  ["an unknown kind of DATA", "FRAME-007", (raw) => raw.say(accept(1), data(1, 3, 1))],
  ["an unknown state in ACCEPT", "FRAME-007", (raw) => raw.say(accept(1, { state: 5 }))],
  ["an error without an outcome", "ERR-001", (raw) => raw.say(ok(1, 1, { code: 13 }))],
  ["an error with an unknown outcome", "ERR-001", (raw) => raw.say(ok(1, 1, { code: 13, outcome: 4 }))],
  ["a result that does not parse", "CONT-003", (raw) => raw.say(ok(1, 1, { body: octets("{") }))],
  ["a result in an unknown content", "CONT-005", (raw) => raw.say(ok(1, 1, { content: 5 }))],
  ["an item that does not parse", "CONT-003", (raw) => raw.say(accept(1), data(1, 2, 1, { body: octets("[") }))],
  ["progress that does not parse", "CONT-003", (raw) => raw.say(accept(1), data(1, 1, 1, { body: octets("[") }))],
  ["details that do not parse", "CONT-003", (raw) => raw.say(ok(1, 1, { code: 13, outcome: 1, body: octets("[") }))],
];

describe("a client", () => {
  it.each(GATEWAY_FAULTS)(
    "ends the session on %s [%s], and its calls end with their outcome",
    async (_, requirement, say) => {
      const { raw, time, side, session } = await ClientUnderTest.open();
      const call = session.client(tools).hang(null);
      const items: unknown[] = [];
      const reading = (async () => {
        for await (const item of call) items.push(item);
      })().catch((error: unknown) => error);
      const other = session.call("echo", 1).catch((error: unknown) => error);
      await time.settle();
      raw.take();
      say(raw);
      await time.settle();
      expect(raw.only("goaway").requirement).toBe(requirement);
      expect(await session.closed).toMatchObject({ cause: "violation", requirement });
      expect(await other).toMatchObject({ code: "internal", outcome: "unknown", requirement });
      const ended = await reading;
      if (TurnmuxError.is(ended)) expect(ended.outcome).toBe("unknown");
      expect(side.ends).toHaveLength(1);
      expect(session.activeCalls).toEqual({ outgoing: 0, incoming: 0 });
      expect(time.pendingTimers).toBe(0);
    },
  );

  it("hears of a rule that it broke from GOAWAY, and does not answer", async () => {
    const { raw, session, say } = await opened();
    const call = session.call("echo", 1).catch((error: unknown) => error);
    await say();
    await say(goaway(3, 1, { requirement: "CONT-003", message: "JSON that does not parse" }));
    expect(raw.received).toEqual([]);
    expect(await call).toMatchObject({ code: "internal", outcome: "unknown", requirement: "CONT-003" });
  });
});

async function opened() {
  const made = await ClientUnderTest.open();
  const say = async (...frames: Parameters<RawEnd["say"]>): Promise<void> => {
    made.raw.take();
    if (frames.length > 0) made.raw.say(...frames);
    await made.time.settle();
  };
  return { raw: made.raw, session: made.session, say };
}
