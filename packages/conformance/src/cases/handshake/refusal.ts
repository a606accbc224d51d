/**
 * Handshakes that come to nothing: REFUSE of a gateway (HAND-009), GOAWAY of a client (HAND-012).
 *
 * @module
 */
import { makeHello, makeWelcome, proofOf, takeHello } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import { Failure } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { challenge, challenged, gaveUp, greet, handshakeOver, hostEchoes, proving, refused, same } from "./support.ts";

check({
  id: "handshake.over-behind-refuse",
  title: "a gateway that has refused answers nothing more of that handshake",
  covers: ["HAND-009.1"],
  role: "gateway",
  ways: ["shared"],
  async run(t) {
    const channel = await t.socket();
    const hello = greet(channel, { versions: [9] });
    await refused(t, channel, { code: "failed_precondition", clause: "HAND-009.1", nonce: hello.nonce });
    channel.send(hello.frame);
    const { nonce: clientNonce } = hello;
    channel.send(build.proof({ clientNonce, method: "token", keyId: "conformance", proof: new Uint8Array(32) }));
    await hostEchoes(t, channel, "CARR-006.4");
    t.equal(channel.arrived, 1, "The frames of a gateway that has refused", "HAND-009.1");
  },
});

check({
  id: "handshake.client-ends-behind-refuse",
  title: "a client that is refused ends the channel: it closes a socket of its own, and acts on nothing more",
  covers: ["HAND-009.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: { reconnect: false } });
    const { hello } = await takeHello(channel);
    const { nonce: clientNonce } = hello;
    channel.send(build.refuse({ clientNonce, code: Code.permission_denied, message: "not you" }));
    channel.send(makeWelcome(channel, hello, {}).frame);
    const closed = await t.event(channel, "closed");
    t.equal(closed["code"], "permission_denied", "The code with which the session is closed", "HAND-009.1");
    if (t.ownEndpoint) await channel.closed();
    t.expect(!channel.has("offer"), "The client opened a session behind REFUSE.", "HAND-009.1");
  },
});

check({
  id: "handshake.client-refused-for-its-proof",
  title: "a client whose proof is refused ends the channel, and tells its user",
  covers: ["HAND-009.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { hello } = await challenge(t, channel);
    await channel.take("proof");
    const { nonce: clientNonce } = hello;
    channel.send(build.refuse({ clientNonce, code: Code.unauthenticated, message: "the proof was not accepted" }));
    const closed = await t.event(channel, "closed");
    t.equal(closed["code"], "unauthenticated", "The code with which the session is closed", "HAND-009.1");
    if (t.ownEndpoint) await channel.closed();
  },
});

check({
  id: "handshake.client-waits-as-asked",
  title: "a client that is refused with a retry-after does not dial again before that is over",
  covers: ["HAND-009.2"],
  role: "client",
  ways: ["binary", "text"],
  async run(t) {
    const session = await t.session();
    session.channel.socket.cut();
    const again = await t.nextSocket(session.channel, "refused");
    const { hello } = await takeHello(again);
    const wait = t.ms(700);
    const { nonce: clientNonce } = hello;
    again.send(build.refuse({ clientNonce, code: Code.unavailable, message: "come back later", retryAfterMs: wait }));
    const since = performance.now();
    await again.closed();
    await t.nextSocket(again, "waited", { within: 4_000 });
    const waited = performance.now() - since;
    if (waited < wait - 5) {
      throw new Failure(
        `The client dialled again after ${Math.round(waited)} ms, and was asked to wait ${wait}.`,
        "HAND-009.2",
      );
    }
  },
});

check({
  id: "handshake.client-gives-up-challenged",
  title: "a client whose user closes the session while WELCOME is awaited says GOAWAY with a code",
  covers: ["HAND-012.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    await challenge(t, channel);
    await channel.take("proof");
    const { process, name } = t.driver(channel);
    process.send({ do: "close", session: name });
    await gaveUp(t, channel, { clause: "HAND-012.1" });
  },
});

check({
  id: "handshake.client-no-welcome-taken",
  title: "a client that does not accept what WELCOME states says GOAWAY with a code",
  covers: ["HAND-012.1", "LIMIT-005"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { hello } = await challenge(t, channel);
    await channel.take("proof");
    channel.send(makeWelcome(channel, hello, { heartbeatMs: 1 }).frame);
    await gaveUp(t, channel, { clause: "HAND-012.1", requirement: "LIMIT-005" });
    await t.healthy();
  },
});

check({
  id: "handshake.given-up-before-proof",
  title: "a gateway to which a client says that it gives up ends the channel without an answer",
  covers: ["HAND-012.2"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    await challenged(channel);
    channel.send(build.goaway({ code: Code.unauthenticated, message: "another audience" }));
    await channel.closed();
    t.equal(channel.arrived, 1, "The frames of the gateway, CHALLENGE among them", "HAND-012.2");
    await handshakeOver(t, channel, 1000);
    await t.healthy();
  },
});

check({
  id: "handshake.given-up-behind-proof",
  title: "a gateway to which a client says behind its PROOF that it gives up does not refuse it",
  covers: ["HAND-012.2"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    const { hello, frame } = await challenged(channel);
    channel.send(proofOf(t.key, hello, frame));
    channel.send(build.goaway({ code: Code.cancelled, message: "no more" }));
    await channel.closed();
    // The gateway may have said WELCOME before it heard of that.
    t.expect(!channel.has("refuse"), "The gateway answered a client that had given up.", "HAND-012.2");
    await handshakeOver(t, channel, 1000);
    await t.healthy();
  },
});

check({
  id: "handshake.hello-cut-off",
  title: "a gateway refuses a HELLO that it cannot read as an invalid argument, with a nonce of zeros and the rule",
  covers: ["HAND-013.1", "HAND-003"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    const { frame } = makeHello(channel);
    channel.send({ ...frame, header: (frame.header ?? []).slice(0, 3) });
    const refuse = await refused(t, channel, { code: "invalid_argument", clause: "HAND-013.1" });
    t.expect(refuse.message.endsWith("[FRAME-007]"), "REFUSE does not end with [FRAME-007].", "HAND-013.1");
    t.expect(same(refuse.clientNonce, new Uint8Array(16)), "REFUSE does not have a nonce of zeros.");
    await t.healthy();
  },
});
