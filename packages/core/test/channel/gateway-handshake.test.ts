import { describe, expect, it } from "vitest";
import type { Admission, Grant } from "../../src/index.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { accept, cont, goaway, octets, offer, ok, open, RAW_LIMITS, reset, type RawEnd } from "../support/raw.ts";
import type { Frame } from "../../src/wire/frame.ts";

const grant: Grant = { principal: "alice", scopes: [] };

/** A promise that never settles. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}

const proof: Admission = {
  kind: "proof",
  audience: "gateway.example:443",
  methods: ["token"],
  verify: () => Promise.resolve(grant),
};

/** Ways into each state of a gateway's channel before WELCOME, and what is expected there. */
const STATES: Readonly<
  Record<string, { admission: Admission; reach: (raw: RawEnd) => Frame[]; due: readonly string[]; expected: RegExp }>
> = {
  start: { admission: proof, reach: () => [], due: ["hello"], expected: /"start", where HELLO was expected/ },
  deciding: {
    admission: { kind: "vouched", grant: never() },
    reach: (raw) => [raw.hello()],
    due: [],
    expected: /"deciding", where nothing until the gateway has answered HELLO was expected/,
  },
  challenged: {
    admission: proof,
    reach: (raw) => [raw.hello()],
    due: ["proof", "goaway"],
    expected: /"challenged", where PROOF was expected/,
  },
  verifying: {
    admission: { ...proof, verify: never },
    reach: (raw) => [raw.hello(), raw.proof()],
    due: ["open", "accept", "data", "end", "reset", "credit", "ack", "ping", "pong", "offer", "goaway"],
    expected: /"verifying", where nothing but frames behind PROOF until WELCOME or REFUSE was expected/,
  },
};

/** One frame of each type. Handshake frames that a client never sends echo the nonce that they would have to. */
function frames(raw: RawEnd): Record<Frame["type"], Frame> {
  return {
    // Not the one that was said before.
    hello: raw.hello({ agent: "another" }),
    challenge: raw.challenge({ clientNonce: raw.nonce }),
    proof: raw.proof(),
    welcome: raw.welcome({ clientNonce: raw.nonce }),
    refuse: raw.refuse({ clientNonce: raw.nonce }),
    open: open(1, "echo", {}),
    accept: accept(1),
    data: cont(1, octets("x"), true),
    end: ok(1, {}),
    reset: reset(1),
    credit: { type: "credit", stream: 0, limit: 1 },
    ack: { type: "ack", received: 1 },
    ping: { type: "ping", id: 1 },
    pong: { type: "pong", id: 1 },
    offer: offer(),
    goaway: goaway(1),
  };
}

describe.each(["binary", "text", "wrapped"] as const)("a gateway before WELCOME, in %s carriage", (carriage) => {
  describe.each(Object.entries(STATES))("in state %s", (state, { admission, reach, due, expected }) => {
    const types = Object.keys(frames(new GatewayUnderTest({}).raw)) as Frame["type"][];
    it.each(types)("answers an early %s at once, and names state and expectation", async (type) => {
      const { raw, time, side, carrier } = new GatewayUnderTest({ admission, carriage });
      for (const frame of reach(raw)) raw.say(frame);
      await time.settle();
      raw.take();
      // In state "start" nobody knows the gateway's tag, and all that can be said carries none.
      const frame = frames(raw)[type];
      raw.say(frame);
      await time.settle();
      if (due.includes(type)) {
        expect(raw.all("refuse")).toEqual([]);
        return;
      }
      const refusal = raw.only("refuse");
      expect(refusal.code).toBe(9);
      if (["challenge", "welcome", "refuse"].includes(type)) expect(refusal.message).toMatch(/a client must not send/);
      else expect(refusal.message).toMatch(expected);
      expect(refusal.message).toContain("[HAND-005]");
      expect(refusal.clientNonce).toEqual(state === "start" ? new Uint8Array(16) : raw.nonce);
      expect(carrier.closedWith?.code).toBe(1008);
      expect(side.sessions).toEqual([]);
      expect(time.pendingTimers).toBe(0);
    });
  });
});

