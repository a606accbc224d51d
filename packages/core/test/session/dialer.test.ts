import { describe, expect, it } from "vitest";
import { kit, kitWorld, watch } from "../support/kit.ts";
import { ClientUnderTest } from "../support/raw-worlds.ts";
import { accept, goaway, ok, open } from "../support/raw.ts";
import { World } from "../support/world.ts";

describe("a session that is closed before it stands", () => {
  it.each(["greeting", "proving"])("in state %s has its calls end as not started", async (state) => {
    const { raw, time, side, session } = new ClientUnderTest({
      prover: { method: "token", keyId: "k", prove: () => new Promise(() => {}) },
    });
    const call = watch(session.call("echo", 1));
    await time.settle();
    if (state === "proving") raw.say(raw.challenge());
    await time.settle();
    const closing = session.close("never mind");
    await time.settle();
    await closing;
    expect(call.said).toBe("cancelled, not_started");
    expect(side.ends).toMatchObject([{ cause: "closed", code: "cancelled", message: "never mind" }]);
    expect(raw.all("goaway")).toHaveLength(state === "proving" ? 1 : 0);
    expect(side.states).toEqual(["closed"]);
    // What comes late changes nothing.
    raw.say(raw.welcome());
    await time.settle();
    expect(session.state).toBe("closed");
    expect(time.pendingTimers).toBe(0);
  });
});

describe("a host's carrier", () => {
  it("keeps late frames from the host after the end, until it is given back", async () => {
    const { raw, time, dialer, session, carrier } = await ClientUnderTest.open({ shared: true });
    watch(session.call("echo", 1));
    await time.settle();
    const closing = session.close();
    await time.settle();
    await closing;
    raw.say(accept(1), ok(1, "late"), open(2, "echo", 1));
    raw.say(goaway(1));
    await time.settle();
    expect(carrier.hostReceived).toEqual([]);
    dialer.detach("given back");
    raw.say(goaway(1));
    await time.settle();
    expect(carrier.hostReceived).toHaveLength(1);
  });

  it("is given back together with the end of the session, where it stands", async () => {
    const { raw, time, dialer, session, side, carrier } = await ClientUnderTest.open({ shared: true });
    const call = watch(session.call("echo", 1));
    await time.settle();
    dialer.detach("the host wants it back");
    await time.settle();
    expect(call.said).toBe("cancelled, unknown");
    expect(raw.only("goaway")).toMatchObject({ message: "the host wants it back" });
    expect(side.ends).toHaveLength(1);
    carrier.arrive("host traffic");
    expect(carrier.hostReceived).toEqual(["host traffic"]);
    expect(time.pendingTimers).toBe(0);
  });

  it("is given back without its last word where the carrier is gone, and the session ends", async () => {
    const { time, dialer, session, side, carrier } = await ClientUnderTest.open({ shared: true });
    carrier.lose({ reason: "gone" });
    dialer.detach("again");
    dialer.close("and again");
    await time.settle();
    expect(side.ends).toMatchObject([{ cause: "lost" }]);
    expect(session.state).toBe("reconnecting");
    expect(time.pendingTimers).toBe(0);
  });
});

describe("the end of a channel", () => {
  it("is told once, whatever comes at the same time", async () => {
    const world = await World.ready();
    const closings = [world.client.close("a"), world.gateway.close("b")];
    world.dialer.close("c");
    world.clientCarrier.cut();
    await world.time.settle();
    await Promise.all(closings);
    expect(world.clientSide.ends).toHaveLength(1);
    expect(world.client.state).toBe("closed");
    expect(world.gateway.state).toBe("closed");
    expect(world.time.pendingTimers).toBe(0);
  });

  it.each(["client", "gateway"] as const)("by the %s ends calls of both sides, each with its outcome", async (side) => {
    const world = await kitWorld({ look: () => new Promise(() => {}) });
    world.client.implement(kit, { look: () => new Promise(() => {}), set: () => 1, add: () => 1, list: () => "" });
    await world.time.settle();
    const out = watch(world.client.client(kit).look(1));
    const back = watch(world.gateway.client(kit).look(1));
    await world.time.settle();
    const closing = world[side].close("enough");
    await world.time.settle();
    await closing;
    const [own, other] = ["cancelled, unknown", "unavailable, unknown"];
    expect([out.said, back.said]).toEqual(side === "client" ? [own, other] : [other, own]);
    expect(out.error?.message).toContain("enough");
  });

  it("by revocation says so to the client", async () => {
    const world = await World.ready();
    world.gatewaySessions[0]?.control.onRevoke("the grant was taken back");
    await world.time.settle();
    expect(world.lastEnd).toMatchObject({
      cause: "goaway",
      code: "permission_denied",
      message: "the grant was taken back",
    });
    expect(world.client.state).toBe("closed");
  });
});

describe("many calls at once", () => {
  it("wait for a stream beyond what the peer takes, in order, up to their limit", async () => {
    const order: unknown[] = [];
    const world = await kitWorld(
      {
        look: (input) => {
          order.push(input);
          return input;
        },
      },
      { limits: { streams: 10 }, clientLimits: { queuedCalls: 990 } },
    );
    const calls = Array.from({ length: 1_005 }, (_, n) => watch(world.client.client(kit).look(n)));
    await world.time.settle();
    expect(calls.slice(0, 1_000).every(({ said }, n) => said === `ok: ${n}`)).toBe(true);
    expect(order).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(new Set(calls.slice(1_000).map(({ said }) => said))).toEqual(new Set(["resource_exhausted, not_started"]));
    expect(world.client.activeCalls.outgoing).toBe(0);
  });

  it("keep to their deadlines and cancellations while they wait for a stream", async () => {
    const world = await kitWorld({ look: () => new Promise(() => {}) }, { limits: { streams: 1 } });
    const api = world.client.client(kit);
    watch(api.look(0, { timeoutMs: Number.POSITIVE_INFINITY }));
    const leaving = new AbortController();
    const late = watch(api.look(1, { timeoutMs: 50 }));
    const left = watch(api.look(2, { signal: leaving.signal }));
    const unaccepted = watch(api.look(3, { acceptTimeoutMs: 70 }));
    await world.time.settle();
    leaving.abort();
    await world.time.advance(100);
    expect([late.said, left.said, unaccepted.said]).toEqual([
      "deadline_exceeded, not_started",
      "cancelled, not_started",
      "deadline_exceeded, not_started",
    ]);
    expect(world.client.activeCalls.outgoing).toBe(1);
  });
});
