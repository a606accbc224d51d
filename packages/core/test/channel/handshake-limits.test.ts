import { describe, expect, it } from "vitest";
import type { Admission, Grant } from "../../src/index.ts";
import { GatewayUnderTest, MemoryLog } from "../support/raw-worlds.ts";
import { octets, open } from "../support/raw.ts";

const grant: Grant = { principal: "alice", scopes: [] };

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

const proof: Admission = { kind: "proof", audience: "a", methods: ["token"], verify: never };

describe("the time of a handshake", () => {
  it("runs on an endpoint of turnmux's own from the start, and says nothing to one who said nothing", async () => {
    const { raw, time, side, carrier } = new GatewayUnderTest({ limits: { handshakeMs: 2_000 } });
    await time.advance(1_999);
    expect(carrier.closedWith).toBeUndefined();
    await time.advance(1);
    expect(carrier.closedWith?.code).toBe(1008);
    expect(raw.received).toEqual([]);
    expect(side.refused).toMatchObject([{ code: "deadline_exceeded", requirement: "HAND-007" }]);
    expect(time.pendingTimers).toBe(0);
  });

  it("runs on a host's socket from HELLO", async () => {
    const { raw, time } = new GatewayUnderTest({
      shared: true,
      limits: { handshakeMs: 2_000 },
      admission: { kind: "vouched", grant: never() },
    });
    await time.advance(60_000);
    expect(time.pendingTimers).toBe(0);
    raw.say(raw.hello());
    await time.advance(2_000);
    expect(raw.only("refuse")).toMatchObject({ code: 4, clientNonce: raw.nonce });
    expect(raw.only("refuse").message).toMatch(/not finished within 2000 ms \[HAND-007\]/);
    expect(time.pendingTimers).toBe(0);
  });

  it("is not made longer by repeated HELLOs, nor by a proof that is still being verified", async () => {
    const { raw, time } = new GatewayUnderTest({ admission: proof, limits: { handshakeMs: 2_000 } });
    await time.advance(1_500);
    raw.say(raw.hello());
    raw.say(raw.hello());
    await time.advance(200);
    raw.say(raw.proof());
    await time.advance(299);
    expect(raw.all("refuse")).toEqual([]);
    await time.advance(1);
    expect(raw.only("refuse").code).toBe(4);
  });
});

describe("the octets of a handshake", () => {
  it.each(["binary", "text", "wrapped"] as const)("are limited behind PROOF, in %s carriage", async (carriage) => {
    const { raw, time, side } = new GatewayUnderTest({
      admission: proof,
      carriage,
      limits: { handshakeOctets: 8_192 },
    });
    raw.say(raw.hello());
    await time.settle();
    raw.say(raw.proof());
    const body = octets("é".repeat(500));
    for (let i = 0; i < 7; i++) raw.say(open(2 * i + 1, "echo", null, { body }));
    await time.settle();
    expect(raw.all("refuse")).toEqual([]);
    raw.say(open(15, "echo", null, { body }));
    await time.settle();
    expect(raw.only("refuse")).toMatchObject({ code: 8 });
    expect(raw.only("refuse").message).toMatch(/more than 8192 octets came before WELCOME \[HAND-007\]/);
    expect(side.sessions).toEqual([]);
  });

  it("are limited for one message, too", async () => {
    for (const carriage of ["binary", "text"] as const) {
      const { raw, time } = new GatewayUnderTest({ carriage, limits: { handshakeOctets: 1_024 } });
      raw.say(raw.hello({ features: Array.from({ length: 200 }, (_, i) => `feature ${i}`) }));
      await time.settle();
      expect(raw.only("refuse")).toMatchObject({ code: 8 });
    }
  });

  it("count no more once the session stands", async () => {
    const { raw, time } = await GatewayUnderTest.open({ limits: { handshakeOctets: 1_024 } });
    for (let id = 0; id < 200; id++) {
      raw.say({ type: "ping", id });
      await time.settle();
    }
    expect(raw.all("pong")).toHaveLength(200);
  });
});

