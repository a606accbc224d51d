/**
 * What may come before WELCOME, for how long, and how much of it (HAND-006, HAND-007).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { newKey, openCall, OutgoingCall } from "../../harness/calls.ts";
import { establishedByWelcome, makeHello, proofOf, takeHello } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { encodeBody, type Value } from "../../wire/body.ts";
import * as build from "../../wire/build.ts";
import type { Frame } from "../../wire/frame.ts";
import {
  challenge,
  challenged,
  gaveUp,
  greet,
  handshakeOver,
  lateSocket,
  noSession,
  proving,
  refused,
} from "./support.ts";

/** What `handshakeOctets` of the small limits has no room for. */
const TOO_MANY = Array.from({ length: 80 }, (_, index) => `feature-${index}-${"x".repeat(60)}`);

function callOf(stream: number, tool: string, input: Value, key?: string): Frame {
  const { content, octets } = encodeBody(input);
  return build.open(
    stream,
    { tool, callId: randomBytes(16).toString("hex"), key, deadlineMs: 10_000, content },
    octets,
  );
}

check({
  id: "handshake.behind-proof",
  title: "a gateway holds what comes behind PROOF until it has decided, and acts on it then, in order",
  covers: ["HAND-006.2"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    // A gateway decides fast: several, so that for one of them at least it is not done yet.
    for (let round = 0; round < 4; round++) await callBehindProof(t);
  },
});

async function callBehindProof(t: Context): Promise<void> {
  const channel = await t.socket();
  const { hello, frame } = await challenged(channel);
  channel.send(proofOf(t.key, hello, frame));
  channel.send(build.offer(0, []), callOf(1, "test.echo", "first"));
  channel.send(callOf(3, "test.echo", "second"), build.ping(5));
  const welcome = await channel.take("welcome");
  t.equal(welcome.received.index, 1, "WELCOME's place among the gateway's frames", "HAND-006.2");
  channel.peerTag = welcome.tag;
  const session = t.adopt(channel, establishedByWelcome(welcome, hello));
  t.equal((await new OutgoingCall(session, 1).ended()).value, "first", "What the first call gave", "HAND-006.2");
  t.equal((await new OutgoingCall(session, 3).ended()).value, "second", "What the second call gave", "HAND-006.2");
  await channel.take("pong", (pong) => pong.id === 5);
}

check({
  id: "handshake.behind-wrong-proof",
  title: "a gateway that refuses has let nothing take effect of what came behind PROOF",
  covers: ["HAND-006.3"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const counter = `behind-wrong-proof-${randomBytes(6).toString("hex")}`;
    const channel = await t.socket();
    const { hello, frame } = await challenged(channel);
    channel.send(proofOf({ ...t.key, secret: "not this one" }, hello, frame));
    channel.send(build.offer(0, []), callOf(1, "test.count", { counter }, newKey()));
    await refused(t, channel, { code: "unauthenticated", clause: "HAND-006.3", nonce: hello.nonce });
    t.equal(channel.arrived, 2, "The frames that a refused client was sent", "HAND-006.3");
    await countIs(t, counter, 0);
  },
});

async function countIs(t: Context, counter: string, expected: number): Promise<void> {
  const session = await t.session({ label: "counted" });
  const { value } = await (await openCall(session, { tool: "test.counted", input: { counter } })).ended();
  t.equal(value, { value: expected, runs: expected }, "The counter", "HAND-006.3");
}

check({
  id: "handshake.octets-of-hello",
  title: "a gateway refuses a handshake that takes more octets than its limit",
  covers: ["HAND-007.1", "HAND-007.2"],
  role: "gateway",
  limits: "small",
  async run(t) {
    const channel = await t.socket();
    greet(channel, { features: TOO_MANY });
    await refused(t, channel, { code: "resource_exhausted", clause: "HAND-007.2" });
    await t.healthy();
  },
});

check({
  id: "handshake.octets-of-all",
  title:
    "a gateway counts the octets of all that comes before WELCOME together, and refuses what goes beyond before it decides",
  covers: ["HAND-007.1", "HAND-007.2"],
  role: "gateway",
  ways: ["binary", "text"],
  limits: "small",
  async run(t) {
    const channel = await t.socket();
    const { hello } = await challenged(channel, { features: TOO_MANY.slice(0, 30) });
    const { nonce: clientNonce } = hello;
    const { method, keyId } = t.key;
    channel.send(build.proof({ clientNonce, method, keyId, proof: new Uint8Array(2_500) }));
    await refused(t, channel, { code: "resource_exhausted", clause: "HAND-007.2", nonce: clientNonce });
  },
});

check({
  id: "handshake.octets-while-held",
  title: "a gateway whose host has yet to vouch counts what comes meanwhile, repeated HELLOs too",
  covers: ["HAND-007.1", "HAND-007.2", "CARR-031"],
  role: "gateway",
  ways: ["shared", "text"],
  limits: "small",
  async run(t) {
    const channel = await lateSocket(t);
    const { frame } = makeHello(channel);
    for (let i = 0; i < 60; i++) channel.send(frame);
    const refuse = await channel.take("refuse");
    t.equal(refuse.code, 8, "The code of REFUSE", "HAND-007.2");
  },
});

