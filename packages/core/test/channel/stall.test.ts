import { describe, expect, it } from "vitest";
import type { Limits } from "../../src/index.ts";
import { DELIVERY } from "../../src/limits.ts";
import { ack, ping, ResumableGateway } from "../delivery/support/raw-resume.ts";
import { kit, kitWorld, never } from "../support/kit.ts";
import { ClientUnderTest, GatewayUnderTest, MemoryLog } from "../support/raw-worlds.ts";
import { offer, open, RAW_LIMITS } from "../support/raw.ts";
import type { VirtualCarrier } from "../support/virtual-carrier.ts";
import { World } from "../support/world.ts";

const STALL_MS = 60_000;

const SENTENCE = "the peer has read nothing for 60000 ms while there was something to read (stallMs)";

/** More than may lie ahead of a socket, and more than what answers the peer may add to that. */
const FULL = 1 << 20;

const HAND_OVER = 128 * 1024;

/** From now on the carrier keeps what it is handed: nobody reads at its other end. */
function fill(carrier: VirtualCarrier, octets: number = FULL): void {
  carrier.buffered = octets;
}

async function gateway(limits: Partial<Limits> = {}): Promise<GatewayUnderTest> {
  // Heartbeats are asked for less often than patience ends.
  const world = await GatewayUnderTest.open({ limits: { heartbeatMs: 3_600_000, ...limits } });
  world.side.registry.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
  await world.time.settle();
  world.raw.take();
  return world;
}