describe("whoever decides about a handshake", () => {
  it("may promise a grant: nothing is said until it is there", async () => {
    const promised = Promise.withResolvers<Grant>();
    const { raw, time } = new GatewayUnderTest({
      shared: true,
      admission: { kind: "vouched", grant: promised.promise },
    });
    raw.say(raw.hello());
    await time.advance(5_000);
    expect(raw.received).toEqual([]);
    promised.resolve(grant);
    await time.settle();
    expect(raw.only("welcome").principal).toBe("alice");
  });

  it.each<[string, Admission | (() => Admission), number, RegExp]>([
    [
      "rejects",
      () => ({ kind: "vouched", grant: Promise.reject(new Error("secret")) }),
      16,
      /the host granted no session/,
    ],
    ["has let the grant expire", { kind: "vouched", grant: { ...grant, expiresAt: 5 } }, 16, /the grant has expired/],
    ["gives no grant", { kind: "vouched", grant: undefined as never }, 13, /could be admitted/],
    ["promises, and gives no grant", { kind: "vouched", grant: Promise.resolve(undefined as never) }, 13, /be made/],
    [
      "throws",
      () => {
        throw new Error("secret");
      },
      13,
      /nobody could be admitted; the gateway's log says why/,
    ],
    ["has closed the house", { kind: "closed", message: "not now", retryAfterMs: 9 }, 14, /not now/],
    [
      "grants more than a frame holds",
      { kind: "vouched", grant: { principal: "alice", scopes: Array.from({ length: 2_000 }, (_, i) => `scope ${i}`) } },
      13,
      /a session could not be made/,
    ],
    [
      "grants what no frame holds",
      { kind: "vouched", grant: { principal: "a".repeat(2_000), scopes: [] } },
      13,
      /a session could not be made/,
    ],
  ])("refuses where it %s, and harms nobody", async (_, admission, code, message) => {
    const log = new MemoryLog();
    const { raw, time, side } = new GatewayUnderTest({ admission, gatewayLog: log });
    raw.say(raw.hello());
    await time.settle();
    expect(raw.only("refuse")).toMatchObject({ code, clientNonce: raw.nonce });
    expect(raw.only("refuse").message).toMatch(message);
    expect(JSON.stringify(raw.received)).not.toContain("secret");
    expect(side.refused).toHaveLength(1);
    for (const { session } of side.sessions) expect(session.state).toBe("closed");
    expect(time.pendingTimers).toBe(0);
  });

  it("may fail to make a session: the client is refused, and not left without one", async () => {
    const log = new MemoryLog();
    const { raw, time } = new GatewayUnderTest({
      gatewayLog: log,
      onSession: () => {
        throw new Error("secret");
      },
    });
    raw.say(raw.hello());
    await time.settle();
    expect(raw.only("refuse").code).toBe(13);
    expect(raw.all("welcome")).toEqual([]);
    expect(log.lines).toMatchObject([{ level: "error", message: "turnmux: a session could not be made" }]);
  });

  it("may decide too late: nothing comes of it", async () => {
    for (const decide of [() => Promise.resolve(grant), () => Promise.reject(new Error("no"))]) {
      const promised = Promise.withResolvers<Grant>();
      const { raw, time, side, carrier } = new GatewayUnderTest({
        admission: { kind: "vouched", grant: promised.promise },
      });
      raw.say(raw.hello());
      await time.settle();
      carrier.lose({ reason: "gone" });
      promised.resolve(decide());
      await time.settle();
      expect(side.sessions).toEqual([]);
      expect(side.refused).toMatchObject([{ cause: "lost" }]);
      expect(raw.received).toEqual([]);
      expect(time.pendingTimers).toBe(0);
    }
  });

  it("ends the session when the grant does", async () => {
    const { raw, time, side } = await GatewayUnderTest.open({
      admission: { kind: "vouched", grant: { ...grant, expiresAt: 1_700_000_000_000 + 1_000 + 5_000 } },
    });
    await time.advance(4_999);
    expect(side.latest.session.state).toBe("ready");
    await time.advance(1);
    expect(raw.only("goaway")).toMatchObject({ code: 16, message: "the grant has expired" });
    expect(time.pendingTimers).toBe(0);
  });

  it("holds no timer for a grant whose session ended before", async () => {
    const { raw, time } = await GatewayUnderTest.open({
      admission: { kind: "vouched", grant: { ...grant, expiresAt: 1_700_000_000_000 + 3_600_000 } },
    });
    raw.carrier.cut();
    await time.settle();
    expect(time.pendingTimers).toBe(0);
  });
});
