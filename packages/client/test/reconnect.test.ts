import { describe, expect, it } from "vitest";
import { UsageError } from "../src/index.ts";
import { failureOf, statesOf } from "./support/observe.ts";
import { tools, Workshop } from "./support/tools.ts";
import { refused, VirtualNetwork, welcome } from "./support/virtual-network.ts";

/** The times between attempts, from the loss of the first connection on. */
function waits(network: VirtualNetwork): number[] {
  return network.attempts.slice(1).map((at, index) => at - (network.attempts[index] ?? 0));
}

describe("A lost connection", () => {
  it("is made anew, and the session tells where it is and why", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    const { states, ends } = statesOf(session);
    const first = session.id;
    network.latest.carrier.cut();
    await network.time.advance(0);
    expect(session.state).toBe("reconnecting");
    expect(ends).toMatchObject([{ cause: "lost", code: "unavailable", message: expect.stringContaining("1006") }]);
    await network.time.advance(250);
    expect(states).toEqual(["reconnecting", "ready"]);
    expect(session.id).not.toBe(first);
    await network.close(session);
  });

  it("is waited for twice as long with each attempt, up to half a minute", async () => {
    const network = new VirtualNetwork(welcome, refused);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(150_000);
    expect(waits(network)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    await network.close(session);
  });

  it("is waited for a time drawn at random, from none to all of it", async () => {
    const network = new VirtualNetwork(welcome, refused);
    network.chance = 0.75;
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(0);
    await network.time.advance(250 / 4);
    expect(network.attempts).toHaveLength(2);
    network.chance = 0;
    await network.time.advance(500 / 4);
    expect(network.attempts).toHaveLength(3);
    await network.time.advance(999);
    expect(network.attempts).toHaveLength(3);
    await network.time.advance(1);
    expect(network.attempts).toHaveLength(4);
    await network.close(session);
  });

  it("follows initialMs, factor, maxMs and jitter", async () => {
    const network = new VirtualNetwork(welcome, refused);
    network.chance = 0.5;
    const session = await network.session({ reconnect: { initialMs: 10, factor: 3, maxMs: 100, jitter: 0.2 } });
    network.latest.carrier.cut();
    await network.time.advance(400);
    expect(waits(network).slice(0, 5)).toEqual([9, 27, 81, 90, 90]);
    await network.close(session);
  });

  it("begins a new row of waits after a connection that outlived the wait before it, and goes on after one that did not", async () => {
    const network = new VirtualNetwork(welcome, refused, refused, welcome, welcome, welcome);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(250 + 500 + 1_000);
    expect(session.state).toBe("ready");
    network.latest.carrier.cut();
    await network.time.advance(2_000);
    expect(waits(network)).toEqual([250, 500, 1_000, 2_000]);
    expect(session.state).toBe("ready");
    await network.time.advance(2_000);
    network.latest.carrier.cut();
    await network.time.advance(250);
    expect(waits(network).at(-1)).toBe(2_000 + 250);
    expect(session.state).toBe("ready");
    await network.close(session);
  });

  it("is given up after giveUpMs, and the session says so", async () => {
    const network = new VirtualNetwork(welcome, refused);
    const session = await network.session({ reconnect: { giveUpMs: 1_000 } });
    network.latest.carrier.cut();
    await network.time.settle();
    const waiting = failureOf(session.call("echo"));
    await network.time.advance(1_000);
    expect(network.attempts).toHaveLength(3);
    expect(await session.closed).toMatchObject({
      cause: "lost",
      message: "given up after 3 attempts, the last one: connect ECONNREFUSED",
    });
    expect(await waiting).toMatchObject({ code: "unavailable", outcome: "not_started" });
    expect(network.time.pendingTimers).toBe(0);
  });

  it("ends the session where reconnect is false", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session({ reconnect: false });
    network.latest.carrier.cut();
    await network.time.advance(60_000);
    expect(await session.closed).toMatchObject({ cause: "lost", code: "unavailable" });
    expect(network.attempts).toHaveLength(1);
    expect(await failureOf(session.call("echo"))).toMatchObject({ code: "unavailable", outcome: "not_started" });
  });

  it("may also be one that fell silent", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    const { ends } = statesOf(session);
    const [carrier] = network.clientCarriers;
    if (carrier !== undefined) carrier.arrive = () => {};
    await network.time.advance(15_000 * 2.5 + 250);
    expect(ends).toMatchObject([{ cause: "silent", code: "unavailable" }]);
    expect(session.state).toBe("ready");
    await network.close(session);
  });

  it("may also be one that fell silent and takes nothing more", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    const [carrier] = network.clientCarriers;
    if (carrier !== undefined) {
      carrier.arrive = () => {};
      carrier.buffered = 2 ** 30;
      network.latest.carrier.other = undefined;
    }
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(2);
    await network.close(session);
  });
});

