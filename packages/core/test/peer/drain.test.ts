import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { cont, goaway, octets, ok, open, RAW_LIMITS, RawEnd, valueOf } from "../support/raw.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";
import { World } from "../support/world.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
  wait: tool({ description: "Waits", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

/** A gateway whose `wait` ends when told to. */
async function gateway() {
  const under = await GatewayUnderTest.open();
  const waiting: PromiseWithResolvers<unknown>[] = [];
  under.side.registry.implement(tools, {
    echo: (input) => input,
    wait: () => {
      const made = Promise.withResolvers<unknown>();
      waiting.push(made);
      return made.promise;
    },
  });
  await under.time.settle();
  under.raw.take();
  const { raw, time, acceptor, carrier, session } = under;
  return { raw, time, acceptor, carrier, session, waiting };
}

describe("a gateway that drains", () => {
  it("says which calls it finishes, finishes them, and ends the channel", async () => {
    const { raw, time, acceptor, carrier, session, waiting } = await gateway();
    raw.say(open(1, "wait", null), open(3, "echo", null, { more: true, body: octets('"ab') }));
    await time.settle();
    raw.take();
    acceptor.drain("a new version comes", 1_500);
    await time.settle();
    expect(raw.received).toMatchObject([
      { type: "goaway", code: 0, lastStream: 3, message: "a new version comes", retryAfterMs: 1_500 },
    ]);
    raw.say(cont(3, octets('c"'), true));
    await time.settle();
    expect(valueOf(raw.only("end"))).toBe("abc");
    waiting[0]?.resolve("done");
    await time.settle();
    expect(raw.received.map((frame) => frame.type)).toEqual(["goaway", "end", "end", "goaway"]);
    expect(raw.all("goaway")[1]).toMatchObject({ code: 14, lastStream: 3, retryAfterMs: 1_500 });
    expect(carrier.closedWith?.code).toBe(1001);
    expect(session.state).toBe("closed");
    expect(time.pendingTimers).toBe(0);
  });

  it("does not act on what crossed with its word, nor on what goes on with that", async () => {
    const { raw, time, acceptor, waiting } = await gateway();
    raw.say(open(1, "wait", null));
    await time.settle();
    acceptor.drain("bye", undefined);
    raw.say(open(3, "echo", null, { more: true }), open(5, "echo", 1));
    raw.say(cont(3, octets("x"), true), { type: "reset", stream: 5, code: 1 });
    await time.settle();
    expect(raw.all("end")).toEqual([]);
    waiting[0]?.resolve(1);
    await time.settle();
    expect(raw.only("end").stream).toBe(1);
    expect(raw.all("goaway").map((frame) => frame.lastStream)).toEqual([1, 1]);
  });

  it("ends at once where nothing runs, and drains once", async () => {
    const { raw, time, acceptor, session } = await gateway();
    acceptor.drain("bye", undefined);
    acceptor.drain("again", undefined);
    await time.settle();
    expect(raw.received.map((frame) => frame.type)).toEqual(["goaway"]);
    expect(raw.only("goaway").code).toBe(14);
    expect(session.state).toBe("closed");
  });

  it("may ask its peer for what a running call needs, and for nothing when none runs", async () => {
    const { raw, time, acceptor, session, waiting } = await gateway();
    raw.say(open(1, "wait", null));
    await time.settle();
    acceptor.drain("bye", undefined);
    const asked = session.call("client.tool", "may I?");
    await time.settle();
    expect(raw.only("open")).toMatchObject({ stream: 2, tool: "client.tool" });
    waiting[0]?.resolve(1);
    await time.settle();
    // The one call that is left is the gateway's own.
    const refused = session.call("client.tool", "one more?").catch((error: unknown) => error);
    await time.settle();
    expect(await refused).toMatchObject({ code: "unavailable", outcome: "not_started" });
    raw.say(ok(2, "you may"));
    await time.settle();
    expect(await asked).toBe("you may");
    expect(session.state).toBe("closed");
  });

  it("refuses the calls of its own that wait for a stream", async () => {
    const under = new GatewayUnderTest();
    const { raw, time } = under;
    raw.say(raw.hello({ limits: { ...RAW_LIMITS, streams: 1 } }));
    await time.settle();
    const [first, second] = [1, 2].map((n) => under.session.call("client.tool", n).catch((error: unknown) => error));
    await time.settle();
    under.acceptor.drain("bye", 700);
    await time.settle();
    expect(await second).toMatchObject({ code: "unavailable", outcome: "not_started", retryAfterMs: 700 });
    raw.say(ok(2, "fine"));
    await time.settle();
    expect(await first).toBe("fine");
    expect(under.session.state).toBe("closed");
  });

  it("refuses a handshake that is under way", async () => {
    const { raw, time, acceptor } = new GatewayUnderTest({
      admission: { kind: "vouched", grant: new Promise(() => {}) },
    });
    raw.say(raw.hello());
    await time.settle();
    acceptor.drain("bye", 700);
    await time.settle();
    expect(raw.only("refuse")).toMatchObject({ code: 14, message: "bye", retryAfterMs: 700 });
    expect(time.pendingTimers).toBe(0);
  });
});

describe("a client whose gateway drains", () => {
  it("lets what was taken finish, and opens the rest on the next connection", async () => {
    const { raw, time, session, side } = await ClientUnderTest.open();
    const told: unknown[] = [];
    session.addEventListener("drain", ({ detail }) => told.push(detail));
    const taken = session.call("echo", "taken");
    const crossed = session.call("echo", "crossed");
    await time.settle();
    raw.take();
    raw.say(goaway(0, 1, { retryAfterMs: 300 }));
    await time.settle();
    const later = session.call("echo", "later");
    await time.settle();
    expect(told).toEqual([{ message: "bye", retryAfterMs: 300 }]);
    expect(raw.received).toEqual([]);
    raw.say(ok(1, "done"));
    await time.settle();
    expect(await taken).toBe("done");
    raw.carrier.cut();
    await time.settle();
    expect(side.states.at(-1)).toBe("reconnecting");

    const carriers = virtualCarriers(time);
    const next = new RawEnd(carriers.gateway, 3);
    side.dial(carriers.client);
    await time.settle();
    next.say(next.welcome());
    await time.settle();
    expect(next.all("open").map((frame) => valueOf(frame))).toEqual(["crossed", "later"]);
    next.say(ok(1, 1), ok(3, 2));
    await time.settle();
    expect(await Promise.all([crossed, later])).toEqual([1, 2]);
  });

  it("refuses the rest where no other connection will follow", async () => {
    const { raw, time, session } = await ClientUnderTest.open({ reconnects: false });
    const crossed = session.call("echo", "crossed").catch((error: unknown) => error);
    await time.settle();
    raw.say(goaway(0, 0, { message: "a new version comes", retryAfterMs: 300 }));
    await time.settle();
    expect(await crossed).toMatchObject({ code: "unavailable", outcome: "not_started", retryAfterMs: 300 });
    const later = session.call("echo", "later").catch((error: unknown) => error);
    await time.settle();
    expect(await later).toMatchObject({ code: "unavailable", outcome: "not_started" });
  });

  it("knows from GOAWAY with a code which calls were never taken", async () => {
    const { raw, time, session } = await ClientUnderTest.open({ reconnects: false });
    const calls = [1, 2, 3].map((n) => session.call("echo", n).catch((error: unknown) => error));
    await time.settle();
    raw.take();
    raw.say(goaway(14, 3));
    await time.settle();
    const [one, two, three] = await Promise.all(calls);
    expect(one).toMatchObject({ code: "unavailable", outcome: "unknown" });
    expect(two).toMatchObject({ outcome: "unknown" });
    expect(three).toMatchObject({ outcome: "not_started" });
    expect(raw.received).toEqual([]);
    expect(time.pendingTimers).toBe(0);
  });

  it("answers the gateway's calls until the end", async () => {
    const { raw, time, session } = await ClientUnderTest.open();
    session.implement(tools, { echo: (input) => input, wait: () => 1 });
    await time.settle();
    raw.say(goaway(0, 0), open(2, "echo", "still there?"));
    await time.settle();
    expect(valueOf(raw.only("end"))).toBe("still there?");
  });
});

describe("two sides", () => {
  it("that drain at the same time both finish what runs", async () => {
    const world = await World.ready();
    const go = Promise.withResolvers<string>();
    world.registry.implement(tools, { echo: (input) => input, wait: () => go.promise });
    world.client.implement(tools, { echo: (input) => input, wait: () => go.promise });
    await world.time.settle();
    const calls = [world.client.call("wait", 1), world.gateway.call("wait", 1)];
    await world.time.settle();
    world.acceptor.drain("gateway leaves", undefined);
    await world.time.settle();
    go.resolve("both");
    await world.time.settle();
    expect(await Promise.all(calls)).toEqual(["both", "both"]);
    expect(world.gateway.state).toBe("closed");
    expect(world.lastEnd).toMatchObject({ cause: "goaway", code: "unavailable", message: "gateway leaves" });
    expect(world.time.pendingTimers).toBe(0);
  });
});
