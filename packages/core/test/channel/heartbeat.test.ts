import { describe, expect, it } from "vitest";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { World } from "../support/world.ts";

const beat = { limits: { heartbeatMs: 1_000 } } as const;

describe("a side that hears nothing", () => {
  it("asks after one interval and again after the next, and ends the channel after two and a half", async () => {
    const { raw, time, carrier, session } = await GatewayUnderTest.open(beat);
    await time.advance(999);
    expect(raw.received).toEqual([]);
    await time.advance(1);
    expect(raw.received).toMatchObject([{ type: "ping" }]);
    await time.advance(1_000);
    expect(raw.all("ping").map((frame) => frame.id)).toEqual([1, 2]);
    await time.advance(499);
    expect(session.state).toBe("ready");
    await time.advance(1);
    expect(session.state).toBe("closed");
    expect(await session.closed).toMatchObject({ cause: "silent", code: "unavailable", byPeer: false });
    // Nobody would read a last word.
    expect(raw.all("goaway")).toEqual([]);
    expect(carrier.closedWith?.code).toBe(4408);
    expect(time.pendingTimers).toBe(0);
  });

  it("takes anything for a sign of life, extensions too", async () => {
    const { raw, time, session } = await GatewayUnderTest.open(beat);
    for (let i = 0; i < 10; i++) {
      await time.advance(900);
      if (i % 2 === 0) raw.say({ type: "pong", id: 99 });
      else raw.sayOctets(0, 0, 0, 0xf0, 0, 0, 0, 0, 0);
      await time.settle();
    }
    expect(raw.received).toEqual([]);
    expect(session.state).toBe("ready");
  });

  it("ends at once when its carrier has been blocked for as long: nothing waits for the socket", async () => {
    const { time, carrier, session, side } = await ClientUnderTest.open({ reconnects: false }, { heartbeatMs: 1_000 });
    carrier.buffered = 1 << 24;
    const call = session.call("echo", 1).catch((error: unknown) => error);
    await time.advance(2_500);
    expect(side.ends).toMatchObject([{ cause: "silent" }]);
    expect(await call).toMatchObject({ code: "unavailable", outcome: "not_started" });
    expect(session.state).toBe("closed");
    expect(time.pendingTimers).toBe(0);
  });

  it("keeps to the interval that the gateway stated", async () => {
    const { raw, time } = await ClientUnderTest.open({ clientLimits: { heartbeatMs: 50 } }, { heartbeatMs: 3_000 });
    await time.advance(2_999);
    expect(raw.received).toEqual([]);
    await time.advance(1);
    expect(raw.received).toMatchObject([{ type: "ping" }]);
  });
});

describe("PING", () => {
  it("is answered with its id and how late the event loop is, before anything else", async () => {
    const { raw, time, session, carrier } = await GatewayUnderTest.open({ lagMs: () => 12.3 });
    carrier.buffered = 1 << 24;
    const call = session.call("tool", "x".repeat(100_000)).catch(() => {});
    raw.say({ type: "ping", id: 2 ** 53 - 1 });
    await time.settle();
    carrier.drain();
    await time.settle();
    expect(raw.received[0]).toEqual({ type: "pong", id: 2 ** 53 - 1, lagMs: 13 });
    expect(raw.received[1]?.type).toBe("open");
    raw.carrier.cut();
    await call;
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -5])("is answered without harm where the lag is %d", async (lag) => {
    const { raw, time } = await GatewayUnderTest.open({ lagMs: () => lag });
    raw.say({ type: "ping", id: 1 });
    await time.settle();
    expect(raw.only("pong").lagMs).toBe(lag === -5 ? 0 : undefined);
  });

  it("tells whoever asked how late the other side is", async () => {
    const { raw, time, dialer } = await ClientUnderTest.open({}, { heartbeatMs: 1_000 });
    await time.advance(1_000);
    expect(dialer.peer).toMatchObject({ state: "alive", lagMs: undefined, silentMs: 1_000 });
    raw.say({ type: "pong", id: raw.only("ping").id, lagMs: 40 });
    await time.settle();
    expect(dialer.peer).toMatchObject({ state: "alive", lagMs: 40, silentMs: 0 });
  });

  it("keeps an idle session up for as long as both sides are there", async () => {
    const world = await World.ready(beat);
    await world.time.advance(60_000);
    expect([world.client.state, world.gateway.state]).toEqual(["ready", "ready"]);
  });
});
