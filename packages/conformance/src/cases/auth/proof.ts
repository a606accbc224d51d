/**
 * Proofs as they must be made, and as a gateway takes them (AUTH-001 to AUTH-004).
 *
 * @module
 */
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { clientHandshake, gatewayHandshake, makeHello, proofOf } from "../../harness/handshake.ts";
import { KEYS, prove, transcript, type SuiteKey } from "../../harness/keys.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { encodePayload } from "../../wire/frame.ts";
import { challenged, greet, proving, refused, same, type Challenged } from "../handshake/support.ts";
import { proofFrame, refusedProof, rightProof, type ProofFields } from "./support.ts";

const { conformance, wide, stranger, device } = KEYS;

for (const key of [conformance, wide, stranger, device]) {
  check({
    id: `auth.opens-with-${key.keyId}`,
    title: `a gateway opens a session for the proof of the key ${key.keyId}, with its principal and its scopes`,
    covers: [key.method === "token" ? "AUTH-001" : "AUTH-002"],
    role: "gateway",
    ways: ["binary", "text"],
    needs: ["keys"],
    async run(t) {
      const { welcome, challenge } = await clientHandshake(await t.socket(), { key });
      t.expect(challenge?.methods.includes(key.method) === true, `CHALLENGE does not list ${key.method}.`);
      t.equal(welcome.principal, key.principal, "The principal");
      t.equal(welcome.scopes.toSorted(), key.scopes.toSorted(), "The scopes");
    },
  });
}

const OWN: readonly SuiteKey[] = [
  conformance,
  { ...conformance, keyId: "klíč-鍵", secret: "geheim, тайна, 秘密 🔑" },
  device,
  { ...device, keyId: "another-device", secret: "f0".repeat(32) },
];

for (const [index, key] of OWN.entries()) {
  check({
    id: `auth.client-proves-${key.method}-${index}`,
    title: `a client proves itself with ${key.method}, over the octets of HELLO and CHALLENGE, by the key ${key.keyId}`,
    covers: [key.method === "token" ? "AUTH-001" : "AUTH-002"],
    role: "client",
    async run(t) {
      const { method, keyId, secret } = key;
      const auth = method === "token" ? { method, keyId, secret } : { method, keyId, seed: secret };
      const channel = await t.socket({ connect: { ...proving(t), auth } });
      const { established } = await gatewayHandshake(channel, { audience: t.audience, challenge: true, key });
      const session = t.adopt(channel, established);
      session.send(build.offer(0, []));
      await channel.take("offer");
    },
  });
}

check({
  id: "auth.client-method-not-listed",
  title: "a client sends no proof of a method that CHALLENGE does not list",
  covers: ["HAND-012.1"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const hello = await channel.take("hello");
    channel.peerTag = hello.tag;
    const { nonce: clientNonce, features } = hello;
    const { audience } = t;
    const nonce = t.random.octets(16);
    channel.send(build.challenge({ clientNonce, nonce, tag: channel.tag, features, audience, methods: ["riddle"] }));
    const goaway = await channel.take("goaway");
    t.expect(goaway.code !== 0, "GOAWAY has no code.", "HAND-012.1");
    t.expect(!channel.has("proof"), "The client sent a proof that nobody asked for.");
  },
});

