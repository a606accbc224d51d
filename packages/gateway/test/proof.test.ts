import { describe, expect, test } from "vitest";
import { deviceKey, generateDeviceKey, sharedToken, TurnmuxError, type ClientAuth } from "@turnmux/client";
import { ed25519Auth, tokenAuth, type ProofMethod } from "@turnmux/gateway";
import { proofOctets } from "../../core/src/auth/transcript.ts";
import { binaryCarriage, handshakePayload, ZERO_TAG } from "../../core/src/wire/carriage.ts";
import type { ChallengeFrame, Frame, HelloFrame, ProofFrame, RefuseFrame } from "../../core/src/wire/frame.ts";
import { connected, listening, SECRET, testGateway } from "./support/gateway.ts";
import { hello, RawClient } from "./support/raw.ts";

const grant = { principal: "alice", scopes: [] } as const;

/** A gateway that takes the token, and the device key of `device`. */
async function guarded() {
  const { gateway, log } = testGateway();
  const device = await generateDeviceKey();
  const auth = [tokenAuth(SECRET, grant), ed25519Auth({ keys: [{ ...grant, publicKey: device.publicKey }] })];
  return { gateway, log, device, endpoint: await listening(gateway, { auth }) };
}

/** Says HELLO, and gives back the CHALLENGE. */
async function challenged(client: RawClient, more: Partial<HelloFrame> = {}): Promise<ChallengeFrame> {
  client.say(hello(more));
  const challenge = await client.next();
  if (challenge?.type !== "challenge") throw new Error(`not challenged: ${challenge?.type}`);
  return challenge;
}

/** What a client with `auth` would answer, had it said `said`. */
async function proofBy(auth: ClientAuth, challenge: ChallengeFrame, said: HelloFrame = hello()): Promise<ProofFrame> {
  const { method, keyId } = auth;
  const payload = challenge.payload ?? handshakePayload(challenge);
  const proof = await auth.prove(proofOctets(method, keyId, handshakePayload(said), payload));
  return { type: "proof", clientNonce: said.nonce, method, keyId, proof };
}

/** The octets of REFUSE, as they crossed the wire. */
async function refusalOf(client: RawClient): Promise<{ readonly octets: string; readonly frame: RefuseFrame }> {
  const frame: Frame | undefined = await client.next();
  if (frame?.type !== "refuse") throw new Error(`not refused: ${frame?.type}`);
  expect(await client.closed).toMatchObject({ code: 1008 });
  return { octets: Buffer.from(binaryCarriage.encode(ZERO_TAG, [frame]) as Uint8Array).toString("hex"), frame };
}

describe("a proof that is not right", () => {
  test("gets one and the same REFUSE, whatever is wrong with it [AUTH-003]", async () => {
    const { endpoint, device, gateway } = await guarded();
    const stranger = await generateDeviceKey();
    const right = sharedToken(SECRET);
    const cases: Record<string, (challenge: ChallengeFrame) => Promise<ProofFrame>> = {
      "wrong token": (challenge) => proofBy(sharedToken("another secret"), challenge),
      "unknown key id": (challenge) => proofBy(sharedToken(SECRET, "nobody"), challenge),
      "wrong signature": async (challenge) =>
        proofBy({ ...fields(await deviceKey(stranger.keys)), keyId: device.keyId }, challenge),
      "unknown device": async (challenge) => proofBy(await deviceKey(stranger.keys), challenge),
      "unknown method": (challenge) => proofBy({ ...fields(right), method: "x-none" }, challenge),
      "another HELLO": (challenge) => proofBy(right, challenge, hello({ agent: "somebody in between" })),
      "another CHALLENGE": (challenge) =>
        proofBy(right, {
          ...challenge,
          payload: handshakePayload({ ...challenge, payload: undefined, methods: ["token"] }),
        }),
      "no octets at all": async (challenge) => ({ ...(await proofBy(right, challenge)), proof: new Uint8Array(0) }),
    };
    const refusals = new Map<string, string>();
    for (const [name, make] of Object.entries(cases)) {
      const client = await RawClient.open(endpoint.url);
      client.say(await make(await challenged(client)));
      const { octets, frame } = await refusalOf(client);
      refusals.set(name, octets);
      expect(frame).toMatchObject({ code: 16, message: "the proof was not accepted" });
    }
    expect(new Set(refusals.values()).size).toBe(1);
    expect(gateway.stats().handshakes).toEqual({ accepted: 0, refused: Object.keys(cases).length });

    const client = await RawClient.open(endpoint.url);
    client.say(await proofBy(right, await challenged(client)));
    expect(await client.next()).toMatchObject({ type: "welcome", principal: "alice" });
  });

  test("is also one that was right before: each CHALLENGE has a nonce of its own [AUTH-004]", async () => {
    const { endpoint } = await guarded();
    const first = await RawClient.open(endpoint.url);
    const challenge = await challenged(first);
    const recorded = await proofBy(sharedToken(SECRET), challenge);
    first.say(recorded);
    expect(await first.next()).toMatchObject({ type: "welcome" });
    const second = await RawClient.open(endpoint.url);
    expect((await challenged(second)).nonce).not.toEqual(challenge.nonce);
    second.say(recorded);
    expect((await refusalOf(second)).frame.code).toBe(16);
  });

  test("is what a failing lookup makes of any; the log tells, the client does not hear", async () => {
    const { gateway, log } = testGateway();
    const failing: ProofMethod = { name: "token", verify: () => Promise.reject(new Error("the database is away")) };
    const endpoint = await listening(gateway, { auth: failing });
    const failure = await connected(endpoint).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TurnmuxError);
    expect(failure).toMatchObject({ code: "unauthenticated" });
    expect(String(failure)).not.toContain("database");
    expect((await log.line(/method token could not decide/)).fields).toEqual({
      error: new Error("the database is away"),
    });
  });

  test("opens nothing for the frames behind it [HAND-006]", async () => {
    const { gateway } = testGateway();
    let verified: ((grant: undefined) => void) | undefined;
    const asked = Promise.withResolvers<undefined>();
    const slow: ProofMethod = {
      name: "token",
      verify: () => {
        asked.resolve(undefined);
        return new Promise<undefined>((resolve) => {
          verified = resolve;
        });
      },
    };
    const endpoint = await listening(gateway, { auth: slow });
    const client = await RawClient.open(endpoint.url);
    const challenge = await challenged(client);
    client.say(await proofBy(sharedToken(SECRET), challenge));
    client.send(challenge.tag, [{ type: "ping", id: 1 }]);
    await asked.promise;
    verified?.(undefined);
    expect(await client.next()).toMatchObject({ type: "refuse" });
    expect(await client.next()).toBe(undefined);
    expect(gateway.sessions.size).toBe(0);
  });
});

/** A copy that can be changed: the methods of a ClientAuth live on its class. */
function fields(auth: ClientAuth): ClientAuth {
  return { method: auth.method, keyId: auth.keyId, prove: (octets) => auth.prove(octets) };
}