describe("a gateway", () => {
  it("answers a message that is not turnmux's, on an endpoint of its own, in the form in which it came", async () => {
    for (const carriage of ["binary", "text"] as const) {
      const { raw, time } = new GatewayUnderTest({ carriage });
      raw.sayRaw(carriage === "binary" ? octets("GET / HTTP/1.1") : "hello?");
      await time.settle();
      expect(raw.only("refuse").message).toMatch(/is not turnmux's.*where HELLO was expected/);
    }
  });

  it("answers a HELLO in which no version fits", async () => {
    const { raw, say } = bound(new GatewayUnderTest());
    await say(raw.hello({ versions: [2, 3] }));
    expect(raw.only("refuse")).toMatchObject({ code: 9, clientNonce: raw.nonce });
    expect(raw.only("refuse").message).toContain("[HAND-002]");
  });

  it("chooses its version out of several", async () => {
    const { raw, say } = bound(new GatewayUnderTest());
    await say(
      raw.hello({
        versions: [7, 1],
        features: ["credit", "delivery", "unheard of"],
        limits: { ...RAW_LIMITS, replay: 65_536, streamCredit: 65_536, channelCredit: 65_536 },
      }),
    );
    const { version, features } = raw.only("welcome");
    expect([version, features.toSorted()]).toEqual([1, ["credit", "delivery"]]);
  });

  it.each([
    ["frames too short to hold anything", { framePayload: 0 }],
    ["frames longer than a frame can be", { framePayload: 2 ** 40 }],
    ["more streams than it could mean", { streams: 65_537 }],
  ])("refuses a client that states %s", async (_, limits) => {
    const { raw, say } = bound(new GatewayUnderTest());
    await say(raw.hello({ limits: { ...raw.hello().limits, ...limits } }));
    expect(raw.only("refuse")).toMatchObject({ code: 3 });
    expect(raw.only("refuse").message).toContain("[LIMIT-005]");
  });

  it("drops a HELLO that is repeated, before and after WELCOME, and counts it no more", async () => {
    let decide: (grant: Grant) => void = () => {};
    const promised = new Promise<Grant>((resolve) => {
      decide = resolve;
    });
    const { raw, time, say, side } = bound(new GatewayUnderTest({ admission: { kind: "vouched", grant: promised } }));
    for (let i = 0; i < 20; i++) await say(raw.hello());
    expect(raw.received).toEqual([]);
    decide(grant);
    await time.settle();
    expect(raw.all("welcome")).toHaveLength(1);
    for (let i = 0; i < 1_000; i++) raw.say(raw.hello());
    await time.settle();
    expect(raw.all("goaway")).toEqual([]);
    expect(side.latest.session.state).toBe("ready");
  });

  it("says in WELCOME that it does not resume, and grants a new session", async () => {
    const { raw, say } = bound(new GatewayUnderTest({ resumable: false }));
    await say(raw.hello({ resume: { sessionId: "old", token: octets("t"), received: 4 } }));
    expect(raw.only("welcome").notResumed).toMatch(/does not resume/);
  });

  it("follows WELCOME with OFFER, even where it has no tools", async () => {
    const { raw, say } = bound(new GatewayUnderTest());
    const types = (await say(raw.hello())).map((frame) => frame.type);
    expect(types).toEqual(["welcome", "offer"]);
    expect(raw.only("offer")).toMatchObject({ mode: 0, tools: [] });
  });

  it("answers one who drains before there is a session", async () => {
    const { raw, say } = bound(new GatewayUnderTest({ admission: proof }));
    await say(raw.hello());
    await say(goaway(0));
    expect(raw.only("refuse").message).toMatch(/GOAWAY came in state "challenged".*\[HAND-005\]/);
  });

  it("ends without an answer when the client gives up", async () => {
    for (const during of ["challenged", "verifying"] as const) {
      const { raw, time, say, side } = bound(new GatewayUnderTest({ admission: { ...proof, verify: never } }));
      await say(raw.hello());
      if (during === "verifying") {
        await say(raw.proof());
        await say(open(1, "echo", {}));
      }
      await say(goaway(1));
      expect(raw.received).toEqual([]);
      expect(side.refused).toMatchObject([{ cause: "goaway", byPeer: true }]);
      expect(time.pendingTimers).toBe(0);
    }
  });
});

/** The same, with `say` to be taken apart. */
function bound(made: GatewayUnderTest): Pick<GatewayUnderTest, "raw" | "time" | "side" | "carrier" | "say"> {
  const { raw, time, side, carrier } = made;
  return { raw, time, side, carrier, say: (...said) => made.say(...said) };
}
