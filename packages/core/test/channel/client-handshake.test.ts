import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type Prover } from "../../src/index.ts";
import { proofOctets } from "../../src/auth/transcript.ts";
import { handshakePayload } from "../../src/wire/carriage.ts";
import { accept, cont, goaway, octets, offer, ok, open, reset, type RawEnd } from "../support/raw.ts";
import { ClientUnderTest, MemoryLog } from "../support/raw-worlds.ts";
import type { Frame } from "../../src/wire/frame.ts";

const prover: Prover = { method: "token", keyId: "k", prove: (covered) => Promise.resolve(covered.slice(0, 8)) };
const stuck: Prover = { ...prover, prove: () => new Promise(() => {}) };

/** Ways into each state of a client's channel before WELCOME. */
const STATES: Readonly<Record<string, { prover: Prover; challenged: boolean; due: readonly string[] }>> = {
  greeting: { prover, challenged: false, due: ["challenge", "welcome", "refuse"] },
  proving: { prover: stuck, challenged: true, due: ["refuse"] },
  proved: { prover, challenged: true, due: ["welcome", "refuse"] },
};

/** One frame of each type; those of the handshake that have a place for it echo the client's nonce. */
function frames(raw: RawEnd): Record<Frame["type"], Frame> {
  const { clientNonce } = raw.challenge();
  return {
    hello: raw.hello(),
    challenge: raw.challenge({ audience: "another" }),
    proof: raw.proof({ clientNonce }),
    welcome: raw.welcome(),
    refuse: raw.refuse(),
    open: open(2, "echo", {}),
    accept: accept(1),
    data: cont(1, octets("x"), true),
    end: ok(1, {}),
    reset: reset(2),
    credit: { type: "credit", stream: 0, limit: 1 },
    ack: { type: "ack", received: 1 },
    ping: { type: "ping", id: 1 },
    pong: { type: "pong", id: 1 },
    offer: offer(),
    goaway: goaway(1),
  };
}

describe.each(["binary", "text", "wrapped"] as const)("a client before WELCOME, in %s carriage", (carriage) => {
  describe.each(Object.entries(STATES))("in state %s", (state, { prover: by, challenged, due }) => {
    const types = Object.keys(frames(new ClientUnderTest().raw)) as Frame["type"][];
    it.each(types)("ends at once on an early %s, and says why", async (type) => {
      const { raw, time, side, session } = new ClientUnderTest({ prover: by, carriage });
      const call = session.call("echo", 1).catch((error: unknown) => error);
      await time.settle();
      // The client states its tag in HELLO: a hostile gateway may use it at once.
      if (challenged) raw.say(raw.challenge());
      await time.settle();
      raw.take();
      raw.say(frames(raw)[type]);
      await time.settle();
      if (due.includes(type)) {
        expect(side.ends.map((end) => end.cause)).toEqual(type === "refuse" ? ["refused"] : []);
        return;
      }
      // HELLO has no nonce to echo: on an endpoint of turnmux's own that is as much of a fault.
      expect(side.ends).toMatchObject([{ cause: "violation", requirement: "HAND-005", byPeer: false }]);
      expect(side.ends[0]?.message).toMatch(type === "proof" ? /must not send PROOF/ : new RegExp(`"${state}"`));
      expect(await call).toMatchObject({ outcome: "not_started" });
      expect(time.pendingTimers).toBe(0);
      // Once it knows the gateway's tag, it says so.
      expect(raw.all("goaway").map((frame) => frame.requirement)).toEqual(challenged ? ["HAND-005"] : []);
    });
  });
});

