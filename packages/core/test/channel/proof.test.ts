import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Admission, type Grant, type ProofRequest } from "../../src/index.ts";
import { proofOctets } from "../../src/auth/transcript.ts";
import { handshakePayload } from "../../src/wire/carriage.ts";
import { GatewayUnderTest, MemoryLog } from "../support/raw-worlds.ts";
import { octets, open, valueOf } from "../support/raw.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

/** A gateway that asks for a proof, and what decides about it. */
async function challenged(carriage: "binary" | "text" | "wrapped" = "binary") {
  const log = new MemoryLog();
  const requests: ProofRequest[] = [];
  const decisions: PromiseWithResolvers<Grant | undefined>[] = [];
  const admission: Admission = {
    kind: "proof",
    audience: "gateway.example:443",
    methods: ["token"],
    verify: (request) => {
      requests.push(request);
      const decision = Promise.withResolvers<Grant | undefined>();
      decisions.push(decision);
      return decision.promise;
    },
  };
  const made = new GatewayUnderTest({ admission, carriage, gatewayLog: log });
  const ran: unknown[] = [];
  made.side.registry.implement(tools, {
    echo: (input) => {
      ran.push(input);
      return input;
    },
  });
  const { raw, time, side } = made;
  raw.say(raw.hello());
  await time.settle();
  const decide = async (grant: Grant | undefined): Promise<void> => {
    await time.settle();
    decisions.at(-1)?.resolve(grant);
    await time.settle();
  };
  return { raw, time, side, requests, decisions, decide, ran, log, carrier: made.carrier };
}

const alice: Grant = { principal: "alice", scopes: [] };

describe("a gateway that asks for a proof", () => {
  it("names version, features, audience and methods in CHALLENGE, with a fresh nonce each time", async () => {
    const { raw, time } = new GatewayUnderTest({
      shared: true,
      admission: {
        kind: "proof",
        audience: "gateway.example:443",
        methods: ["token"],
        verify: () => Promise.resolve(undefined),
      },
    });
    raw.say(raw.hello());
    await time.settle();
    raw.say(raw.proof());
    await time.settle();
    raw.say(raw.hello({ agent: "again" }));
    await time.settle();
    const [one, two] = raw.all("challenge");
    expect(one).toMatchObject({
      clientNonce: raw.nonce,
      version: 1,
      features: [],
      audience: "gateway.example:443",
      methods: ["token"],
    });
    expect(one?.nonce).not.toEqual(two?.nonce);
    expect(one?.tag).not.toEqual(two?.tag);
  });

  it.each(["binary", "text", "wrapped"] as const)(
    "has the proof cover the very octets of HELLO and CHALLENGE, in %s carriage",
    async (carriage) => {
      const { raw, time, requests, decide } = await challenged(carriage);
      raw.say(raw.proof({ method: "token", keyId: "key 1" }));
      await time.settle();
      const challenge = raw.only("challenge");
      expect(requests).toEqual([
        {
          method: "token",
          keyId: "key 1",
          proof: octets("p"),
          octets: proofOctets("token", "key 1", handshakePayload(raw.hello()), handshakePayload(challenge)),
        },
      ]);
      await decide(alice);
      expect(raw.only("welcome")).toMatchObject({ principal: "alice", clientNonce: raw.nonce });
    },
  );

  it("has each handshake prove other octets: a recorded proof opens nothing, nor one over a HELLO that was changed", async () => {
    const seen: string[] = [];
    const { raw, time } = new GatewayUnderTest({
      shared: true,
      admission: {
        kind: "proof",
        audience: "a",
        methods: ["token"],
        verify: (request) => {
          seen.push(request.octets.join());
          return Promise.resolve(undefined);
        },
      },
    });
    for (const hello of [raw.hello({ agent: "x" }), raw.hello({ contents: [1] }), raw.hello({ agent: "x" })]) {
      raw.say(hello);
      await time.settle();
      raw.say(raw.proof());
      await time.settle();
    }
    expect(new Set(seen).size).toBe(3);
  });

  it("refuses a proof that is not accepted, and one that cannot be verified, with the same words", async () => {
    const wrong = await challenged();
    wrong.raw.say(wrong.raw.proof());
    await wrong.time.settle();
    await wrong.decide(undefined);
    const broken = await challenged();
    broken.raw.say(broken.raw.proof());
    await broken.time.settle();
    broken.decisions[0]?.reject(new Error("the key store is down"));
    await broken.time.settle();
    expect(wrong.raw.only("refuse")).toEqual(broken.raw.only("refuse"));
    expect(wrong.raw.only("refuse")).toMatchObject({ code: 16, message: "the proof was not accepted" });
    expect(wrong.carrier.closedWith?.code).toBe(1008);
    expect(JSON.stringify(broken.raw.received)).not.toContain("key store");
    expect(broken.log.lines).toMatchObject([{ level: "error", message: "turnmux: a proof could not be verified" }]);
  });

  it("refuses a second PROOF, and grants nothing when the first turns out right", async () => {
    const { raw, time, side, decide } = await challenged();
    raw.say(raw.proof());
    raw.say(raw.proof());
    await time.settle();
    expect(raw.only("refuse").message).toMatch(/PROOF came in state "verifying".*\[HAND-005\]/);
    await decide(alice);
    expect(raw.all("welcome")).toEqual([]);
    expect(side.sessions).toEqual([]);
  });

  it("refuses a PROOF that echoes another nonce", async () => {
    const { raw, time, requests } = await challenged();
    raw.say(raw.proof({ clientNonce: new Uint8Array(16).fill(9) }));
    await time.settle();
    expect(raw.only("refuse").message).toContain("[HAND-004]");
    expect(requests).toEqual([]);
  });

  it("holds what comes behind PROOF, and acts on it in order once it has decided", async () => {
    const { raw, time, ran, decide } = await challenged();
    raw.say(raw.proof());
    raw.say(open(1, "echo", "one"), open(3, "echo", "two"));
    raw.say(open(5, "echo", "three"), { type: "ping", id: 7 });
    await time.settle();
    expect(ran).toEqual([]);
    raw.take();
    await decide(alice);
    expect(ran).toEqual(["one", "two", "three"]);
    expect(raw.received[0]?.type).toBe("welcome");
    expect(raw.all("end").map((end) => [end.stream, valueOf(end)])).toEqual([
      [1, "one"],
      [3, "two"],
      [5, "three"],
    ]);
    expect(raw.only("pong").id).toBe(7);
  });

  it("drops what was held when it refuses", async () => {
    const { raw, time, ran, decide } = await challenged();
    raw.say(raw.proof());
    raw.say(open(1, "echo", "one"));
    await decide(undefined);
    expect(ran).toEqual([]);
    expect(raw.received.map((frame) => frame.type)).toEqual(["challenge", "refuse"]);
    expect(time.pendingTimers).toBe(0);
  });

  it("welcomes, and then ends the session, where what was held breaks the protocol", async () => {
    const { raw, side, decide } = await challenged();
    raw.say(raw.proof());
    raw.say(open(2, "echo", "one"));
    await decide(alice);
    expect(raw.received.map((frame) => frame.type)).toEqual(["challenge", "welcome", "goaway"]);
    expect(raw.only("goaway")).toMatchObject({ requirement: "STREAM-001" });
    expect(side.latest.session.state).toBe("closed");
  });
});
