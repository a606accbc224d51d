/**
 * What arrives before it is due is answered, in each state of a handshake (HAND-005).
 *
 * @module
 */
import { gatewayHandshake, makeChallenge, makeHello, makeWelcome, takeHello } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import type { Frame } from "../../wire/frame.ts";
import {
  challenge,
  challenged,
  gaveUp,
  greet,
  lateSocket,
  noSession,
  proving,
  refused,
  sessionFrames,
  ZERO_TAG,
} from "./support.ts";

const NONCE = new Uint8Array(16).fill(7);
const TAG = new Uint8Array(8).fill(7);
const PROOF = new Uint8Array(32);

/** What a client must not say first. `later`: it is due later. The other frames are never a client's to say. */
const NO_HELLO: readonly (readonly [name: string, later: boolean, frame: Frame])[] = [
  ["proof", true, build.proof({ clientNonce: NONCE, method: "token", keyId: "conformance", proof: PROOF })],
  ["challenge", false, build.challenge({ clientNonce: NONCE, nonce: NONCE, tag: TAG, audience: "nobody:1" })],
  ["welcome", false, build.welcome({ clientNonce: NONCE, tag: TAG, sessionId: "s", principal: "p" })],
  ["refuse", false, build.refuse({ clientNonce: NONCE, code: 16 })],
  ["ping", true, build.ping(1)],
  ["open", true, build.open(1, { tool: "test.echo", callId: "early" })],
];

for (const [name, later, frame] of NO_HELLO) {
  check({
    id: `handshake.${name}-before-hello`,
    title: `a gateway that has heard no HELLO answers ${name.toUpperCase()} at once`,
    covers: ["HAND-005", "HAND-009.1"],
    role: "gateway",
    async run(t) {
      const channel = await t.socket();
      channel.sendTagged(ZERO_TAG, [frame]);
      const { message } = await refused(t, channel, { code: "failed_precondition", clause: "HAND-005" });
      t.expect(!later || message.includes("HELLO"), "REFUSE does not name HELLO, which was expected.", "HAND-005");
    },
  });
}

check({
  id: "handshake.foreign-tag-before-hello",
  title: "a gateway on a socket of its own answers a message that carries somebody's tag before HELLO",
  covers: ["HAND-005"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    channel.sendTagged(TAG, [build.ping(1)]);
    await refused(t, channel, { code: "failed_precondition", clause: "HAND-005" });
    await t.healthy();
  },
});

check({
  id: "handshake.no-turnmux-before-hello",
  title: "a gateway on a socket of its own answers what is no message of turnmux at all",
  covers: ["HAND-005"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    channel.sendMessage(t.carriage === "text" ? "hello?" : new TextEncoder().encode("GET / HTTP/1.1"));
    await refused(t, channel, { code: "failed_precondition", clause: "HAND-005" });
    await t.healthy();
  },
});

/** What a client must not say to a gateway that waits for its PROOF, by its tag or by the tag zero. */
const NO_PROOF: readonly (readonly [name: string, frame: (nonce: Uint8Array) => Frame])[] = [
  ["challenge", (clientNonce) => build.challenge({ clientNonce, nonce: NONCE, tag: TAG, audience: "nobody:1" })],
  ["welcome", (clientNonce) => build.welcome({ clientNonce, tag: TAG, sessionId: "s", principal: "p" })],
  ["refuse", (clientNonce) => build.refuse({ clientNonce, code: 16 })],
];

for (const [name, frame] of NO_PROOF) {
  check({
    id: `handshake.${name}-for-proof`,
    title: `a gateway that waits for PROOF answers ${name.toUpperCase()}, which is its own to say`,
    covers: ["HAND-005"],
    role: "gateway",
    ways: ["binary", "text"],
    async run(t) {
      const channel = await t.socket();
      const { hello } = await challenged(channel);
      channel.send(frame(hello.nonce));
      const { nonce } = hello;
      await refused(t, channel, { code: "failed_precondition", clause: "HAND-005", nonce });
    },
  });
}

check({
  id: "handshake.second-hello-for-proof",
  title: "a gateway that waits for PROOF answers a HELLO that is not the one before",
  covers: ["HAND-005"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    await challenged(channel);
    channel.send(makeHello(channel).frame);
    const { message } = await refused(t, channel, { code: "failed_precondition", clause: "HAND-005" });
    t.expect(message.includes("PROOF"), "REFUSE does not name PROOF, which was expected.", "HAND-005");
  },
});

for (const [name, frame] of sessionFrames()) {
  check({
    id: `handshake.early-${name.toLowerCase().replaceAll(" ", "-")}`,
    title: `a gateway that waits for PROOF answers ${name} at once, and names what was expected`,
    covers: ["HAND-005"],
    role: "gateway",
    ways: ["binary", "text"],
    async run(t) {
      const channel = await t.socket();
      const { hello } = await challenged(channel);
      channel.send(frame);
      const { nonce } = hello;
      const { message } = await refused(t, channel, { code: "failed_precondition", clause: "HAND-005", nonce });
      t.expect(message.includes("PROOF"), "REFUSE does not name PROOF, which was expected.", "HAND-005");
    },
  });
}

