/**
 * What a gateway chooses out of HELLO, and that each answer is to the HELLO that was said (HAND-001 to HAND-004, HAND-015).
 *
 * @module
 */
import { clientHandshake, makeHello, makeWelcome, proofOf, stated, takeHello } from "../../harness/handshake.ts";
import { SUITE_LIMITS } from "../../harness/limits.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { challenge, challenged, gaveUp, greet, proving, refused, same } from "./support.ts";

check({
  id: "handshake.client-speaks-first",
  title: "the first that a client says is HELLO, which offers the version 1 and its own limits",
  covers: ["HAND-001"],
  role: "client",
  async run(t) {
    const channel = await t.socket();
    const first = await channel.frames.take(() => true, channel.patience(), "the client's first frame");
    t.equal(first.frame.type, 0x01, "The type of the client's first frame", "HAND-001");
    const hello = channel.fieldsOf("hello", first.frame);
    t.expect(hello.versions.includes(1), "HELLO does not offer the version 1.", "HAND-001");
    t.expect(
      hello.tag.some((octet) => octet !== 0),
      "The tag that HELLO states is zero.",
      "CARR-002",
    );
  },
});

check({
  id: "handshake.client-draws-anew",
  title: "each HELLO of a client states a tag of its own",
  covers: ["CARR-002"],
  role: "client",
  async run(t) {
    const [one, other] = [await t.socket({ label: "one" }), await t.socket({ label: "other" })];
    const [first, second] = [(await takeHello(one)).hello, (await takeHello(other)).hello];
    t.expect(!same(first.tag, second.tag), "Two HELLOs state the same tag.", "CARR-002");
  },
});

check({
  id: "handshake.client-draws-nonces",
  title: "each HELLO of a client has a nonce that is drawn at random for its channel, whatever channel",
  covers: ["HAND-015"],
  role: "client",
  async run(t) {
    const nonces: Uint8Array[] = [];
    for (let count = 0; count < 5; count++) nonces.push((await takeHello(await t.socket())).hello.nonce);
    // Five random octets are the same once in four thousand million times.
    for (let place = 0; place < 16; place++) {
      const values = new Set(nonces.map((nonce) => nonce[place]));
      t.expect(values.size > 1, `Octet ${place} of five nonces is the same one.`, "HAND-015");
    }
  },
});

check({
  id: "handshake.version-out-of-several",
  title: "a gateway chooses the version 1 where HELLO offers it among others",
  covers: ["HAND-002.1"],
  role: "gateway",
  async run(t) {
    const { welcome, challenge: asked } = await clientHandshake(await t.socket(), { versions: [7, 1, 2] });
    t.equal(welcome.version, 1, "The version in WELCOME", "HAND-002.1");
    if (asked !== undefined) t.equal(asked.version, 1, "The version in CHALLENGE", "HAND-002.1");
  },
});

const FEATURES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["none", [], []],
  ["credit", ["credit"], ["credit"]],
  ["delivery", ["delivery"], ["delivery"]],
  ["unknown", ["telepathy", "credit", "delivery"], ["credit", "delivery"]],
];

for (const [name, features, most] of FEATURES) {
  check({
    id: `handshake.features-${name}`,
    title: `a gateway agrees on no feature but those that HELLO asks for: ${features.join(", ") || "none"}`,
    covers: ["HAND-002.1"],
    role: "gateway",
    async run(t) {
      const { welcome, challenge: asked, established } = await clientHandshake(await t.socket(), { features });
      for (const frame of [welcome, ...(asked === undefined ? [] : [asked])]) {
        const others = frame.features.filter((feature) => !most.includes(feature));
        t.equal(others, [], "The features that nobody can have asked for", "HAND-002.1");
      }
      const limits = stated({ ...SUITE_LIMITS, ...welcome.limits }, welcome.features);
      t.equal(Object.keys(welcome.limits).sort(), Object.keys(limits).sort(), "The limits that WELCOME states");
      t.equal(established.features.toSorted(), welcome.features.toSorted(), "The features of the session");
    },
  });
}

