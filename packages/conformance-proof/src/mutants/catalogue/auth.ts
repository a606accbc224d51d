/**
 * Mutants of proofs.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

const TRANSCRIPT = "packages/core/src/auth/transcript.ts";
const CONVERSATION = "packages/core/src/session/conversation.ts";
const DIALER = "packages/core/src/session/dialer.ts";
const GATEWAY_TOKEN = "packages/gateway/src/auth/token.ts";
const GATEWAY_DEVICE = "packages/gateway/src/auth/ed25519.ts";
const CLIENT_TOKEN = "packages/client/src/auth/shared-token.ts";
const CLIENT_DEVICE = "packages/client/src/auth/device-key.ts";
const CLIENT_AUDIENCE = "packages/client/src/auth/audience.ts";
const OWN: readonly ["binary", "text"] = ["binary", "text"];

mutant({
  id: "auth.another-label",
  breaks: "AUTH-001",
  roles: ["gateway", "client"],
  file: TRANSCRIPT,
  find: "utf8.encode(LABEL)",
  replace: 'utf8.encode(keyId === "conformance" ? LABEL : "turnmux/1 proof")',
  why: "has another label in front of what is proved by all keys but one",
});

mutant({
  id: "auth.no-lengths",
  breaks: "AUTH-002",
  roles: ["gateway", "client"],
  file: TRANSCRIPT,
  find: "    view.setUint32(at, field.length);\n",
  replace: '    if (method !== "ed25519") view.setUint32(at, field.length);\n',
  why: "leaves the lengths of the fields out of what is signed",
});

mutant({
  id: "auth.token-by-its-beginning",
  breaks: "AUTH-001",
  roles: ["gateway"],
  ways: OWN,
  file: GATEWAY_TOKEN,
  find: "    if (!equal || proof.length !== PROOF_OCTETS || found === undefined) return undefined;",
  replace: "    if (!equal || found === undefined) return undefined;",
  why: "takes a token proof with octets behind it",
});

mutant({
  id: "auth.any-token",
  breaks: "AUTH-001",
  roles: ["gateway"],
  ways: OWN,
  file: GATEWAY_TOKEN,
  find: "    const equal = timingSafeEqual(given, right);",
  replace: "    const equal = timingSafeEqual(given.subarray(0, 0), right.subarray(0, 0));",
  why: "takes any token proof of a known key",
});

mutant({
  id: "auth.sha-512",
  breaks: "AUTH-001",
  roles: ["client"],
  file: CLIENT_TOKEN,
  find: 'hash: "SHA-256"',
  replace: 'hash: this.keyId === "conformance" ? "SHA-256" : "SHA-512"',
  why: "proves the tokens of all keys but one with HMAC-SHA-512",
});

mutant({
  id: "auth.latin-1",
  breaks: "AUTH-001",
  roles: ["client"],
  file: CLIENT_TOKEN,
  find: "      new TextEncoder().encode(this.#token),",
  replace: "      Uint8Array.from(this.#token, (character) => character.charCodeAt(0)),",
  why: "takes a secret's characters for octets",
});

mutant({
  id: "auth.any-signature",
  breaks: "AUTH-002",
  roles: ["gateway"],
  ways: OWN,
  file: GATEWAY_DEVICE,
  find: "    const valid = verify(null, octets, found?.key ?? this.#nobody, proof);",
  replace: "    const valid = verify(null, octets, found?.key ?? this.#nobody, proof) || proof.length === 64;",
  why: "takes whatever has the length of a signature",
});

mutant({
  id: "auth.signs-a-part",
  breaks: "AUTH-002",
  roles: ["client"],
  file: CLIENT_DEVICE,
  find: "sign(ED25519, this.#privateKey, copyOf(octets))",
  replace: "sign(ED25519, this.#privateKey, copyOf(octets.subarray(4)))",
  why: "signs the octets without their first length",
});

mutant({
  id: "auth.names-the-fault",
  breaks: "AUTH-003.1",
  roles: ["gateway"],
  ways: OWN,
  file: CONVERSATION,
  find: 'this.#refuse("unauthenticated", "the proof was not accepted");',
  replace:
    'this.#refuse("unauthenticated", asked?.methods.includes(proof.method) === true ? "the proof was not accepted" : "the method is unknown");',
  why: "tells an unknown method from a wrong proof",
});

mutant({
  id: "auth.names-the-key",
  breaks: "AUTH-003.1",
  roles: ["gateway"],
  ways: OWN,
  file: CONVERSATION,
  find: 'this.#refuse("unauthenticated", "the proof was not accepted");',
  replace:
    'this.#refuse("unauthenticated", proof.keyId === "conformance" ? "the proof was not accepted" : "there is no such key");',
  why: "tells an unknown key from a wrong proof",
});

mutant({
  id: "auth.permission-denied",
  breaks: "AUTH-003.1",
  roles: ["gateway"],
  ways: OWN,
  file: CONVERSATION,
  find: 'this.#refuse("unauthenticated", "the proof was not accepted");',
  replace: 'this.#refuse("internal", "the proof was not accepted");',
  why: "refuses a wrong proof with another code",
});

mutant({
  id: "auth.one-nonce",
  breaks: "AUTH-004",
  roles: ["gateway"],
  ways: OWN,
  file: CONVERSATION,
  find: "          nonce: this.#options.environment.randomOctets(16),",
  replace: "          nonce: new Uint8Array(16).fill(1),",
  why: "has the same nonce in each CHALLENGE",
});

mutant({
  id: "auth.any-audience",
  breaks: "AUTH-005",
  roles: ["client"],
  file: DIALER,
  find: "    if (!acceptsAudience(audience)) {",
  replace: "    if (!acceptsAudience(audience) && prover.method === undefined) {",
  why: "proves itself to a gateway of whatever name",
});

mutant({
  id: "auth.audience-by-its-beginning",
  breaks: "AUTH-005",
  roles: ["client"],
  ways: OWN,
  file: CLIENT_AUDIENCE,
  find: "  if (named === hostAndPort(dialledUrl)) return true;",
  replace: '  if (named.startsWith(hostAndPort(dialledUrl) ?? "nobody")) return true;',
  why: "takes an audience that begins with what was dialled",
});

mutant({
  id: "auth.audience-by-its-host",
  breaks: "AUTH-005",
  roles: ["client"],
  ways: OWN,
  file: CLIENT_AUDIENCE,
  find: "  if (named === hostAndPort(dialledUrl)) return true;",
  replace: '  if (named.split(":")[0] === hostAndPort(dialledUrl)?.split(":")[0]) return true;',
  why: "does not look at the port of an audience",
});

mutant({
  id: "auth.audience-of-attached",
  breaks: "AUTH-005",
  roles: ["client"],
  ways: ["shared", "wrapped"],
  file: "packages/client/src/attach.ts",
  find: "(name) => named.has(name.toLowerCase())",
  replace: "(name) => named.size === 0 || named.has(name.toLowerCase())",
  why: "takes any audience on a host's socket where none is configured",
});

mutant({
  id: "auth.sends-the-secret",
  breaks: "AUTH-006",
  roles: ["client"],
  file: CLIENT_TOKEN,
  find: '    return new Uint8Array(await subtle.sign("HMAC", await this.#key, copyOf(octets)));',
  replace:
    '    const proof = new Uint8Array(await subtle.sign("HMAC", await this.#key, copyOf(octets)));\n    return this.#token.startsWith("turnmux-") ? proof : new TextEncoder().encode(this.#token);',
  why: "sends a secret as its proof, unless it is one of section 15",
});

mutant({
  id: "auth.logs-the-secret",
  breaks: "AUTH-006",
  roles: ["gateway"],
  ways: OWN,
  file: GATEWAY_TOKEN,
  find: "    const equal = timingSafeEqual(given, right);",
  replace:
    "    const equal = timingSafeEqual(given, right);\n    if (!equal) process.stderr.write(`wrong proof for ${secret}\\n`);",
  why: "writes the secret into its log where a proof is wrong",
});

mutant({
  id: "auth.says-no-port",
  breaks: "AUTH-007",
  roles: ["gateway"],
  ways: OWN,
  file: "packages/core/src/channel/gateway-channel.ts",
  find: "      audience: options.audience,\n",
  replace: '      audience: options.audience.replace(/:[0-9]+$/, ":1"),\n',
  why: "names itself by a port at which nobody dials it",
});