describe("a client", () => {
  it("says HELLO first, with what it takes", async () => {
    const { raw, time } = new ClientUnderTest();
    await time.settle();
    expect(raw.received).toMatchObject([
      {
        type: "hello",
        versions: [1],
        features: ["delivery", "credit"],
        limits: { framePayload: 66_560, message: 1 << 24, streams: 1_024, assembling: 1 << 25, replay: 1 << 22 },
        contents: [1, 2, 3, 4],
        agent: "test",
      },
    ]);
  });

  it("repeats HELLO, octet for octet, on a host's socket until it is answered", async () => {
    const { raw, time, carrier } = new ClientUnderTest({ shared: true });
    await time.advance(2_100);
    expect(raw.all("hello")).toHaveLength(5);
    expect(new Set(carrier.sent.map(String)).size).toBe(1);
    raw.say(raw.welcome());
    await time.settle();
    raw.take();
    await time.advance(5_000);
    expect(raw.all("hello")).toEqual([]);
  });

  it("says after its limit that nobody at the other end speaks turnmux", async () => {
    const { raw, time, side, session } = new ClientUnderTest({ shared: true, clientLimits: { handshakeMs: 3_000 } });
    const call = session.call("echo", 1).catch((error: unknown) => error);
    await time.advance(3_000);
    expect(side.ends).toMatchObject([{ cause: "timeout", code: "unavailable", requirement: "HAND-007" }]);
    expect(side.ends[0]?.message).toMatch(/nobody at the other end speaks turnmux/);
    expect(await call).toMatchObject({ code: "unavailable", outcome: "not_started" });
    raw.take();
    await time.advance(60_000);
    expect(raw.received).toEqual([]);
    expect(time.pendingTimers).toBe(0);
  });

  it("waits by default for a gateway whose event loop stands still for many seconds", async () => {
    const { raw, time, side, session } = new ClientUnderTest({ shared: true });
    await time.advance(20_000);
    raw.say(raw.welcome());
    await time.settle();
    raw.say(offer());
    await time.settle();
    expect(side.ends).toEqual([]);
    expect(session.state).toBe("ready");
  });

  it("says that whoever gave no answer may as well have been busy", async () => {
    const { time, side } = new ClientUnderTest({ shared: true });
    await time.advance(DEFAULT_LIMITS.handshakeMs);
    expect(side.ends[0]?.message).toMatch(/ or it has been busy for as long$/);
  });

  it("gives up a gateway that challenges and then says nothing", async () => {
    const { raw, time, side } = new ClientUnderTest({ prover, clientLimits: { handshakeMs: 10_000 } });
    await time.settle();
    raw.say(raw.challenge());
    await time.advance(10_000);
    expect(side.ends[0]?.message).toMatch(/did not finish the handshake within 10000 ms/);
    expect(raw.only("goaway").code).toBe(14);
  });

  it("proves the very octets of HELLO and CHALLENGE", async () => {
    const covered: Uint8Array[] = [];
    const { raw, time } = new ClientUnderTest({
      prover: {
        method: "token",
        keyId: "key 1",
        prove: (given) => {
          covered.push(given);
          return Promise.resolve(octets("proved"));
        },
      },
    });
    await time.settle();
    const challenge = raw.challenge();
    raw.say(challenge);
    await time.settle();
    const hello = raw.only("hello");
    expect(covered).toEqual([proofOctets("token", "key 1", handshakePayload(hello), handshakePayload(challenge))]);
    expect(raw.only("proof")).toMatchObject({ method: "token", keyId: "key 1", proof: octets("proved") });
  });

  it.each([
    ["another version", { version: 2 }, "HAND-008"],
    ["a feature that it did not ask for", { features: ["unheard of"] }, "HAND-008"],
  ])("does not accept %s, in CHALLENGE or in WELCOME, and tells the gateway", async (_, wrong, requirement) => {
    for (const make of ["challenge", "welcome"] as const) {
      const { raw, time, side } = new ClientUnderTest({ prover });
      await time.settle();
      raw.say(make === "challenge" ? raw.challenge(wrong) : raw.welcome(wrong));
      await time.settle();
      expect(side.ends).toMatchObject([{ cause: "violation", requirement }]);
      expect(raw.only("goaway")).toMatchObject({ requirement, code: 9 });
      expect(raw.all("proof")).toEqual([]);
      expect(side.states).toEqual(["closed"]);
    }
  });

  it.each([
    ["frames of no length", { limits: { framePayload: 0, message: 1, streams: 1, assembling: 1 } }],
    ["a heartbeat without pause", { heartbeatMs: 0 }],
    ["a heartbeat once in a lifetime", { heartbeatMs: 2 ** 50 }],
  ])("does not accept a WELCOME that states %s", async (_, wrong) => {
    const { raw, time, side } = new ClientUnderTest();
    await time.settle();
    raw.say(raw.welcome(wrong));
    await time.settle();
    expect(side.ends).toMatchObject([{ cause: "violation", requirement: "LIMIT-005" }]);
    expect(raw.only("goaway").requirement).toBe("LIMIT-005");
  });

  it("does not prove itself to an audience that it does not accept, and tells the gateway", async () => {
    const asked: string[] = [];
    const { raw, time, side } = new ClientUnderTest({
      prover,
      acceptsAudience: (audience) => {
        asked.push(audience);
        return false;
      },
    });
    await time.settle();
    raw.say(raw.challenge({ audience: "elsewhere.example:443" }));
    await time.settle();
    expect(asked).toEqual(["elsewhere.example:443"]);
    expect(side.ends).toMatchObject([{ cause: "closed", code: "unauthenticated" }]);
    expect(side.ends[0]?.message).toMatch(/elsewhere\.example:443.*\[AUTH-005\]/);
    expect(raw.received.map((frame) => frame.type)).toEqual(["hello", "goaway"]);
  });

  it.each<[string, Prover | undefined, RegExp]>([
    ["it has nothing to prove itself with", undefined, /asks for a proof \(token\): pass `auth`/],
    ["the gateway does not take its method", { ...prover, method: "ed25519" }, /takes token, not ed25519/],
    ["its proof cannot be made", { ...prover, prove: () => Promise.reject(new Error("no key")) }, /could not be made/],
    ["its proof is no octets", { ...prover, prove: () => Promise.resolve("p" as never) }, /could not be made/],
    ["its proof is too long", { ...prover, prove: () => Promise.resolve(new Uint8Array(5_000)) }, /could not be made/],
  ])("gives up where %s", async (_, by, message) => {
    const clientLog = new MemoryLog();
    const { raw, time, side } = new ClientUnderTest({ ...(by === undefined ? {} : { prover: by }), clientLog });
    await time.settle();
    raw.say(raw.challenge());
    await time.settle();
    expect(side.ends).toMatchObject([{ cause: "closed", code: "unauthenticated", byPeer: false }]);
    expect(side.ends[0]?.message).toMatch(message);
    expect(raw.received.map((frame) => frame.type)).toEqual(["hello", "goaway"]);
    expect(time.pendingTimers).toBe(0);
  });

  it("survives an owner who cannot judge an audience", async () => {
    const { raw, time, side } = new ClientUnderTest({
      prover,
      acceptsAudience: () => {
        throw new Error("no idea");
      },
    });
    await time.settle();
    raw.say(raw.challenge());
    await time.settle();
    expect(side.ends).toMatchObject([{ cause: "closed", code: "unauthenticated" }]);
  });

  it("takes the gateway's word and its time to wait from REFUSE", async () => {
    const { raw, time, side } = new ClientUnderTest();
    await time.settle();
    raw.say(raw.refuse({ code: 14, message: "the house is full", retryAfterMs: 700 }));
    await time.settle();
    expect(side.ends).toEqual([
      { cause: "refused", code: "unavailable", message: "the house is full", retryAfterMs: 700, byPeer: true },
    ]);
    expect(raw.all("goaway")).toEqual([]);
  });

  it("ends when WELCOME comes a second time", async () => {
    for (const shared of [false, true]) {
      const { raw, time, side } = new ClientUnderTest({ shared });
      await time.settle();
      raw.say(raw.welcome());
      raw.say(raw.welcome());
      await time.settle();
      expect(side.ends).toMatchObject([{ cause: "violation", requirement: "HAND-005" }]);
      expect(raw.only("goaway").message).toMatch(/WELCOME came in state "open"/);
    }
  });

  it("keeps what echoes its nonce from the host, also when it comes too late", async () => {
    const { raw, time, side, carrier } = new ClientUnderTest({ shared: true });
    await time.settle();
    raw.say(raw.refuse());
    await time.settle();
    expect(side.ends).toHaveLength(1);
    raw.say(raw.welcome());
    raw.say(raw.refuse());
    await time.settle();
    expect(carrier.hostReceived).toEqual([]);
    expect(side.ends).toHaveLength(1);
  });
});