check({
  id: "handshake.octets-within",
  title: "a handshake of nearly as many octets as the limit opens a session, in which the limit counts no more",
  covers: ["HAND-007.1"],
  role: "gateway",
  limits: "small",
  async run(t) {
    const session = await t.session({ hello: { features: ["delivery", "credit", ...TOO_MANY.slice(0, 20)] } });
    for (let i = 0; i < 8; i++) {
      const call = await openCall(session, { tool: "test.echo", input: "x".repeat(1_500) });
      t.equal((await call.ended()).ok, true, "Whether the call ended well", "HAND-007.1");
    }
  },
});

check({
  id: "handshake.time-for-proof",
  title: "a gateway refuses a client that never sends PROOF, when the limit is over and not before",
  covers: ["HAND-007.1", "HAND-007.2"],
  role: "gateway",
  ways: ["binary", "text"],
  limits: "quick",
  async run(t) {
    await t.urls();
    // The gateway's time begins with the socket.
    const begun = performance.now();
    const channel = await t.socket();
    const { hello } = await challenged(channel);
    const { nonce } = hello;
    await refused(t, channel, { code: "deadline_exceeded", clause: "HAND-007.2", nonce });
    notBefore(t, begun);
    await t.healthy();
  },
});

/** The limit is a limit, and no reason to be hasty: clocks differ by little. */
function notBefore(t: Context, begun: number): void {
  const took = performance.now() - begun;
  const limit = t.limits["handshakeMs"] ?? 0;
  t.expect(took >= limit * 0.9, `The handshake was given up after ${Math.round(took)} of ${limit} ms.`, "HAND-007.1");
}

check({
  id: "handshake.time-of-silence",
  title: "a gateway on a socket of its own lets go of a client that says nothing at all",
  covers: ["HAND-007.1"],
  role: "gateway",
  // Nobody has chosen another carriage yet, in which a REFUSE could be.
  ways: ["binary"],
  limits: "quick",
  async run(t) {
    const channel = await t.socket();
    await handshakeOver(t, channel);
    await t.healthy();
  },
});

check({
  id: "handshake.time-of-the-host",
  title: "a gateway refuses a client for whom the host does not vouch in time; repeated HELLOs do not put that off",
  covers: ["HAND-007.1", "HAND-007.2", "CARR-031"],
  role: "gateway",
  ways: ["shared", "text"],
  limits: "quick",
  async run(t) {
    const channel = await lateSocket(t);
    const { frame, nonce } = makeHello(channel);
    const begun = performance.now();
    channel.send(frame);
    const repeat = setInterval(() => channel.send(frame), t.ms(100));
    t.afterwards(async () => clearInterval(repeat));
    const refuse = await channel.take("refuse", () => true, { within: 1_500 });
    clearInterval(repeat);
    t.equal(refuse.code, 4, "The code of REFUSE", "HAND-007.2");
    t.equal([...refuse.clientNonce], [...nonce], "The nonce in REFUSE", "HAND-004");
    notBefore(t, begun);
  },
});

check({
  id: "handshake.client-time-of-silence",
  title: "a client gives up where nobody answers its HELLO within the limit, and not before",
  covers: ["HAND-007.1"],
  role: "client",
  limits: "quick",
  async run(t) {
    // On a host's socket a client may say HELLO, and begin to wait, before that is open.
    const asked = performance.now();
    const channel = await t.socket({ connect: { reconnect: false } });
    const begun = t.ownEndpoint ? performance.now() : asked;
    await takeHello(channel);
    await noSession(t, channel);
    notBefore(t, begun);
  },
});

check({
  id: "handshake.client-time-for-welcome",
  title: "a client to which WELCOME does not come within the limit says GOAWAY with a code",
  covers: ["HAND-007.1", "HAND-012.1"],
  role: "client",
  limits: "quick",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    await challenge(t, channel);
    await channel.take("proof");
    await gaveUp(t, channel, { clause: "HAND-012.1" });
    await t.healthy();
  },
});

check({
  id: "handshake.client-octets",
  title: "a client gives up a handshake in which the gateway's answer takes more octets than its limit",
  covers: ["HAND-007.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: { ...proving(t), limits: { handshakeOctets: 1_024 } } });
    const { hello } = await takeHello(channel);
    const { nonce: clientNonce, features } = hello;
    const methods = ["token", "ed25519", ...TOO_MANY.slice(0, 40)];
    const { audience } = t;
    const nonce = t.random.octets(16);
    channel.send(build.challenge({ clientNonce, nonce, tag: channel.tag, features, audience, methods }));
    await noSession(t, channel);
    t.expect(!channel.has("proof"), "The client proved itself all the same.", "HAND-007.1");
    await t.healthy();
  },
});