/** Proofs that no gateway may take. */
const WRONG: readonly (readonly [name: string, make: (shaken: Challenged) => ProofFields])[] = [
  ["of-another-secret", (shaken) => by(conformance, rightProof({ ...conformance, secret: "a guess" }, shaken))],
  ["of-another-key", (shaken) => by(conformance, rightProof(wide, shaken))],
  ["of-an-unknown-key-id", (shaken) => by({ ...conformance, keyId: "nobody" }, renamed("nobody", shaken))],
  ["of-no-key-id", (shaken) => by({ ...conformance, keyId: "" }, renamed("", shaken))],
  ["of-an-unknown-method", (shaken) => ({ ...by(conformance, rightProof(conformance, shaken)), method: "riddle" })],
  ["by-the-other-method", (shaken) => ({ ...by(conformance, rightProof(conformance, shaken)), method: "ed25519" })],
  ["of-a-device-by-token", (shaken) => ({ ...by(device, rightProof(device, shaken)), method: "token" })],
  ["of-no-octets", () => by(conformance, new Uint8Array(0))],
  ["cut-short", (shaken) => by(conformance, rightProof(conformance, shaken).slice(0, 31))],
  ["with-an-octet-more", (shaken) => by(conformance, Buffer.concat([rightProof(conformance, shaken), Buffer.of(0)]))],
  ["of-4096-octets", () => by(conformance, new Uint8Array(4_096))],
  ["with-a-bit-changed", (shaken) => by(conformance, changed(rightProof(conformance, shaken)))],
  ["by-sha-512", (shaken) => by(conformance, sha512(shaken).slice(0, 32))],
  [
    "by-a-hash-alone",
    (shaken) => by(conformance, createHash("sha256").update(conformance.secret).update(octetsOf(shaken)).digest()),
  ],
  ["over-nothing", () => by(conformance, createHmac("sha256", conformance.secret).digest())],
  [
    "over-the-challenge-alone",
    (shaken) => by(conformance, prove(conformance, new Uint8Array(0), challengeOctets(shaken))),
  ],
  ["over-the-hello-alone", (shaken) => by(conformance, prove(conformance, shaken.hello.payload, new Uint8Array(0)))],
  [
    "without-a-label",
    (shaken) =>
      by(conformance, createHmac("sha256", conformance.secret).update(octetsOf(shaken).subarray(26)).digest()),
  ],
  [
    "by-another-device",
    (shaken) => by(device, sign(null, octetsOf(shaken, device), generateKeyPairSync("ed25519").privateKey)),
  ],
  ["by-a-device-bit-changed", (shaken) => by(device, changed(rightProof(device, shaken)))],
  ["by-a-device-cut-short", (shaken) => by(device, rightProof(device, shaken).slice(0, 63))],
];

function by({ method, keyId }: SuiteKey, proof: Uint8Array): ProofFields {
  return { method, keyId, proof };
}

/** A proof that holds but for the key id, which nobody has. */
function renamed(keyId: string, shaken: Challenged): Uint8Array {
  return rightProof({ ...conformance, keyId }, shaken);
}

function changed(proof: Uint8Array): Uint8Array {
  return proof.map((octet, index) => (index === proof.length - 1 ? octet ^ 1 : octet));
}

function challengeOctets({ frame }: Challenged): Uint8Array {
  return frame.payload ?? encodePayload(frame);
}

function octetsOf(shaken: Challenged, { method, keyId }: SuiteKey = conformance): Uint8Array {
  return transcript(method, keyId, shaken.hello.payload, challengeOctets(shaken));
}

function sha512(shaken: Challenged): Uint8Array {
  return createHmac("sha512", conformance.secret).update(octetsOf(shaken)).digest();
}

for (const [name, make] of WRONG) {
  const signed = name.includes("device");
  check({
    id: `auth.refuses-${name}`,
    title: `a gateway refuses a proof ${name.replaceAll("-", " ")} as unauthenticated`,
    covers: ["AUTH-003.1", signed ? "AUTH-002" : "AUTH-001"],
    role: "gateway",
    ways: ["binary", "text"],
    needs: ["keys"],
    async run(t) {
      await refusedProof(t, "AUTH-003.1", make);
    },
  });
}

/** What was on the way to the gateway before somebody in the middle changed it: the proof is over what the client said. */
const TAMPERED: readonly (readonly [name: string, features: readonly string[], versions: readonly number[]])[] = [
  ["features", ["delivery", "credit", "more"], [1]],
  ["versions", ["delivery", "credit"], [2, 1]],
];

for (const [name, features, versions] of TAMPERED) {
  check({
    id: `auth.refuses-tampered-${name}`,
    title: `a gateway refuses a proof over a HELLO with other ${name} than the one that arrived: nobody can take any away on the way`,
    covers: ["AUTH-003.1"],
    role: "gateway",
    ways: ["binary", "text"],
    needs: ["keys"],
    async run(t) {
      const channel = await t.socket();
      const shaken = await challenged(channel);
      const { nonce } = shaken.hello;
      const meant = makeHello(channel, { nonce, features, versions });
      channel.send(proofFrame(shaken, by(conformance, prove(conformance, meant.payload, challengeOctets(shaken)))));
      await refused(t, channel, { code: "unauthenticated", clause: "AUTH-003.1", nonce });
    },
  });
}