check({
  id: "handshake.early-late-host",
  title: "a gateway that waits for its host's grant answers a PROOF that nobody asked for",
  covers: ["HAND-005"],
  role: "gateway",
  ways: ["shared"],
  needs: ["command"],
  async run(t) {
    const channel = await lateSocket(t);
    const { nonce } = greet(channel);
    channel.send(build.proof({ clientNonce: nonce, method: "token", keyId: "conformance", proof: PROOF }));
    await refused(t, channel, { code: "failed_precondition", clause: "HAND-005", nonce });
  },
});

check({
  id: "handshake.second-hello-late-host",
  title: "a gateway that waits for its host's grant answers a HELLO that is not the one before",
  covers: ["HAND-005"],
  role: "gateway",
  ways: ["shared"],
  needs: ["command"],
  async run(t) {
    const channel = await lateSocket(t);
    greet(channel);
    channel.send(makeHello(channel).frame);
    await refused(t, channel, { code: "failed_precondition", clause: "HAND-005" });
  },
});

check({
  id: "handshake.challenge-reflected",
  title: "a gateway takes its own CHALLENGE, sent back to it, for no proof",
  covers: ["HAND-005"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    const { hello, frame } = await challenged(channel);
    channel.send(frame);
    const { nonce } = hello;
    await refused(t, channel, { code: "failed_precondition", clause: "HAND-005", nonce });
  },
});

check({
  id: "handshake.hello-reflected",
  title: "a client on a socket of its own takes its own HELLO, sent back to it, for no answer",
  covers: ["HAND-005"],
  role: "client",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { received } = await channel.take("hello");
    channel.send(received.frame);
    await noSession(t, channel);
    t.expect(!channel.has("proof"), "The client proved itself to its own HELLO.", "HAND-005");
  },
});

check({
  id: "handshake.proof-reflected",
  title: "a client takes its own PROOF, sent back to it, for no WELCOME",
  covers: ["HAND-005", "HAND-012.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    await challenge(t, channel);
    const { received } = await channel.take("proof");
    channel.send(received.frame);
    await gaveUp(t, channel, { clause: "HAND-005", code: "failed_precondition", requirement: "HAND-005" });
  },
});

check({
  id: "handshake.welcome-behind-welcome",
  title: "a client whose session stands ends it where a second WELCOME echoes its nonce",
  covers: ["HAND-005"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: { reconnect: false } });
    const { established, hello } = await gatewayHandshake(channel, { audience: t.audience, challenge: t.ownEndpoint });
    const session = t.adopt(channel, established);
    session.send(build.offer(0, []));
    await channel.take("offer");
    const again = makeWelcome(channel, hello, {}).frame;
    await t.breaks(session, "HAND-005", () => channel.send(again), { code: "failed_precondition" });
  },
});

for (const [name, frame] of [
  ["OPEN", build.open(2, { tool: "test.echo", callId: "early" })],
  ...sessionFrames().slice(5),
] as const) {
  check({
    id: `handshake.client-early-${name.toLowerCase().replaceAll(" ", "-")}`,
    title: `a client that waits for an answer to HELLO gives up where ${name} comes instead`,
    covers: ["HAND-005"],
    role: "client",
    async run(t) {
      const channel = await t.socket({ connect: { reconnect: false } });
      await takeHello(channel);
      // It knows no tag to which it could say GOAWAY (HAND-012).
      channel.send(frame);
      await noSession(t, channel);
      await t.healthy();
    },
  });

  check({
    id: `handshake.client-early-${name.toLowerCase().replaceAll(" ", "-")}-for-welcome`,
    title: `a client that waits for WELCOME behind its PROOF says GOAWAY where ${name} comes instead`,
    covers: ["HAND-005", "HAND-012.1"],
    role: "client",
    async run(t) {
      const channel = await t.socket({ connect: proving(t) });
      await challenge(t, channel);
      await channel.take("proof");
      channel.send(frame);
      await gaveUp(t, channel, { clause: "HAND-005", code: "failed_precondition", requirement: "HAND-005" });
    },
  });
}

check({
  id: "handshake.client-second-challenge",
  title: "a client that has proved itself does not do so again for a second CHALLENGE",
  covers: ["HAND-005", "HAND-012.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { hello } = await challenge(t, channel);
    await channel.take("proof");
    channel.send(makeChallenge(channel, hello, { audience: t.audience }));
    await gaveUp(t, channel, { clause: "HAND-005", code: "failed_precondition", requirement: "HAND-005" });
    t.expect(!channel.has("proof"), "The client proved itself a second time.", "HAND-005");
  },
});