describe("a peer that reads nothing", () => {
  it("is let go after a minute, and told why [CHAN-008]", async () => {
    const { raw, time, session, carrier } = await gateway();
    fill(carrier);
    raw.say(open(1, "look", "an answer that nobody reads"), open(3, "set", 1));
    await time.advance(STALL_MS - 500);
    expect(session.state).toBe("ready");
    await time.advance(1_000);
    expect(await session.closed).toMatchObject({ cause: "closed", code: "resource_exhausted", message: SENTENCE });
    expect(carrier.closedWith?.code).toBe(1008);
    expect(raw.received).toMatchObject([{ type: "goaway", code: 8, message: SENTENCE }]);
    expect(time.pendingTimers).toBe(0);
  });

  it("is let go all the same where it speaks on", async () => {
    const { raw, time, session, carrier } = await gateway();
    fill(carrier);
    for (let second = 0; second < 65; second++) {
      raw.say(open(2 * second + 1, "look", 1));
      await time.advance(1_000);
    }
    expect(session.state).toBe("closed");
  });

  it("is waited for as long as it reads something now and then", async () => {
    const { raw, time, session, carrier } = await gateway();
    fill(carrier);
    raw.say(open(1, "look", 1));
    for (let n = 0; n < 5; n++) {
      await time.advance(STALL_MS - 2_000);
      carrier.buffered -= 1;
    }
    expect(session.state).toBe("ready");
    carrier.drain();
    await time.settle();
    expect(raw.only("end").code).toBe(0);
    raw.carrier.cut();
  });

  it("is waited for without an end where the limit is 0, and looked at less and less", async () => {
    const { raw, time, session, carrier } = await gateway({ stallMs: 0 });
    fill(carrier);
    let looks = 0;
    Object.defineProperty(carrier, "buffered", {
      get: () => {
        looks += 1;
        return FULL;
      },
    });
    raw.say(open(1, "look", 1));
    await time.advance(600_000);
    expect(session.state).toBe("ready");
    expect(looks).toBeLessThan(600_000 / 300);
    raw.carrier.cut();
  });

  it("is not what a socket is that waits for a message of the host", async () => {
    const { raw, time, session, carrier } = await gateway();
    carrier.blocked = true;
    fill(carrier);
    raw.say(open(1, "look", 1));
    await time.advance(STALL_MS * 3);
    expect(session.state).toBe("ready");
    carrier.drain();
    await time.settle();
    expect(raw.only("end").code).toBe(0);
    raw.carrier.cut();
  });

  it("is not what a socket is that was full when a message of the host began", async () => {
    const { raw, time, session, carrier } = await gateway();
    fill(carrier);
    raw.say(open(1, "look", 1));
    await time.advance(STALL_MS - 10_000);
    // What the socket takes meanwhile nobody sees, since nothing can be written.
    carrier.blocked = true;
    for (let second = 0; second < 20; second++) {
      raw.say(open(2 * second + 3, "look", 1));
      await time.advance(1_000);
    }
    expect(session.state).toBe("ready");
    carrier.drain();
    await time.settle();
    expect(raw.all("end")).toHaveLength(21);
    raw.carrier.cut();
  });

  it("is not what this side was, where it was held up itself", async () => {
    const { raw, time, session, carrier } = await gateway();
    fill(carrier);
    raw.say(open(1, "look", 1));
    await time.advance(1_000);
    // No timer has run meanwhile: the process was suspended.
    time.now += STALL_MS * 10;
    await time.advance(1_000);
    expect(session.state).toBe("ready");
    await time.advance(STALL_MS);
    expect(session.state).toBe("closed");
  });

  it("is not one that is asleep: where nothing is heard the channel ends alone, and the session goes on", async () => {
    const world = await kitWorld({}, { limits: { heartbeatMs: 30_000 } });
    const call = world.client.call("look", "again", { timeoutMs: Number.POSITIVE_INFINITY });
    await world.time.settle();
    fill(world.gatewayCarrier);
    // From now on the client neither reads nor writes.
    world.clientCarrier.send = () => {};
    expect(await call).toBe("again");
    void world.gateway.call("none", 1).catch(() => {});
    await world.time.advance(STALL_MS + 30_000);
    expect(world.gateway.state).toBe("reconnecting");
    world.gatewayCarrier.cut();
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("is let go by a client, too, which connects anew and makes its calls again", async () => {
    const { raw, time, side, carrier, session } = await ClientUnderTest.open({}, { heartbeatMs: 3_600_000 });
    await time.settle();
    raw.say(offer("look"));
    await time.settle();
    fill(carrier);
    session.call("look", 1, { timeoutMs: Number.POSITIVE_INFINITY }).catch(() => {});
    await time.advance(STALL_MS + 1_000);
    expect(side.ends).toMatchObject([
      { cause: "closed", code: "resource_exhausted", message: SENTENCE, byPeer: false },
    ]);
    expect(raw.all("goaway")).toMatchObject([{ code: 8, message: SENTENCE }]);
  });

  it("hears it when it comes back, in the sentence that says why its session is none any more [RESUME-007]", async () => {
    const clientLog = new MemoryLog();
    const world = await kitWorld({}, { clientLog, limits: { heartbeatMs: 3_600_000 } });
    // What the gateway says is lost with its socket.
    world.gatewayCarrier.send = () => {};
    fill(world.gatewayCarrier);
    const call = world.client.call("look", "again", { timeoutMs: Number.POSITIVE_INFINITY });
    await world.time.advance(STALL_MS + 1_000);
    expect(world.gatewaySessions.map(({ session }) => session.state)).toEqual(["closed"]);
    world.clientCarrier.cut();
    await world.time.settle();
    await world.reconnect();
    const reasons = clientLog.lines.filter(({ message }) => message === "turnmux: a session could not be resumed");
    expect(reasons).toMatchObject([
      { fields: { reason: `the session was not resumed: the session is over: ${SENTENCE}` } },
    ]);
    // Its call is opened again in the new session.
    expect(await call).toBe("again");
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("is let go also where the network takes all, and nothing is acknowledged", async () => {
    for (const says of ["nothing", "the same again", "what it has got"] as const) {
      const gateway = new ResumableGateway({ limits: { heartbeatMs: 3_600_000 } });
      gateway.side.registry.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
      const line = await gateway.open({}, open(1, "look", 1));
      // OFFER, and END.
      if (says === "what it has got") await gateway.say(line, ack(1));
      else await gateway.say(line, ping());
      for (let second = 0; second < 59; second++) {
        await gateway.time.advance(1_000);
        await gateway.say(line, ...(says === "nothing" ? [ping()] : [ack(says === "the same again" ? 0 : 2)]));
      }
      expect(gateway.side.latest.session.state).toBe("ready");
      await gateway.time.advance(1_000);
      const told = says === "what it has got" ? [] : [{ code: 8, message: SENTENCE }];
      expect(line.raw.all("goaway")).toMatchObject(told);
      expect(gateway.side.latest.session.state).toBe(told.length === 0 ? "ready" : "closed");
      line.near.cut();
      await gateway.time.settle();
    }
  });

  it("is not what this side was, where it was held up while an acknowledgement was due", async () => {
    const gateway = new ResumableGateway({ limits: { heartbeatMs: 3_600_000 } });
    const line = await gateway.open();
    gateway.time.now += STALL_MS * 10;
    await gateway.time.advance(1_000);
    // Nor where nothing at all is heard.
    await gateway.time.advance(STALL_MS * 3);
    expect(gateway.side.latest.session.state).toBe("ready");
    for (let second = 0; second < 61; second++) {
      await gateway.say(line, ping());
      await gateway.time.advance(1_000);
    }
    expect(gateway.side.latest.session.state).toBe("closed");
    line.near.cut();
  });

  it("holds no more than its limits, whatever its calls give", async () => {
    const world = await gateway({ stallMs: 0, handOver: 1_024, framePayload: 1_024 });
    let handed = 0;
    const { send } = world.carrier;
    world.carrier.send = (message) => {
      send.call(world.carrier, message);
      handed += (message as Uint8Array).length;
      world.carrier.buffered += (message as Uint8Array).length;
    };
    for (let n = 0; n < 200; n++) world.raw.say(open(2 * n + 1, "look", "x".repeat(900)));
    await world.time.advance(100_000);
    // One message beyond what may lie ahead of the socket.
    expect(handed).toBeLessThan(1_024 + 80 * 1_024);
    world.raw.carrier.cut();
  });
});

describe("what answers the peer", () => {
  it("leaves where the socket has enough, and bodies wait [CHAN-007]", async () => {
    const world = new GatewayUnderTest();
    const { raw, time, carrier } = world;
    raw.say(raw.hello({ features: [DELIVERY], limits: { ...RAW_LIMITS, replay: 1 << 22 } }));
    await time.settle();
    world.side.registry.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
    await time.settle();
    raw.take();
    fill(carrier, HAND_OVER);
    raw.say(open(1, "look", 1), { type: "ping", id: 7 });
    await time.advance(2_000);
    expect(raw.received.map(({ type }) => type)).toEqual(["pong", "ack"]);
    fill(carrier, HAND_OVER + 64 * 1024);
    raw.say({ type: "ping", id: 8 });
    await time.advance(1_000);
    expect(raw.received.map(({ type }) => type)).toEqual(["pong", "ack"]);
    carrier.drain();
    await time.settle();
    expect(raw.received.slice(2).map(({ type }) => type)).toEqual(["pong", "end"]);
    raw.carrier.cut();
  });

  it("leaves on both sides where both are full, so that neither waits for the other", async () => {
    const world = await kitWorld({ set: never }, { limits: { heartbeatMs: 1_000 } });
    world.client.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
    await world.time.settle();
    for (const carrier of [world.clientCarrier, world.gatewayCarrier]) fill(carrier, HAND_OVER);
    const calls = [
      world.client.call("look", "x".repeat(300_000), { timeoutMs: Number.POSITIVE_INFINITY }),
      world.gateway.call("look", "y".repeat(300_000), { timeoutMs: Number.POSITIVE_INFINITY }),
    ];
    // Each hears that the other one is there, for longer than it would wait in silence.
    await world.time.advance(STALL_MS - 10_000);
    expect([world.client.state, world.gateway.state]).toEqual(["ready", "ready"]);
    for (const carrier of [world.clientCarrier, world.gatewayCarrier]) carrier.drain();
    await world.time.settle();
    await world.time.advance(1_000);
    expect((await Promise.all(calls)).map((value) => (value as string).length)).toEqual([300_000, 300_000]);
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("is a CREDIT, an ACK or a PONG however much is kept and however little credit there is", async () => {
    const world = await World.ready({
      limits: { replay: 1_024, streamCredit: 1_024 },
      clientLimits: { replay: 1_024, streamCredit: 1_024 },
    });
    world.registry.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
    world.client.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
    await world.time.settle();
    const calls = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? world.client : world.gateway).call("look", "x".repeat(20_000), {
        timeoutMs: Number.POSITIVE_INFINITY,
      }),
    );
    await world.time.advance(60_000);
    expect((await Promise.all(calls)).every((value) => (value as string).length === 20_000)).toBe(true);
    world.clientCarrier.cut();
    await world.time.settle();
  });
});