describe("A session that is resumed", () => {
  it("keeps its id and its calls, and begins a new row of waits and of giveUpMs with each outage", async () => {
    const network = new VirtualNetwork(welcome);
    network.resumable = true;
    const workshop = new Workshop();
    network.registry.implement(tools, workshop.handlers);
    const session = await network.session({ reconnect: { giveUpMs: 2_000 } });
    const { states } = statesOf(session);
    const held = session.call("hold", {}, { timeoutMs: Number.POSITIVE_INFINITY });
    const { id } = session;
    await network.time.settle();
    for (let outage = 0; outage < 4; outage++) {
      network.clientCarriers.at(-1)?.cut();
      await network.time.advance(250);
      expect(session.state).toBe("ready");
      await network.time.advance(10_000);
    }
    expect(waits(network)).toEqual([250, 10_250, 10_250, 10_250]);
    workshop.release.open();
    await network.time.settle();
    expect([await held, session.id, network.sessions.length]).toEqual(["done", id, 1]);
    expect(states).toEqual(Array.from({ length: 4 }, () => ["reconnecting", "ready"]).flat());
    await network.close(session);
  });
});

describe("A call that the socket never took", () => {
  it("is not lost with it, but made on the next connection", async () => {
    const network = new VirtualNetwork(welcome);
    network.registry.implement(tools, new Workshop().handlers);
    const session = await network.session();
    const [carrier] = network.clientCarriers;
    if (carrier !== undefined) carrier.buffered = 2 ** 30;
    const call = session.call("echo", "a");
    const turn = session.turn("t");
    const cancelled = failureOf(turn.call("echo", "b"));
    await network.time.settle();
    turn.cancel();
    await network.time.settle();
    expect(await cancelled).toMatchObject({ code: "cancelled", outcome: "not_started" });
    carrier?.cut();
    await network.time.advance(250);
    expect(await call).toBe("a");
    await network.close(session);
  });

  it("ends as not_started where there is no next connection", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session({ reconnect: false });
    const [carrier] = network.clientCarriers;
    if (carrier !== undefined) carrier.buffered = 2 ** 30;
    const unsent = failureOf(session.call("echo", "a"));
    await network.time.settle();
    carrier?.cut();
    await network.time.settle();
    expect(await unsent).toMatchObject({ code: "unavailable", outcome: "not_started" });
  });
});

describe("A gateway that asks to wait", () => {
  it("in REFUSE is waited for, and the jitter comes on top", async () => {
    const draining = { admission: { kind: "closed", message: "starting", retryAfterMs: 5_000 } } as const;
    const network = new VirtualNetwork(welcome, draining, welcome);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(250 + 5_000 + 499);
    expect(network.attempts).toHaveLength(2);
    await network.time.advance(1);
    expect(network.attempts).toHaveLength(3);
    expect(session.state).toBe("ready");
    await network.close(session);
  });

  it.each([
    ["when its calls are over", false],
    ["also where the connection is lost before that", true],
  ])("in GOAWAY is waited for, %s", async (_when, cut) => {
    const network = new VirtualNetwork(welcome);
    const workshop = new Workshop();
    network.registry.implement(tools, workshop.handlers);
    const session = await network.session();
    const held = session.call("hold", {});
    await network.time.settle();
    network.latest.acceptor.drain("restarting", 7_000);
    await network.time.settle();
    expect(session.state).toBe("ready");
    if (cut) network.latest.carrier.cut();
    else workshop.release.open();
    await network.time.settle();
    await network.time.advance(7_249);
    expect(session.state).toBe("reconnecting");
    await network.time.advance(1);
    expect(session.state).toBe("ready");
    // Where it was cut it is opened again in the session that follows.
    workshop.release.open();
    await network.time.settle();
    expect(await held).toBe("done");
    await network.close(session);
  });

  it("in GOAWAY is not waited for where the connection is lost before the calls are over: they are resumed first", async () => {
    const network = new VirtualNetwork(welcome, welcome, refused, refused, welcome);
    network.resumable = true;
    const workshop = new Workshop();
    network.registry.implement(tools, workshop.handlers);
    const session = await network.session();
    const held = session.call("hold", {});
    await network.time.settle();
    network.latest.acceptor.drain("restarting", 7_000);
    await network.time.settle();
    network.clientCarriers[0]?.cut();
    await network.time.advance(250);
    expect([session.state, network.sessions.length]).toEqual(["ready", 1]);
    workshop.release.open();
    await network.time.settle();
    expect(await held).toBe("done");
    // And now that they are over, it is.
    expect(session.state).toBe("reconnecting");
    await network.time.advance(7_000);
    expect(network.attempts).toHaveLength(2);
    await network.close(session);
  });

  it("in GOAWAY is waited for where there was nothing to resume any more", async () => {
    const network = new VirtualNetwork(welcome, refused, welcome);
    network.resumable = true;
    network.registry.implement(tools, new Workshop().handlers);
    const session = await network.session();
    void session.call("hold", {}).catch(() => {});
    await network.time.settle();
    network.latest.acceptor.drain("restarting", 7_000);
    await network.time.settle();
    network.clientCarriers[0]?.cut();
    await network.time.advance(250);
    expect(network.attempts).toHaveLength(2);
    await network.time.advance(7_000);
    expect(network.attempts).toHaveLength(2);
    await network.time.advance(500);
    expect([network.attempts.length, session.state]).toEqual([3, "ready"]);
    await network.close(session);
  });

  it("by an HTTP status is waited for", async () => {
    const busy = { message: "the server answered HTTP 503", status: 503, retryAfterMs: 3_000 };
    const network = new VirtualNetwork(welcome, busy, welcome);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(250 + 3_000 + 500);
    expect(session.state).toBe("ready");
    expect(waits(network)).toEqual([250, 3_500]);
    await network.close(session);
  });
});