check({
  id: "auth.refuses-tampered-challenge",
  title: "a gateway refuses a proof over a CHALLENGE with another audience, or other features, than it sent",
  covers: ["AUTH-003.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    for (const change of [{ audience: "elsewhere.example:443" }, { features: [] }, { methods: ["token"] }]) {
      const channel = await t.socket();
      const shaken = await challenged(channel);
      const { clientNonce, nonce, tag, version, features, audience, methods } = shaken.challenge;
      const meant = encodePayload(
        build.challenge({ clientNonce, nonce, tag, version, features, audience, methods, ...change }),
      );
      channel.send(proofFrame(shaken, by(conformance, prove(conformance, shaken.hello.payload, meant))));
      await refused(t, channel, { code: "unauthenticated", clause: "AUTH-003.1", nonce: shaken.hello.nonce });
    }
  },
});

check({
  id: "auth.refuses-alike",
  title:
    "a gateway says the same to a wrong proof, an unknown key id, an unknown method and a proof over another transcript",
  covers: ["AUTH-003.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const alike = WRONG.slice(0, 14);
    const sentences = new Set<string>();
    for (const [, make] of alike) {
      const { code, message, retryAfterMs } = await refusedProof(t, "AUTH-003.1", make);
      sentences.add(JSON.stringify([code, message, retryAfterMs ?? null]));
    }
    t.expect(sentences.size === 1, `The refusals differ: ${[...sentences].join(", ")}`, "AUTH-003.1");
  },
});

check({
  id: "auth.fresh-nonce",
  title: "a gateway draws another nonce for each CHALLENGE, also for the same HELLO",
  covers: ["AUTH-004"],
  role: "gateway",
  ways: ["binary", "text"],
  async run(t) {
    const nonces = new Set<string>();
    const tag = t.random.octets(8);
    const nonce = t.random.octets(16);
    for (let i = 0; i < 6; i++) {
      const channel = await t.socket();
      greet(channel, { nonce, tag });
      const challenge = await channel.take("challenge");
      nonces.add(Buffer.from(challenge.nonce).toString("hex"));
      channel.socket.cut();
    }
    t.equal(nonces.size, 6, "How many of six nonces are different", "AUTH-004");
  },
});

check({
  id: "auth.replay",
  title: "a proof that was recorded opens nothing, with the same HELLO in front of it",
  covers: ["AUTH-004", "AUTH-003.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    for (const key of [conformance, device]) {
      const first = await t.socket({ label: "recorded" });
      const hello = makeHello(first);
      first.send(hello.frame);
      const { received } = await first.take("challenge");
      const proof = proofOf(key, hello, received.frame);
      first.send(proof);
      await first.take("welcome");
      const second = await t.socket({ label: "replayed" });
      second.send(hello.frame);
      const other = await second.take("challenge");
      t.expect(
        !same(other.nonce, second.fieldsOf("challenge", received.frame).nonce),
        "The nonce is the same.",
        "AUTH-004",
      );
      second.send(proof);
      await refused(t, second, { code: "unauthenticated", clause: "AUTH-004", nonce: hello.nonce });
    }
  },
});

check({
  id: "auth.of-another-channel",
  title: "a proof for the CHALLENGE of one channel opens nothing on another one that stands beside it",
  covers: ["AUTH-003.1", "AUTH-004"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const [one, other] = [await t.socket({ label: "one" }), await t.socket({ label: "other" })];
    const nonce = t.random.octets(16);
    // The same HELLO, so that CHALLENGE is all that differs.
    const { tag } = one;
    const first = await challenged(one, { nonce, tag });
    const second = await challenged(other, { nonce, tag });
    other.send(proofOf(conformance, first.hello, first.frame));
    await refused(t, other, { code: "unauthenticated", clause: "AUTH-003.1", nonce });
    one.send(proofOf(conformance, first.hello, first.frame));
    await one.take("welcome");
    t.expect(!same(first.challenge.tag, second.challenge.tag), "Two channels have the same tag.", "CARR-002");
  },
});
