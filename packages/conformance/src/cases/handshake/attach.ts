/**
 * Attaching to a host's socket: the other end may attach later, and channels come one after the other (CARR-030 to CARR-032).
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import { Channel } from "../../harness/channel.ts";
import { clientHandshake, makeHello, makeWelcome, takeHello } from "../../harness/handshake.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import { SUITE_TOOLS, type Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { greet, hostEchoes, lateSocket, refused, same } from "./support.ts";

/** Patience with a client that says HELLO again: it need not do so often. */
const REPEATED = { within: 6_000 };

check({
  id: "carriage.hello-repeated",
  title: "a client on a host's socket repeats its HELLO, octet for octet, until it is answered, and then no more",
  covers: ["CARR-030"],
  role: "client",
  ways: ["shared", "text"],
  async run(t) {
    const channel = await t.socket({ connect: { shared: true, reconnect: false } });
    const first = await takeHello(channel);
    const again = await channel.take("hello", () => true, REPEATED);
    const payload = again.received.frame.payload ?? new Uint8Array(0);
    t.expect(same(payload, first.payload), "The HELLO that was repeated is another one.", "CARR-030");
    const { frame, established } = makeWelcome(channel, first.hello, {});
    channel.send(frame);
    const session = t.adopt(channel, established);
    session.send(build.offer(0, SUITE_TOOLS));
    await channel.take("offer");
    const call = await openCall(session, { tool: "test.slow", input: { ms: t.ms(700) } });
    await call.ended();
    t.expect(!channel.has("hello"), "HELLO was repeated after WELCOME.", "CARR-030");
  },
});

check({
  id: "carriage.hello-not-for-ever",
  title: "a client on a host's socket repeats its HELLO no more when the limit of its handshake is over",
  covers: ["CARR-030", "HAND-007.1"],
  role: "client",
  ways: ["shared", "text"],
  limits: "quick",
  async run(t) {
    const channel = await t.socket({ connect: { shared: true, reconnect: false } });
    await takeHello(channel);
    await t.event(channel, "closed");
    while (channel.has("hello")) await channel.take("hello");
    const late = channel
      .take("hello", () => true, { within: 800 })
      .then(
        () => true,
        () => false,
      );
    t.expect(!(await late), "HELLO was repeated after the limit of the handshake.", "CARR-030");
    await hostHears(t, channel);
  },
});

/** The client's host hears what the suite's host says. */
async function hostHears(t: Context, channel: Channel): Promise<void> {
  const word = t.way === "wrapped" ? `"host ${t.random.integer(0, 1e9)}"` : `host ${t.random.integer(0, 1e9)}`;
  channel.sendHost(word);
  const heard = await t.event(channel, "host");
  t.equal(heard["text"], word, "What the client's host heard next", "CARR-032.2");
}

check({
  id: "carriage.held-until-login",
  title: "a gateway holds the handshake until the host vouches for its peer; the host's own traffic passes meanwhile",
  covers: ["CARR-031"],
  role: "gateway",
  ways: ["shared", "text"],
  needs: ["command"],
  async run(t) {
    const channel = await lateSocket(t);
    const hello = greet(channel);
    await hostEchoes(t, channel, "CARR-031");
    channel.send(hello.frame);
    await hostEchoes(t, channel, "CARR-031");
    t.equal(channel.arrived, 0, "The frames of a gateway whose host has not vouched yet", "CARR-031");
    channel.sendHost("login");
    const welcome = await channel.take("welcome");
    t.equal(welcome.principal, "conformance", "The principal of the session", "CARR-031");
    t.equal(await channel.hostMessage(), "login", "What the host sent back");
    channel.peerTag = welcome.tag;
    channel.send(build.ping(3));
    await channel.take("pong", (pong) => pong.id === 3);
  },
});

check({
  id: "carriage.host-denies",
  title: "a gateway whose host does not vouch refuses the handshake that it held",
  covers: ["CARR-031", "HAND-003"],
  role: "gateway",
  ways: ["shared"],
  needs: ["command"],
  async run(t) {
    const channel = await lateSocket(t);
    const { nonce } = greet(channel);
    channel.sendHost("deny");
    t.equal(await channel.hostMessage(), "deny", "What the host sent back");
    await refused(t, channel, { code: "unauthenticated", clause: "CARR-031", nonce });
  },
});