describe("A session is not made anew", () => {
  it("after unauthenticated", async () => {
    const unknown = {
      admission: { kind: "vouched", grant: Promise.reject(new Error("who?")) },
    } as const;
    unknown.admission.grant.catch(() => {});
    const network = new VirtualNetwork(welcome, unknown);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(2);
    expect(await session.closed).toMatchObject({ cause: "refused", code: "unauthenticated" });
  });

  it("after its grant was taken back", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    network.latest.control.onRevoke("no longer");
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(1);
    expect(await session.closed).toMatchObject({ cause: "goaway", code: "permission_denied" });
  });

  it.each([401, 403])("after HTTP %d", async (status) => {
    const network = new VirtualNetwork(welcome, { message: `the server answered HTTP ${status}`, status });
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(2);
    const { code } = await session.closed;
    expect(code).toBe(status === 401 ? "unauthenticated" : "permission_denied");
  });

  it("after the gateway closed it", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    void network.latest.session.close("enough");
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(1);
    expect(await session.closed).toMatchObject({ cause: "goaway", code: "cancelled", byPeer: true });
  });

  it("after the gateway broke the protocol", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    network.latest.carrier.send("nonsense");
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(1);
    expect(await session.closed).toMatchObject({ cause: "violation", requirement: "CARR-003" });
  });

  it("after this side broke the protocol", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    network.clientCarriers[0]?.send("nonsense");
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(1);
    expect(await session.closed).toMatchObject({ cause: "goaway", requirement: "CARR-003", byPeer: true });
  });
});