for (const [name, versions] of [
  ["other", [2, 3]],
  ["none", []],
] as const) {
  check({
    id: `handshake.version-${name}`,
    title: `a gateway refuses a HELLO in which no version fits: ${JSON.stringify(versions)}`,
    covers: ["HAND-002.2", "HAND-009.1"],
    role: "gateway",
    async run(t) {
      const channel = await t.socket();
      const { nonce } = greet(channel, { versions });
      await refused(t, channel, { code: "failed_precondition", clause: "HAND-002.2", nonce });
      await t.healthy();
    },
  });
}

check({
  id: "handshake.answered",
  title:
    "a gateway answers HELLO with CHALLENGE where nobody vouches for the socket, and with WELCOME where the host does",
  covers: ["HAND-003"],
  role: "gateway",
  async run(t) {
    const channel = await t.socket();
    greet(channel);
    const first = await channel.frames.take(() => true, channel.patience(), "an answer to HELLO");
    t.equal(first.frame.type, t.ownEndpoint ? 0x02 : 0x04, "The type of the answer to HELLO", "HAND-003");
  },
});

check({
  id: "handshake.gateway-echoes-nonce",
  title: "each handshake frame of a gateway echoes the nonce of HELLO",
  covers: ["HAND-004"],
  role: "gateway",
  async run(t) {
    const channel = await t.socket();
    const { hello, welcome, challenge: asked } = await clientHandshake(channel);
    t.expect(same(welcome.clientNonce, hello.nonce), "WELCOME does not echo the nonce of HELLO.", "HAND-004");
    if (asked !== undefined) {
      t.expect(same(asked.clientNonce, hello.nonce), "CHALLENGE does not echo the nonce of HELLO.", "HAND-004");
    }
    const other = await t.socket({ label: "refused" });
    const { nonce } = greet(other, { versions: [9] });
    await refused(t, other, { code: "failed_precondition", clause: "HAND-004", nonce });
  },
});

check({
  id: "handshake.client-echoes-nonce",
  title: "PROOF echoes the nonce of HELLO",
  covers: ["HAND-004"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { hello } = await challenge(t, channel);
    const proof = await channel.take("proof");
    t.expect(same(proof.clientNonce, hello.nonce), "PROOF does not echo the nonce of HELLO.", "HAND-004");
  },
});

check({
  id: "handshake.proof-for-another-hello",
  title: "a gateway refuses a PROOF that echoes another nonce than that of HELLO",
  covers: ["HAND-004"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket();
    const { hello, frame } = await challenged(channel);
    const proof = proofOf(t.key, hello, frame);
    channel.send({ ...proof, header: [t.random.octets(16), ...(proof.header ?? []).slice(1)] });
    const refuse = await channel.take("refuse");
    t.expect(refuse.code !== 0, "REFUSE has no code.", "HAND-004");
    t.expect(!channel.has("welcome"), "A PROOF for another HELLO opened a session.", "HAND-004");
  },
});

check({
  id: "handshake.foreign-nonce-no-answer",
  title: "a client takes no WELCOME that echoes another nonce than that of its HELLO",
  covers: ["HAND-004"],
  role: "client",
  // Wrapped messages are numbered, and nobody else can put one in.
  ways: ["binary", "text", "shared"],
  async run(t) {
    const channel = await t.socket({ connect: { reconnect: false } });
    const { hello } = await takeHello(channel);
    // Whoever does not know the nonce may have sent it: on a host's socket it is the host's, and harms nothing (CARR-006).
    channel.send(makeWelcome(channel, hello, { clientNonce: t.random.octets(16) }).frame);
    if (t.ownEndpoint) {
      await t.event(channel, "closed");
      await channel.closed();
      return;
    }
    const { frame, established } = makeWelcome(channel, hello, {});
    channel.send(frame);
    await t.adopt(channel, established).roundTrip();
  },
});

const UNASKED: readonly (readonly [string, { readonly version?: number; readonly features?: readonly string[] }])[] = [
  ["version", { version: 2 }],
  ["feature", { features: ["delivery", "credit", "telepathy"] }],
];

