/**
 * Beside a host: which messages are the host's and which are not, and what turnmux leaves alone (CARR-004 to CARR-008, CARR-014).
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { openCall } from "../../harness/calls.ts";
import { makeHello, makeWelcome, takeHello } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import { SUITE_TOOLS, type Context } from "../../suite/context.ts";
import { ended } from "../../suite/judgement.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { octets, row } from "../frames/support.ts";
import { greet, refused, ZERO_TAG } from "../handshake/support.ts";
import { AS_HOST, hostHears, hostHearsNothingElse, messageIn, strangeTag } from "./support.ts";

/** Messages that look like turnmux's and are the host's, in binary carriage. */
const STRANGE_OCTETS: readonly Uint8Array[] = [
  Uint8Array.of(0xc1),
  Uint8Array.of(0xc1, 0x01, 1, 2, 3),
  Uint8Array.of(0xc0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.from([0xc1, 0x01, ...strangeTag(), 0xff]),
];

check({
  id: "carriage.strange-tags-are-the-hosts",
  title: "a gateway hands messages with another tag to its host as they came, before and behind the handshake",
  covers: ["CARR-004"],
  role: "gateway",
  ways: ["shared"],
  async run(t) {
    const channel = await t.socket();
    const strange = [...STRANGE_OCTETS, messageIn("binary", strangeTag(), build.ping(1)), "a text", ""];
    for (const message of strange) await hostHears(t, channel, message, "CARR-004");
    const session = await t.sessionAsClient(channel);
    for (const message of strange) await hostHears(t, channel, message, "CARR-004");
    await session.roundTrip();
  },
});

check({
  id: "carriage.strange-texts-are-the-clients-hosts",
  title: "a client hands texts with another tag to its host as they came, and they are no fault",
  covers: ["CARR-004"],
  role: "client",
  ways: ["text"],
  async run(t) {
    const session = await t.session(AS_HOST);
    const { channel } = session;
    const strange = [
      messageIn("text", strangeTag(), build.ping(1)),
      '{"turnmux":[1,"0102030405060708",[',
      ` ${String(messageIn("text", channel.peerTag, build.ping(1)))}`,
      '{"turnmux":[2,"0102030405060708"]}',
      "a text",
    ];
    for (const message of strange) await hostHears(t, channel, message, "CARR-004");
    await session.roundTrip();
  },
});

check({
  id: "carriage.strange-tag-on-an-endpoint",
  title: "on an endpoint of turnmux's own a message with another tag ends the session, since nobody else may speak",
  covers: ["CARR-004"],
  role: "both",
  ways: ["binary", "text"],
  async run(t) {
    const session = await t.session();
    await t.breaks(session, "CARR-003", () => session.channel.sendTagged(strangeTag(), [build.ping(1)]));
  },
});

check({
  id: "carriage.strange-message-on-an-endpoint",
  title: "on an endpoint of turnmux's own a message that is not turnmux's ends the session",
  covers: ["CARR-004"],
  role: "both",
  ways: ["binary", "text"],
  async run(t) {
    const session = await t.session();
    await t.breaks(session, "CARR-003", () => session.channel.sendHost("hello"));
  },
});

check({
  id: "carriage.strange-tag-before-hello",
  title: "on an endpoint of its own a gateway refuses a message with another tag before HELLO",
  covers: ["CARR-004"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    channel.sendTagged(strangeTag(), [build.ping(1)]);
    await refused(t, channel, { code: "failed_precondition", clause: "CARR-004" });
  },
});

for (const [role, ways] of [
  ["gateway", ["shared", "wrapped"]],
  ["client", ["text", "shared", "wrapped"]],
] as const) {
  check({
    id: `carriage.own-tag-is-kept-by-a-${role}`,
    title: `a ${role} keeps what carries its own tag from its host, whatever is in it`,
    covers: ["CARR-005"],
    role,
    ways,
    async run(t) {
      const session = await t.session(role === "client" ? AS_HOST : {});
      const { channel } = session;
      channel.send(build.pong(1), build.accept(0));
      await session.goaway();
      channel.sendTagged(channel.peerTag, [build.ping(1)]);
      channel.sendTagged(channel.peerTag, []);
      channel.sendTagged(channel.peerTag, [
        t.carriage === "binary" ? octets(0x7f, 0xff, 0x8000_0000, "c1") : row(5, 5, 5, 5, 5),
      ]);
      await hostHearsNothingElse(t, channel, "CARR-005");
    },
  });
}

check({
  id: "carriage.broken-text-of-the-own-tag",
  title: "a text with the client's own tag that is no JSON is kept from its host, and ends the session",
  covers: ["CARR-005"],
  role: "client",
  ways: ["text"],
  async run(t) {
    const session = await t.session(AS_HOST);
    const { channel } = session;
    channel.sendMessage(`{"turnmux":[1,"${Buffer.from(channel.peerTag).toString("hex")}",[`);
    t.equal((await session.goaway()).requirement, "CARR-010", "What GOAWAY names", "CARR-005");
    await hostHearsNothingElse(t, channel, "CARR-005");
  },
});

check({
  id: "carriage.foreign-nonce-is-the-clients-hosts",
  title:
    "a client hands handshake messages that do not echo its nonce to its host, also in the middle of its own handshake",
  covers: ["CARR-006.1"],
  role: "client",
  ways: ["text"],
  async run(t) {
    const channel = await t.socket({ connect: { shared: true, reconnect: false } });
    const { hello } = await takeHello(channel);
    const foreign = makeWelcome(channel, hello, { clientNonce: new Uint8Array(16).fill(7) }).frame;
    const refusal = build.refuse({ clientNonce: new Uint8Array(16).fill(9), code: 7, message: "somebody else" });
    for (const frame of [foreign, refusal]) {
      await hostHears(t, channel, messageIn("text", ZERO_TAG, frame), "CARR-006.1");
    }
    const { frame, established } = makeWelcome(channel, hello, {});
    channel.send(frame);
    const session = t.adopt(channel, established);
    session.send(build.offer(0, SUITE_TOOLS));
    await session.roundTrip();
    await hostHears(t, channel, messageIn("text", ZERO_TAG, foreign), "CARR-006.1");
    await session.roundTrip();
  },
});

check({
  id: "carriage.own-nonce-is-kept-by-the-client",
  title:
    "a client keeps from its host handshake messages that echo its nonce, also while its session stands and when it is over",
  covers: ["CARR-006.2"],
  role: "client",
  ways: ["text"],
  async run(t) {
    const channel = await t.socket({ connect: { shared: true, reconnect: false } });
    const { hello } = await takeHello(channel);
    const { frame, established } = makeWelcome(channel, hello, {});
    channel.send(frame);
    const session = t.adopt(channel, established);
    session.send(build.offer(0, SUITE_TOOLS));
    await session.roundTrip();
    session.leave();
    await t.event(session, "closed");
    channel.send(frame);
    channel.send(build.refuse({ clientNonce: hello.nonce, code: 7, message: "late" }));
    await hostHearsNothingElse(t, channel, "CARR-006.2");
  },
});

check({
  id: "carriage.foreign-handshake-is-the-gateways-hosts",
  title: "a gateway whose channel is open hands other handshake messages to its host",
  covers: ["CARR-006.3"],
  role: "gateway",
  ways: ["shared"],
  async run(t) {
    const session = await t.session();
    const { channel } = session;
    const other = makeHello(channel, { nonce: new Uint8Array(16).fill(5) });
    const proof = build.proof({
      clientNonce: new Uint8Array(16).fill(6),
      method: "token",
      keyId: "somebody",
      proof: new Uint8Array(32),
    });
    for (const frame of [other.frame, proof]) {
      await hostHears(t, channel, messageIn("binary", ZERO_TAG, frame), "CARR-006.3");
    }
    await session.roundTrip();
  },
});

check({
  id: "carriage.repeated-hello-is-dropped",
  title: "a gateway drops the HELLO that opened its channel when it comes again, and a PROOF that echoes its nonce",
  covers: ["CARR-006.4"],
  role: "gateway",
  ways: ["shared", "wrapped"],
  async run(t) {
    const channel = await t.socket();
    const hello = greet(channel);
    const { nonce } = hello;
    const welcome = await channel.take("welcome");
    channel.peerTag = welcome.tag;
    channel.send(hello.frame);
    channel.send(build.proof({ clientNonce: nonce, method: "token", keyId: "conformance", proof: new Uint8Array(32) }));
    await hostHearsNothingElse(t, channel, "CARR-006.4");
    channel.send(build.ping(5));
    await channel.take("pong", (pong) => pong.id === 5);
    t.expect(!channel.has("welcome"), "A HELLO that was repeated was answered again.", "CARR-006.4");
  },
});

check({
  id: "carriage.not-between-fragments",
  title: "nothing of turnmux's comes between the fragments of a host's message",
  covers: ["CARR-007"],
  role: "both",
  ways: ["shared"],
  async run(t) {
    const session = await t.session();
    const { channel } = session;
    for (let round = 0; round < 3; round++) {
      if (t.role === "gateway") channel.sendHost("fragments");
      else {
        const { process, name } = t.driver(session);
        process.send({ do: "host", session: name, text: "fragments" });
      }
      const calls = [];
      for (let step = 0; step < 12; step++) {
        calls.push(await openCall(session, { tool: "test.echo", input: step }));
        channel.send(build.ping(9_000 + step));
        await pause(t.ms(4));
      }
      t.equal(await channel.hostMessage(), "host-fragmented", "The host's message", "CARR-007");
      for (const [step, call] of calls.entries()) t.equal((await call.ended()).value, step, "What test.echo gave");
    }
    t.expect(channel.socket.open, "The socket broke: a message came between two fragments.", "CARR-007");
  },
});

check({
  id: "carriage.host-socket-stays-open",
  title: "a host's socket stays open when a session on it is ended for a fault",
  covers: ["CARR-008.1"],
  role: "both",
  ways: ["shared", "wrapped"],
  async run(t) {
    const session = await t.session(t.role === "client" ? { connect: { reconnect: false } } : {});
    const { channel } = session;
    channel.send(build.credit(1_000_002, 5), build.accept(0));
    await session.goaway();
    for (let round = 0; round < 3; round++) {
      if (t.role === "gateway") await hostHearsNothingElse(t, channel, "CARR-008.1");
      else await clientsHostSpeaks(t, channel);
    }
    t.expect(channel.socket.open, "The host's socket was closed.", "CARR-008.1");
  },
});

async function clientsHostSpeaks(
  t: Context,
  channel: Parameters<Context["driver"]>[0] & { hostMessage(): Promise<unknown> },
): Promise<void> {
  const { process, name } = t.driver(channel);
  const text = `host ${t.random.integer(0, 1e9)}`;
  process.send({ do: "host", session: name, text });
  t.equal(await channel.hostMessage(), text, "What the client's host said", "CARR-008.1");
}

check({
  id: "carriage.close-codes",
  title: "on an endpoint of its own a gateway closes the socket behind the channel, with the code that says why",
  covers: ["CARR-008.3"],
  role: "gateway",
  ways: ["binary", "text"],
  limits: "small",
  async run(t) {
    const left = await t.session({ label: "left" });
    left.leave();
    t.equal((await left.channel.closed()).code, 1000, "The close code of a session that was left", "CARR-008.3");

    const faulty = await t.session({ label: "faulty" });
    faulty.channel.send({ ...build.ping(1), stream: 1 });
    await faulty.goaway();
    t.equal((await faulty.channel.closed()).code, 1002, "The close code for a fault", "CARR-008.3");

    const long = await t.session({ label: "long" });
    const body = new Uint8Array(5_000);
    long.sendRaw(build.open(1, { tool: "test.echo", callId: "c", content: 4 }, body));
    await long.goaway();
    t.equal((await long.channel.closed()).code, 1009, "The close code for what is too large", "CARR-008.3");

    const refusedOne = await t.socket({ label: "refused" });
    refusedOne.send(build.ping(1));
    await refusedOne.take("refuse");
    t.equal((await refusedOne.closed()).code, 1008, "The close code of a handshake that is refused", "CARR-008.3");
  },
});

check({
  id: "carriage.close-code-of-a-drain",
  title: "a gateway that has drained closes the socket with 1001",
  covers: ["CARR-008.3"],
  role: "gateway",
  ways: ["binary"],
  needs: ["command"],
  async run(t) {
    const gateway = await t.ownGateway();
    const session = await t.session({ url: t.urlOf(gateway.urls) });
    gateway.process.signal("SIGTERM");
    t.equal((await session.channel.closed()).code, 1001, "The close code", "CARR-008.3");
    await ended(session);
  },
});

check({
  id: "carriage.other-carriage-is-the-hosts",
  title: "a message in another carriage than the channel's is the host's, whatever its tag",
  covers: ["CARR-014.2"],
  role: "both",
  ways: ["shared"],
  async run(t) {
    const session = await t.session();
    const { channel } = session;
    const other = messageIn(
      "text",
      channel.peerTag,
      build.accept(1),
      build.goaway({ code: 3, message: "not for you" }),
    );
    await hostHears(t, channel, other, "CARR-014.2");
    await session.roundTrip();
  },
});

check({
  id: "carriage.binary-beside-text",
  title: "a gateway whose channel is in text hands binary messages with its tag to the host",
  covers: ["CARR-014.2", "CARR-014.1"],
  role: "gateway",
  ways: ["text"],
  async run(t) {
    const { shared } = await t.urls();
    if (shared === undefined) throw new Unsupported("The gateway under test has no host's socket.");
    const session = await t.session({ url: shared });
    const { channel } = session;
    await hostHears(t, channel, messageIn("binary", channel.peerTag, build.accept(1)), "CARR-014.2");
    await session.roundTrip();
  },
});

check({
  id: "carriage.other-carriage-on-an-endpoint",
  title: "on an endpoint of turnmux's own a message in another carriage ends the session",
  covers: ["CARR-014.2"],
  role: "both",
  ways: ["binary", "text"],
  async run(t) {
    const session = await t.session();
    const other = messageIn(t.way === "binary" ? "text" : "binary", session.channel.peerTag, build.ping(1));
    await t.breaks(session, "CARR-003", () => session.channel.sendHost(other));
  },
});