describe("The first connection", () => {
  it("is tried once", async () => {
    const network = new VirtualNetwork(refused, welcome);
    const failure = failureOf(network.connect());
    await network.time.advance(0);
    expect(await failure).toMatchObject({ code: "unavailable", outcome: "not_started", retryable: true });
    expect(network.attempts).toEqual([0]);
    expect(network.time.pendingTimers).toBe(0);
  });

  it("is tried again where connectTimeoutMs leaves time for it", async () => {
    const network = new VirtualNetwork(refused, refused, welcome);
    const connecting = network.connect({ connectTimeoutMs: 1_000 });
    await network.time.advance(750);
    const session = await connecting;
    expect(network.attempts).toEqual([0, 250, 750]);
    await network.time.advance(2_000);
    expect(session.state).toBe("ready");
    await network.close(session);
  });

  it("is given up when connectTimeoutMs is over, or leaves no time for another attempt", async () => {
    const network = new VirtualNetwork(refused);
    const failure = failureOf(network.connect({ connectTimeoutMs: 1_000 }));
    await network.time.advance(750);
    expect((await failure).message).toContain("given up after 3 attempts, the last one: connect ECONNREFUSED");
    expect(network.time.pendingTimers).toBe(0);
  });

  it.each(["nothing", "silence"] as const)(
    "is given up when connectTimeoutMs is over in the midst of %s",
    async (attempt) => {
      const network = new VirtualNetwork(attempt);
      const failure = failureOf(network.connect({ connectTimeoutMs: 1_000 }));
      await network.time.advance(1_000);
      expect(await failure).toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("it did not stand within 1000 ms (connectTimeoutMs)"),
      });
      expect(network.attempts).toEqual([0]);
      expect(network.time.pendingTimers).toBe(0);
    },
  );

  it("does not wait for a socket that neither opens nor fails", async () => {
    const network = new VirtualNetwork("nothing");
    const failure = failureOf(network.connect({ limits: { handshakeMs: 500 } }));
    await network.time.advance(500);
    expect((await failure).message).toContain("no WebSocket was open within 500 ms");
    expect(network.aborted).toBe(1);
    expect(network.time.pendingTimers).toBe(0);
  });

  it("fails with a sentence of its own where nobody speaks turnmux", async () => {
    const network = new VirtualNetwork("silence");
    const failure = failureOf(network.connect({ limits: { handshakeMs: 10_000 } }));
    await network.time.advance(10_000);
    expect(await failure).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("nobody at the other end speaks turnmux"),
    });
    expect(network.time.pendingTimers).toBe(0);
  });

  it("is not tried again after unauthenticated, however much time is left", async () => {
    const proof = {
      admission: { kind: "proof", audience: "x:1", methods: ["token"], verify: async () => undefined },
    } as const;
    const network = new VirtualNetwork(proof);
    const failure = failureOf(network.connect({ connectTimeoutMs: 60_000 }));
    await network.time.advance(60_000);
    expect((await failure).code).toBe("unauthenticated");
    expect(network.attempts).toEqual([0]);
  });
});

describe("Closing", () => {
  it("while waiting for the next attempt ends the session at once, and leaves no timer", async () => {
    const network = new VirtualNetwork(welcome, refused);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.settle();
    const waiting = failureOf(session.call("echo"));
    await session.close("enough");
    expect(await session.closed).toMatchObject({ cause: "closed", code: "cancelled", message: "enough" });
    expect(await waiting).toMatchObject({ code: "cancelled", outcome: "not_started" });
    expect(network.time.pendingTimers).toBe(0);
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(1);
  });

  it.each([
    ["nothing", 1],
    ["silence", 0],
  ] as const)("in the midst of %s ends the session at once, and the socket", async (attempt, aborted) => {
    const network = new VirtualNetwork(welcome, attempt);
    const session = await network.session();
    network.latest.carrier.cut();
    await network.time.advance(250);
    expect(network.attempts).toHaveLength(2);
    const closing = session.close();
    await session.closed;
    await network.time.settle();
    await closing;
    expect(network.aborted).toBe(aborted);
    expect(network.clientCarriers.slice(1).map(({ closedWith }) => closedWith?.code)).toEqual(aborted ? [] : [1000]);
    expect(network.time.pendingTimers).toBe(0);
    await network.time.advance(60_000);
    expect(network.attempts).toHaveLength(2);
  });

  it("does not hang on a socket that takes nothing more", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    const [carrier] = network.clientCarriers;
    if (carrier !== undefined) carrier.buffered = 2 ** 30;
    const closing = session.close();
    await network.time.advance(2_000);
    await closing;
    expect(await session.closed).toMatchObject({ cause: "closed", code: "cancelled" });
    expect(network.time.pendingTimers).toBe(0);
  });

  it("from a listener of the state that tells of the loss is the end of it", async () => {
    const network = new VirtualNetwork(welcome);
    const session = await network.session();
    session.addEventListener("state", ({ detail }) => {
      if (detail.state === "reconnecting") void session.close();
    });
    network.latest.carrier.cut();
    await network.time.advance(60_000);
    expect((await session.closed).cause).toBe("closed");
    expect(network.attempts).toHaveLength(1);
    expect(network.time.pendingTimers).toBe(0);
  });

  it("happens when the signal is aborted, also between two attempts", async () => {
    const network = new VirtualNetwork(welcome, refused);
    const abort = new AbortController();
    const session = await network.session({ signal: abort.signal });
    network.latest.carrier.cut();
    await network.time.settle();
    abort.abort();
    expect(await session.closed).toMatchObject({ cause: "closed", code: "cancelled" });
    expect(network.time.pendingTimers).toBe(0);
  });
});

describe("Options of reconnecting", () => {
  it.each([{ initialMs: -1 }, { factor: 0.5 }, { maxMs: Number.NaN }, { jitter: 1.5 }, { giveUpMs: -1 }])(
    "%j are a usage error",
    async (reconnect) => {
      await expect(new VirtualNetwork(welcome).connect({ reconnect })).rejects.toThrow(UsageError);
    },
  );
});