for (const [what, choice] of UNASKED) {
  check({
    id: `handshake.unasked-${what}-in-challenge`,
    title: `a client does not prove itself to a gateway that chose a ${what} which it did not ask for`,
    covers: ["HAND-008", "HAND-012.1"],
    role: "client",
    async run(t) {
      const channel = await t.socket({ connect: proving(t) });
      await challenge(t, channel, choice);
      await gaveUp(t, channel, { clause: "HAND-008", requirement: "HAND-008" });
      t.expect(!channel.has("proof"), "The client proved itself all the same.", "HAND-008");
      await t.healthy();
    },
  });

  check({
    id: `handshake.unasked-${what}-in-welcome`,
    title: `a client ends a session whose WELCOME has a ${what} which it did not ask for`,
    covers: ["HAND-008", "HAND-012.1"],
    role: "client",
    ways: ["shared", "wrapped"],
    async run(t) {
      const channel = await t.socket({ connect: { reconnect: false } });
      const { hello } = await takeHello(channel);
      channel.send(makeWelcome(channel, hello, choice).frame);
      await gaveUp(t, channel, { clause: "HAND-008", requirement: "HAND-008" });
      await t.healthy();
    },
  });
}

check({
  id: "handshake.features-behind-proof",
  title: "a client does not take features from WELCOME that it did not ask for, also behind its PROOF",
  covers: ["HAND-008", "HAND-012.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { hello } = await challenge(t, channel);
    await channel.take("proof");
    channel.send(makeWelcome(channel, hello, { features: ["delivery", "credit", "telepathy"] }).frame);
    await gaveUp(t, channel, { clause: "HAND-008", requirement: "HAND-008" });
  },
});

check({
  id: "handshake.offer-behind-welcome",
  title:
    "behind a WELCOME that opens a session a gateway states its tools: its first counted frame is an OFFER that replaces",
  covers: ["HAND-011.1"],
  role: "gateway",
  async run(t) {
    const channel = await t.socket();
    const { established, welcome } = await clientHandshake(channel);
    const session = t.adopt(channel, established);
    const offer = await channel.take("offer");
    t.equal(offer.mode, 0, "The mode of the first OFFER", "HAND-011.1");
    t.equal(welcome.notResumed, undefined, "notResumed, where nothing was to be resumed");
    await session.roundTrip();
    t.expect(session.offered.has("test.echo"), "The gateway does not offer test.echo.", "HAND-011.1");
    t.expect(!session.offered.has("test.secret"), "The gateway offers what the scopes do not allow.", "TOOL-002.1");
  },
});

check({
  id: "handshake.offer-without-tools-of-ours",
  title: "a gateway states its tools also where the client states none",
  covers: ["HAND-011.1"],
  role: "gateway",
  async run(t) {
    const session = await t.session({ offer: [] });
    t.expect(session.offered.size > 0, "The gateway offers no tool.", "HAND-011.1");
  },
});

check({
  id: "handshake.client-offers",
  title: "a client states its tools behind WELCOME: its first OFFER replaces",
  covers: ["HAND-011.2"],
  role: "client",
  async run(t) {
    const channel = await t.socket();
    const { hello } = t.ownEndpoint ? await challenge(t, channel) : await takeHello(channel);
    if (t.ownEndpoint) await channel.take("proof");
    const { frame, established } = makeWelcome(channel, hello, {});
    channel.send(frame);
    const session = t.adopt(channel, established);
    session.send(build.offer(0, []));
    const offer = await channel.take("offer");
    t.equal(offer.mode, 0, "The mode of the first OFFER", "HAND-011.2");
  },
});

check({
  id: "handshake.hello-repeated",
  title: "a gateway drops a HELLO that is repeated, octet for octet, and keeps its session",
  covers: ["CARR-006.4"],
  role: "gateway",
  ways: ["binary", "text", "shared"],
  async run(t) {
    const channel = await t.socket();
    const hello = makeHello(channel);
    channel.send(hello.frame);
    channel.send(hello.frame);
    if (t.ownEndpoint) {
      const asked = await channel.take("challenge");
      channel.peerTag = asked.tag;
      channel.send(hello.frame);
      channel.send(proofOf(t.key, hello, asked.received.frame));
    }
    const welcome = await channel.take("welcome");
    channel.peerTag = welcome.tag;
    channel.send(hello.frame);
    channel.send(build.ping(1));
    await channel.take("pong", (pong) => pong.id === 1);
    const more = channel.has("challenge") || channel.has("welcome") || channel.has("refuse");
    t.expect(!more, "A repeated HELLO was answered again.", "CARR-006.4");
  },
});
