import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Grant } from "../../src/index.ts";
import { binaryCarriage, textCarriage, ZERO_TAG } from "../../src/wire/carriage.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { goaway, octets, open, valueOf } from "../support/raw.ts";
import { World } from "../support/world.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

const shared = { shared: true } as const;

describe("a host's socket", () => {
  it("carries the host's messages untouched and in order, and those that only look like turnmux", async () => {
    for (const carriage of ["binary", "text"] as const) {
      const world = await World.ready({ shared: true, carriage });
      world.registry.implement(tools, { echo: (input) => input });
      const stranger = new Uint8Array(8).fill(7);
      const messages = [
        "hello",
        '{"turnmux":[]}',
        '{"turnmux":[1,"zz"]}',
        '{"turnmux":[2,"0000000000000000",[1,0,0,null,null]]}',
        octets("binary"),
        Uint8Array.of(0xc1, 0x01),
        Uint8Array.of(0xc1, 0x02, ...stranger, 1, 2, 3),
        Uint8Array.of(0xc1, 0x01, ...stranger, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0),
        // Somebody else's turnmux, which the host relays: a call, and a whole handshake.
        binaryCarriage.encode(stranger, [open(1, "echo", 1)]),
        textCarriage.encode(stranger, [goaway(3)]),
        binaryCarriage.encode(ZERO_TAG, [new GatewayUnderTest().raw.hello()]),
        textCarriage.encode(ZERO_TAG, [new ClientUnderTest().raw.welcome({ clientNonce: new Uint8Array(16).fill(3) })]),
      ];
      const results: Promise<unknown>[] = [];
      for (const message of messages) {
        results.push(world.client.call("echo", results.length));
        world.clientCarrier.send(message);
        world.gatewayCarrier.send(message);
      }
      await world.time.settle();
      expect(world.gatewayCarrier.hostReceived).toEqual(messages);
      expect(world.clientCarrier.hostReceived).toEqual(messages);
      expect(await Promise.all(results)).toEqual(messages.map((_, index) => index));
    }
  });

  it("has a HELLO of somebody else's while the channel is open as host traffic", async () => {
    const { raw, carrier, say, session } = bound(await GatewayUnderTest.open(shared));
    await say(raw.hello({ nonce: new Uint8Array(16).fill(9) }));
    expect(raw.received).toEqual([]);
    expect(carrier.hostReceived).toHaveLength(1);
    expect(session.state).toBe("ready");
  });

  it("has a handshake that does not echo the client's nonce as host traffic", async () => {
    const { raw, time, side, carrier } = new ClientUnderTest(shared);
    await time.settle();
    const clientNonce = new Uint8Array(16).fill(9);
    raw.say(raw.welcome({ clientNonce }));
    raw.say(raw.refuse({ clientNonce }));
    raw.say(raw.challenge({ clientNonce, version: 99 }));
    await time.settle();
    expect(carrier.hostReceived).toHaveLength(3);
    expect(side.ends).toEqual([]);
  });

  it("has the other form of message as host traffic, even under the right tag", async () => {
    const { raw, time, carrier, session } = bound(await GatewayUnderTest.open(shared));
    raw.sayRaw(textCarriage.encode(raw.peerTag, [{ type: "ping", id: 1 }]));
    await time.settle();
    expect(raw.received).toEqual([]);
    expect(carrier.hostReceived).toHaveLength(1);
    expect(session.state).toBe("ready");
  });

  it("keeps what carries the right tag from the host, whatever is in it, and ends the session alone", async () => {
    const { raw, time, carrier } = bound(await GatewayUnderTest.open(shared));
    raw.sayOctets(1, 2, 3);
    raw.sayOctets(4, 5, 6);
    await time.settle();
    expect(raw.only("goaway").requirement).toBe("FRAME-002");
    expect(carrier.hostReceived).toEqual([]);
    expect(carrier.closedWith).toBeUndefined();
    raw.carrier.send("the host lives on");
    await time.settle();
    expect(carrier.hostReceived).toEqual(["the host lives on"]);
    expect(time.pendingTimers).toBe(0);
  });

  it("starts a new channel with a HELLO that comes after the end, even right behind it", async () => {
    const { raw, time, carrier, side } = bound(await GatewayUnderTest.open(shared));
    side.registry.implement(tools, { echo: (input) => input });
    const former = raw.peerTag;
    // Neither has heard anything from the other in between.
    raw.say(goaway(1));
    raw.say(raw.hello({ nonce: new Uint8Array(16).fill(8), agent: "again" }));
    await time.settle();
    expect(raw.only("welcome").clientNonce).toEqual(new Uint8Array(16).fill(8));
    expect(raw.peerTag).not.toEqual(former);
    expect(side.sessions.map(({ session }) => session.state)).toEqual(["closed", "ready"]);
    raw.say(open(1, "echo", "hello"));
    await time.settle();
    expect(valueOf(raw.only("end"))).toBe("hello");
    expect(carrier.hostReceived).toEqual([]);
  });

  it("starts a new channel on the same socket as often as is wished", async () => {
    const { raw, time, side } = bound(new GatewayUnderTest(shared));
    for (let i = 0; i < 5; i++) {
      raw.say(raw.hello({ nonce: new Uint8Array(16).fill(i + 1) }));
      await time.settle();
      raw.sayOctets(0);
      await time.settle();
    }
    expect(side.sessions).toHaveLength(5);
    expect(raw.all("goaway")).toHaveLength(5);
    expect(time.pendingTimers).toBe(0);
  });

  it("drops a HELLO that was repeated before its refusal arrived, and asks nobody again", async () => {
    let asked = 0;
    const promised = Promise.withResolvers<Grant>();
    const { raw, time, carrier } = bound(
      new GatewayUnderTest({
        shared: true,
        admission: () => {
          asked += 1;
          return { kind: "vouched", grant: promised.promise };
        },
      }),
    );
    raw.say(raw.hello());
    await time.settle();
    promised.reject(new Error("no"));
    await time.settle();
    raw.say(raw.hello());
    await time.settle();
    expect(raw.all("refuse")).toHaveLength(1);
    expect(asked).toBe(1);
    expect(carrier.hostReceived).toEqual([]);
  });

  it("keeps late messages of a channel that is over from the host", async () => {
    const { raw, time, carrier, session } = bound(await GatewayUnderTest.open(shared));
    const closing = session.close();
    raw.say(open(1, "echo", 1));
    await time.settle();
    await closing;
    raw.say(open(3, "echo", 1));
    await time.settle();
    expect(carrier.hostReceived).toEqual([]);
    expect(raw.received.map((frame) => frame.type)).toEqual(["goaway"]);
  });

  it("hears nothing more from a gateway that was detached", async () => {
    const { raw, time, carrier, acceptor } = bound(await GatewayUnderTest.open(shared));
    acceptor.detach("given back");
    await time.settle();
    expect(raw.only("goaway")).toMatchObject({ code: 14, message: "given back" });
    raw.say(open(1, "echo", 1));
    await time.settle();
    expect(carrier.hostReceived).toHaveLength(1);
    expect(time.pendingTimers).toBe(0);
  });
});

/** The same, to be taken apart. */
function bound(made: GatewayUnderTest) {
  const { raw, time, side, carrier, acceptor } = made;
  const say: GatewayUnderTest["say"] = (...said) => made.say(...said);
  return { raw, time, side, carrier, acceptor, say, session: side.sessions[0]?.session as GatewayUnderTest["session"] };
}