/** The suite's end of another channel on the socket of one that is over. */
function nextChannel(t: Context, before: Channel): Channel {
  const { carriage, trace, timeScale, key } = t;
  return new Channel(before.socket, { carriage, trace, timeScale, key, label: "next" });
}

const ENDS: readonly (readonly [name: string, end: (session: Session) => Promise<unknown>])[] = [
  [
    "left",
    (session) => {
      session.leave();
      return Promise.resolve();
    },
  ],
  [
    "broken",
    (session) => {
      session.channel.send(build.pong(1), { ...build.ping(1), stream: 4 });
      return session.goaway();
    },
  ],
];

for (const [name, end] of ENDS) {
  check({
    id: `carriage.next-channel-when-${name}`,
    title: `a gateway takes a new HELLO on a host's socket whose channel was ${name} as the start of a new channel`,
    covers: ["CARR-032.1", "CARR-008.1"],
    role: "gateway",
    ways: ["shared", "wrapped"],
    async run(t) {
      const session = await t.session();
      await end(session);
      await hostEchoes(t, session.channel);
      const channel = nextChannel(t, session.channel);
      const { established } = await clientHandshake(channel);
      const next = t.adopt(channel, established);
      next.send(build.offer(0, SUITE_TOOLS));
      t.expect(next.id !== session.id, "The new channel has the session that was over.", "CARR-032.1");
      const call = await openCall(next, { tool: "test.echo", input: "again" });
      t.equal((await call.ended()).value, "again", "What test.echo gave", "CARR-032.1");
    },
  });

  check({
    id: `carriage.late-for-channel-${name}`,
    title: `a gateway drops what still comes for a channel that was ${name}, and keeps it from the host`,
    covers: ["CARR-032.2"],
    role: "gateway",
    ways: ["shared", "wrapped"],
    async run(t) {
      const session = await t.session();
      const { channel } = session;
      await end(session);
      const { arrived } = channel;
      channel.send(build.ping(9));
      session.channel.send(build.open(session.newStream(), { tool: "test.echo", callId: "late" }));
      await hostEchoes(t, channel, "CARR-032.2");
      t.equal(channel.arrived, arrived, "The frames that came on a channel that was over", "CARR-032.2");
    },
  });
}

check({
  id: "carriage.late-beside-next-channel",
  title: "a gateway drops what comes for the former channel also while the next one shakes hands",
  covers: ["CARR-032.2"],
  role: "gateway",
  ways: ["shared"],
  async run(t) {
    const session = await t.session();
    session.leave();
    const channel = nextChannel(t, session.channel);
    const hello = makeHello(channel);
    channel.send(hello.frame);
    channel.sendTagged(session.channel.peerTag, [build.ping(9)]);
    const welcome = await channel.take("welcome");
    channel.peerTag = welcome.tag;
    await hostEchoes(t, channel, "CARR-032.2");
    channel.send(build.ping(10));
    const pong = await channel.take("pong");
    t.equal(pong.id, 10, "The PING that was answered", "CARR-032.2");
  },
});

check({
  id: "carriage.client-late-for-channel",
  title: "a client drops what still comes for a channel that is over, and keeps it from its host",
  covers: ["CARR-032.2"],
  role: "client",
  ways: ["text", "wrapped"],
  async run(t) {
    const session = await t.session({ connect: { shared: true, reconnect: false }, welcome: { challenge: false } });
    const { channel } = session;
    channel.send(build.goaway({ code: Code.permission_denied, message: "the end" }));
    await t.event(session, "closed");
    const { arrived } = channel;
    channel.send(build.ping(9));
    channel.send(build.open(2, { tool: "test.echo", callId: "late" }));
    await hostHears(t, channel);
    t.equal(channel.arrived, arrived, "The frames that came on a channel that was over", "CARR-032.2");
  },
});

check({
  id: "carriage.client-late-for-refused",
  title: "a client that was refused on a host's socket keeps from its host what still echoes its nonce",
  covers: ["CARR-006.2", "CARR-032.2"],
  role: "client",
  ways: ["text"],
  async run(t) {
    const channel = await t.socket({ connect: { shared: true, reconnect: false } });
    const { hello } = await takeHello(channel);
    const { nonce: clientNonce } = hello;
    channel.send(build.refuse({ clientNonce, code: Code.permission_denied, message: "not you" }));
    await t.event(channel, "closed");
    channel.send(makeWelcome(channel, hello, {}).frame);
    await hostHears(t, channel);
  },
});
