/**
 * Whom a client proves itself to and by which name a gateway calls itself (AUTH-005, AUTH-007), and that secrets stay where they are (AUTH-006).
 *
 * @module
 */
import { gatewayHandshake } from "../../harness/handshake.ts";
import { KEYS } from "../../harness/keys.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { challenge, challenged, gaveUp, noSession, proving } from "../handshake/support.ts";
import { allOctets, refusedProof, rightProof } from "./support.ts";

/** Audiences that are not those of a gateway that was dialled at `127.0.0.1:<port>`. */
const OTHERS: readonly (readonly [name: string, audience: (dialled: string) => string])[] = [
  ["another-host", () => "gateway.example:443"],
  ["another-port", (dialled) => dialled.replace(/:\d+$/, ":1")],
  ["no-port", (dialled) => dialled.replace(/:\d+$/, "")],
  ["longer-port", (dialled) => `${dialled}0`],
  ["behind-a-name", (dialled) => `${dialled}.example`],
  ["in-front-of-a-name", (dialled) => `evil.${dialled}`],
  ["with-a-user", (dialled) => `gateway@${dialled}`],
  ["with-a-path", (dialled) => `${dialled}/turnmux`],
  ["with-a-scheme", (dialled) => `ws://${dialled}`],
  ["empty", () => ""],
];

for (const [name, audience] of OTHERS) {
  check({
    id: `auth.audience-${name}`,
    title: `a client does not answer the CHALLENGE of a gateway whose audience is ${name.replaceAll("-", " ")}`,
    covers: ["AUTH-005", "HAND-012.1"],
    role: "client",
    ways: ["binary", "text"],
    async run(t) {
      const channel = await t.socket({ connect: { reconnect: false } });
      await challenge(t, channel, { audience: audience(t.audience) });
      await gaveUp(t, channel, { clause: "AUTH-005" });
      t.expect(!channel.has("proof"), "The client proved itself to somebody else.", "AUTH-005");
    },
  });
}

check({
  id: "auth.audience-configured",
  title: "a client answers a CHALLENGE whose audience it was configured with",
  covers: ["AUTH-005"],
  role: "client",
  async run(t) {
    const audience = "gateway.example:443";
    const channel = await t.socket({ connect: { reconnect: false, audience: ["other.example:443", audience] } });
    const { established } = await gatewayHandshake(channel, { audience, challenge: true });
    t.adopt(channel, established).send(build.offer(0, []));
    await channel.take("offer");
  },
});

check({
  id: "auth.audience-not-configured",
  title: "a client with configured audiences does not answer a CHALLENGE of yet another one",
  covers: ["AUTH-005", "HAND-012.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: { reconnect: false, audience: ["gateway.example:443"] } });
    await challenge(t, channel, { audience: "gateway.example:444" });
    await gaveUp(t, channel, { clause: "AUTH-005" });
    t.expect(!channel.has("proof"), "The client proved itself to somebody else.", "AUTH-005");
  },
});

check({
  id: "auth.audience-of-nobody",
  title:
    "a client on a host's socket, which dialled nobody by itself, answers no CHALLENGE unless its audience is configured",
  covers: ["AUTH-005"],
  role: "client",
  ways: ["shared", "wrapped"],
  async run(t) {
    const channel = await t.socket({ connect: { reconnect: false } });
    await challenge(t, channel, { audience: "gateway.example:443" });
    await gaveUp(t, channel, { clause: "AUTH-005" });
    t.expect(!channel.has("proof"), "The client proved itself to somebody else.", "AUTH-005");
  },
});

check({
  id: "auth.audience-of-the-gateway",
  title: "a gateway states as its audience the host and port that it was dialled at",
  covers: ["AUTH-007"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["command"],
  async run(t) {
    const channel = await t.socket();
    const { endpoint = "" } = await t.urls();
    const { challenge: asked } = await challenged(channel);
    t.equal(asked.audience, new URL(endpoint).host, "The audience in CHALLENGE", "AUTH-007");
  },
});

/** Throws where a text, or octets, contain a secret in one of its usual forms. */
function hides(said: string | Buffer, secret: string, where: string): void {
  const octets = Buffer.from(secret, "utf8");
  const haystack = Buffer.from(said);
  for (const form of [secret, octets.toString("hex"), octets.toString("base64"), octets.toString("base64url")]) {
    if (haystack.includes(form)) throw new Failure(`A secret stands in ${where}.`, "AUTH-006");
  }
}

check({
  id: "auth.client-keeps-secret",
  title: "no frame, event or line of its log shows a client's secret: not where it is proved, nor where it is refused",
  covers: ["AUTH-006"],
  role: "client",
  async run(t) {
    const secret = `do-not-tell-${t.random.integer(1e8, 1e9)}`;
    const auth = { method: "token", keyId: "conformance", secret };
    const process = await t.ownClient();
    const channel = await t.socket({ process, connect: { ...proving(t), auth } });
    const { hello } = await challenge(t, channel);
    await channel.frames
      .take(({ frame }) => frame.type === 0x03, channel.patience(), "PROOF")
      .then((entry) => channel.frames.put(entry));
    const { nonce: clientNonce } = hello;
    channel.send(build.refuse({ clientNonce, code: Code.unauthenticated, message: "no" }));
    const closed = await t.event(channel, "closed");
    hides(JSON.stringify(closed), secret, "the event closed");
    hides(allOctets(channel), secret, "a frame");
    hides(process.said, secret, "the log");
    await anotherAudience(t, secret);
  },
});

async function anotherAudience(t: Context, secret: string): Promise<void> {
  const auth = { method: "token", keyId: "conformance", secret };
  const channel = await t.socket({ connect: { reconnect: false, audience: ["gateway.example:443"], auth } });
  await challenge(t, channel, { audience: "elsewhere.example:1" });
  const goaway = await channel.take("goaway");
  hides(goaway.message, secret, "GOAWAY");
  const closed = await t.event(channel, "closed");
  hides(JSON.stringify(closed), secret, "the event closed");
  await noSecretInHello(t, secret);
}

async function noSecretInHello(t: Context, secret: string): Promise<void> {
  const channel = await t.socket({
    connect: { reconnect: false, auth: { method: "token", keyId: "conformance", secret } },
  });
  const hello = await channel.take("hello");
  hides(Buffer.from(hello.received.frame.payload ?? []), secret, "HELLO");
  channel.peerTag = hello.tag;
  channel.send(build.ping(1));
  await noSession(t, channel);
}

check({
  id: "auth.gateway-keeps-secret",
  title:
    "no frame of a gateway, and no line of its log, shows a secret: neither one that it knows nor one that was guessed",
  covers: ["AUTH-006"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "command"],
  async run(t) {
    const guess = `a-guess-${t.random.integer(1e8, 1e9)}`;
    const gateway = await t.ownGateway();
    const url = t.urlOf(gateway.urls);
    const refuse = await refusedProof(
      t,
      "AUTH-006",
      (shaken) => {
        const { method, keyId } = KEYS.conformance;
        return { method, keyId, proof: rightProof({ ...KEYS.conformance, secret: guess }, shaken) };
      },
      { url },
    );
    const session = await t.session({ url });
    await session.roundTrip();
    for (const secret of [guess, KEYS.conformance.secret, KEYS.wide.secret]) {
      hides(refuse.message, secret, "REFUSE");
      hides(allOctets(session.channel), secret, "a frame");
      hides(gateway.process.said, secret, "the log");
    }
  },
});
