/**
 * Mutants of the handshake, and of attaching to a host's socket.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

const CHANNEL = "packages/core/src/channel/channel.ts";
const CLIENT = "packages/core/src/channel/client-channel.ts";
const GATEWAY = "packages/core/src/channel/gateway-channel.ts";
const STATES = "packages/core/src/channel/states.ts";
const ANTECHAMBER = "packages/core/src/channel/antechamber.ts";
const ACCEPTOR = "packages/core/src/session/acceptor.ts";
const CONVERSATION = "packages/core/src/session/conversation.ts";
const DIALER = "packages/core/src/session/dialer.ts";
const CONNECTOR = "packages/client/src/connection/connector.ts";

mutant({
  id: "handshake.waits-to-be-greeted",
  breaks: "HAND-001",
  roles: ["client"],
  file: CLIENT,
  find: "    this.sayHandshake(this.#hello);\n    // A host may attach",
  replace: "    // A host may attach",
  why: "says no HELLO until the gateway has spoken",
});

mutant({
  id: "handshake.first-version",
  breaks: "HAND-002.1",
  roles: ["gateway"],
  file: GATEWAY,
  find: "      version: PROTOCOL_VERSIONS[0] ?? 1,\n      features: this.agreed,\n      limits: statedLimits(",
  replace: "      version: hello.versions[0] ?? 1,\n      features: this.agreed,\n      limits: statedLimits(",
  why: "takes the version that the client wants most, whether it speaks it or not",
});

mutant({
  id: "handshake.all-its-features",
  breaks: "HAND-002.1",
  roles: ["gateway"],
  file: GATEWAY,
  find: "    const agreed = this.#features.filter((feature) => frame.features.includes(feature));",
  replace: "    const agreed = this.#features;",
  why: "agrees on all that it has itself",
});

mutant({
  id: "handshake.any-version",
  breaks: "HAND-002.2",
  roles: ["gateway"],
  file: GATEWAY,
  find: "    if (!frame.versions.some((version) => PROTOCOL_VERSIONS.includes(version))) {",
  replace: "    if (frame.versions.some((version) => version === 0)) {",
  why: "speaks version 1 to whoever offers others",
});

mutant({
  id: "handshake.version-unimplemented",
  breaks: "HAND-002.2",
  roles: ["gateway"],
  file: GATEWAY,
  find: '        "failed_precondition",\n      );\n    }\n    const agreed',
  replace: '        "unimplemented",\n      );\n    }\n    const agreed',
  why: "refuses other versions with the code unimplemented",
});

mutant({
  id: "handshake.no-answer",
  breaks: "HAND-003",
  roles: ["gateway"],
  file: GATEWAY,
  find: "    this.#refuse(violation.code, violation.message, now, undefined, violation.requirement);\n",
  replace:
    '    if (violation.requirement !== "FRAME-007") this.#refuse(violation.code, violation.message, now, undefined, violation.requirement);\n',
  why: "does not answer a HELLO that it cannot read",
});

for (const [frame, find] of [
  ["challenge", "      clientNonce: hello.nonce,\n      nonce: options.nonce,"],
  ["welcome", "      clientNonce: hello.nonce,\n      tag: this.tag,"],
] as const) {
  mutant({
    id: `handshake.own-nonce-in-${frame}`,
    breaks: "HAND-004",
    roles: ["gateway"],
    ...(frame === "challenge" ? { ways: ["binary", "text"] as const } : {}),
    file: GATEWAY,
    find,
    replace: find.replace("hello.nonce", "NO_NONCE"),
    why: `does not echo the client's nonce in ${frame.toUpperCase()}`,
  });
}

mutant({
  id: "handshake.no-nonce-in-refuse",
  breaks: "HAND-004",
  roles: ["gateway"],
  file: GATEWAY,
  find: "    const clientNonce = this.#hello?.nonce ?? NO_NONCE;",
  replace: "    const clientNonce = NO_NONCE;",
  why: "does not echo the client's nonce in REFUSE",
});

mutant({
  id: "handshake.any-nonce-in-proof",
  breaks: "HAND-004",
  roles: ["gateway"],
  file: GATEWAY,
  find: "        if (!sameOctets(frame.clientNonce, hello.nonce)) {",
  replace: "        if (frame.clientNonce.length === 0) {",
  why: "takes a PROOF that echoes another nonce",
});

mutant({
  id: "handshake.no-nonce-in-proof",
  breaks: "HAND-004",
  roles: ["client"],
  file: CLIENT,
  find: '{ type: "proof", clientNonce: this.#hello.nonce,',
  replace: '{ type: "proof", clientNonce: new Uint8Array(16),',
  why: "does not echo its nonce in PROOF",
});

mutant({
  id: "handshake.any-nonce-in-welcome",
  breaks: "HAND-004",
  roles: ["client"],
  file: CLIENT,
  find: '"clientNonce" in frame && sameOctets(frame.clientNonce, this.#hello.nonce);',
  replace: '"clientNonce" in frame;',
  why: "takes a WELCOME that echoes another nonce",
});

mutant({
  id: "handshake.ignores-what-is-early",
  breaks: "HAND-005",
  roles: ["gateway", "client"],
  file: CHANNEL,
  find: "    } else if (first !== undefined) {\n      throw this.#tooEarly(first);\n    }",
  replace: "    }",
  why: "drops frames of a session that come too early, and lets the peer wait",
});

mutant({
  id: "handshake.early-is-internal",
  breaks: "HAND-005",
  roles: ["gateway"],
  file: GATEWAY,
  find: "    this.#refuse(violation.code, violation.message, now",
  replace: '    this.#refuse("internal", violation.message, now',
  why: "refuses what comes too early with the code internal",
});

mutant({
  id: "handshake.early-without-a-word",
  breaks: "HAND-005",
  roles: ["gateway"],
  file: GATEWAY,
  find: "    this.#refuse(violation.code, violation.message, now",
  replace: '    this.#refuse(violation.code, "this was not due", now',
  why: "does not say what was expected in place of what came too early",
});

mutant({
  id: "handshake.second-hello",
  breaks: "HAND-005",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: STATES,
  find: '    challenged: { proof: "verifying",',
  replace: '    challenged: { hello: "deciding", proof: "verifying",',
  why: "begins anew where a second HELLO comes in place of PROOF",
});

mutant({
  id: "handshake.proves-twice",
  breaks: "HAND-005",
  roles: ["client"],
  file: STATES,
  find: '    proved: { welcome: "open",',
  replace: '    proved: { challenge: "proving", welcome: "open",',
  why: "proves itself again for a second CHALLENGE",
});

mutant({
  id: "handshake.welcomed-twice",
  breaks: "HAND-005",
  roles: ["client"],
  file: CLIENT,
  find: '        this.step("welcome");',
  replace: '        if (this.state === "open") return;\n        this.step("welcome");',
  why: "drops a second WELCOME",
});

mutant({
  id: "handshake.client-early-is-internal",
  breaks: "HAND-005",
  roles: ["client"],
  file: CLIENT,
  find: "    const goaway = { ...this.goaway(code, message), requirement };",
  replace: '    const goaway = { ...this.goaway("internal", message), requirement };',
  why: "says GOAWAY internal to what comes too early",
});

mutant({
  id: "handshake.counted-before-welcome",
  breaks: "HAND-006.1",
  roles: ["client"],
  ways: ["binary", "text"],
  edits: [
    {
      file: CHANNEL,
      find: "  protected sayHandshake(frame: HandshakeFrame): void {",
      replace:
        '  protected sayEarly(): void {\n    this.#outbox.say({ type: "offer", mode: 0, tools: [] } as never);\n  }\n\n  protected sayHandshake(frame: HandshakeFrame): void {',
    },
    {
      file: CLIENT,
      find: '    this.sayHandshake({ type: "proof",',
      replace: '    if (this.#hello.resume !== undefined) this.sayEarly();\n    this.sayHandshake({ type: "proof",',
    },
  ],
  why: "sends a counted frame right behind its PROOF, also where it resumes",
});

mutant({
  id: "handshake.holds-nothing",
  breaks: "HAND-006.2",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: CHANNEL,
  find: "      this.#antechamber?.hold(frames);\n",
  replace: "",
  why: "drops what comes behind PROOF before it has decided",
});

mutant({
  id: "handshake.welcomes-first",
  breaks: "HAND-006.3",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: CONVERSATION,
  find: '    if (grant === undefined || hello === undefined) this.#refuse("unauthenticated", "the proof was not accepted");',
  replace:
    '    if (grant === undefined && hello !== undefined) {\n      this.#enter({ principal: "conformance", scopes: ["test"] }, hello);\n      this.link.close("unauthenticated", "the proof was not accepted");\n    } else if (grant === undefined || hello === undefined) this.#refuse("unauthenticated", "");',
  why: "acts on what came behind a wrong PROOF before it ends the channel",
});

mutant({
  id: "handshake.has-time",
  breaks: "HAND-007.1",
  roles: ["gateway", "client"],
  file: CHANNEL,
  find: "    this.#handshakeUntil ??= until;\n",
  replace: "",
  why: "lets a handshake take as long as it likes",
});

mutant({
  id: "handshake.hasty",
  breaks: "HAND-007.1",
  roles: ["gateway", "client"],
  file: CHANNEL,
  find: "    this.#handshakeUntil ??= until;\n",
  replace: "    this.#handshakeUntil ??= until === undefined ? undefined : until - this.limits.handshakeMs / 2;\n",
  why: "gives a handshake up after half of its time",
});

mutant({
  id: "handshake.any-octets",
  breaks: "HAND-007.1",
  roles: ["gateway", "client"],
  file: ANTECHAMBER,
  find: "    if (this.#octets <= this.#most) return;",
  replace: "    if (this.#octets <= Number.POSITIVE_INFINITY) return;",
  why: "lets a handshake take as many octets as it likes",
});

mutant({
  id: "handshake.late-is-unavailable",
  breaks: "HAND-007.2",
  roles: ["gateway"],
  file: GATEWAY,
  find: '      "deadline_exceeded",\n      `the handshake',
  replace: '      "unavailable",\n      `the handshake',
  why: "refuses a handshake that takes too long with the code unavailable",
});

mutant({
  id: "handshake.too-much-is-invalid",
  breaks: "HAND-007.2",
  roles: ["gateway"],
  file: ANTECHAMBER,
  find: '"resource_exhausted"',
  replace: '"invalid_argument"',
  why: "refuses a handshake of too many octets with the code invalid_argument",
});

mutant({
  id: "handshake.takes-any-version",
  breaks: "HAND-008",
  roles: ["client"],
  file: CLIENT,
  find: "    if (!PROTOCOL_VERSIONS.includes(frame.version)) {",
  replace: "    if (frame.version === 0) {",
  why: "takes a version that it did not ask for",
});

mutant({
  id: "handshake.takes-any-feature",
  breaks: "HAND-008",
  roles: ["client"],
  file: CLIENT,
  find: "    if (frame.features.some((feature) => !this.#hello.features.includes(feature))) {",
  replace: "    if (frame.features.length > 100) {",
  why: "takes features that it did not ask for",
});

mutant({
  id: "handshake.stays-behind-refuse",
  breaks: "HAND-009.1",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: CONVERSATION,
  find: "    this.#options.carrier.close(closeCodeOf(end), end.message);",
  replace: '    if (end.cause !== "refused") this.#options.carrier.close(closeCodeOf(end), end.message);',
  why: "leaves its socket open behind REFUSE",
});

mutant({
  id: "handshake.takes-no-for-nothing",
  breaks: "HAND-009.1",
  roles: ["client"],
  file: CLIENT,
  find: '        this.step("refuse");',
  replace: "        if (frame.code > 0) return;",
  why: "goes on waiting for WELCOME behind REFUSE",
});

mutant({
  id: "handshake.comes-back-at-once",
  breaks: "HAND-009.2",
  roles: ["client"],
  file: CONNECTOR,
  find: "this.#backoff.next(end.retryAfterMs ?? (resumes ? undefined : this.#drainRetryMs));",
  replace: "this.#backoff.next(undefined);",
  why: "dials again sooner than it was asked to",
});

mutant({
  id: "handshake.not-resumed-without-a-word",
  breaks: "HAND-010",
  roles: ["gateway"],
  file: CONVERSATION,
  find: "hello.resume === undefined ? undefined : found);",
  replace: "undefined);",
  why: "does not say why it resumed no session",
});

mutant({
  id: "handshake.refuses-whom-it-does-not-resume",
  breaks: "HAND-010",
  roles: ["gateway"],
  file: CONVERSATION,
  find: "    const closed = this.#options.closed?.();\n    if (closed === undefined) this.#open(",
  replace:
    '    const closed =\n      hello.resume === undefined ? this.#options.closed?.() : { message: "no such session", retryAfterMs: undefined };\n    if (closed === undefined) this.#open(',
  why: "refuses a client whose session it does not resume",
});

for (const [role, clause] of [
  ["gateway", "HAND-011.1"],
  ["client", "HAND-011.2"],
] as const) {
  mutant({
    id: `handshake.${role}-adds-to-nothing`,
    breaks: clause,
    roles: [role],
    file: "packages/core/src/peer/frames.ts",
    find: "frames.length === 0 ? OfferMode.replace : OfferMode.add",
    replace: "OfferMode.add",
    why: "never states what its tools are, only which are added",
  });
}

mutant({
  id: "handshake.gives-up-in-silence",
  breaks: "HAND-012.1",
  roles: ["client"],
  file: CLIENT,
  find: '    this.end({ cause: "closed", code, message, byPeer: false }, now, this.goaway(code, message));',
  replace: '    this.end({ cause: "closed", code, message, byPeer: false }, now);',
  why: "gives a handshake up without a word, though it knows the gateway's tag",
});

mutant({
  id: "handshake.does-not-accept-in-silence",
  breaks: "HAND-012.1",
  roles: ["client"],
  file: CLIENT,
  find: '    this.end({ cause: "violation", code, message, requirement, byPeer: false }, now, goaway);',
  replace:
    '    this.end({ cause: "violation", code, message, requirement, byPeer: false }, goaway.code < 0 ? 0 : now);',
  why: "does not say why it does not accept CHALLENGE or WELCOME",
});

mutant({
  id: "handshake.loses-patience-in-silence",
  breaks: "HAND-012.1",
  roles: ["client"],
  file: CLIENT,
  find: "    this.end(end, now, this.goaway(lastWord, message));",
  replace: "    this.end(end, now, lastWord === undefined ? this.goaway(lastWord, message) : undefined);",
  why: "does not tell the gateway that its WELCOME would come too late",
});

mutant({
  id: "handshake.answers-who-gave-up",
  breaks: "HAND-012.2",
  roles: ["gateway"],
  ways: ["binary", "text"],
  file: CHANNEL,
  find: "      this.end(endOf(first), now);\n",
  replace: "      throw this.#tooEarly(first);\n",
  why: "refuses a client that has given up",
});

mutant({
  id: "carriage.says-hello-once",
  breaks: "CARR-030",
  roles: ["client"],
  ways: ["shared", "text"],
  file: CLIENT,
  find: "    this.#repeatAt = now + HELLO_REPEAT_MS;\n    this.sayHandshake(this.#hello);",
  replace: "    this.#repeatAt = now + HELLO_REPEAT_MS;",
  why: "says HELLO once on a host's socket",
});

mutant({
  id: "carriage.says-another-hello",
  breaks: "CARR-030",
  roles: ["client"],
  ways: ["shared", "text"],
  file: CLIENT,
  find: "    this.#repeatAt = now + HELLO_REPEAT_MS;\n    this.sayHandshake(this.#hello);",
  replace:
    '    this.#repeatAt = now + HELLO_REPEAT_MS;\n    this.sayHandshake({ ...this.#hello, agentVersion: "again" });',
  why: "repeats its HELLO with other octets",
});

mutant({
  id: "carriage.does-not-wait-for-the-host",
  breaks: "CARR-031",
  roles: ["gateway"],
  file: CONVERSATION,
  find: '        if ("then" in admission.grant) void this.#await(admission.grant, hello);',
  replace: '        if ("then" in admission.grant) this.#refuse("unavailable", "the host has not vouched yet");',
  why: "refuses a client for whom the host has not vouched yet",
});

mutant({
  id: "carriage.hands-the-host-what-is-held",
  breaks: "CARR-031",
  roles: ["gateway"],
  file: GATEWAY,
  find: '    if (this.state !== "open" &&',
  replace: '    if (this.state === "deciding") return "foreign";\n    if (this.state !== "open" &&',
  why: "hands messages of turnmux to the host while it waits for the host's grant",
});

mutant({
  id: "carriage.one-channel-for-each-socket",
  breaks: "CARR-032.1",
  roles: ["gateway"],
  file: ACCEPTOR,
  find: "    if (!this.#conversation.channelEnded || this.#over) return false;",
  replace: "    if (this.#conversation.channelEnded) return false;",
  why: "takes no further HELLO on a host's socket",
});

mutant({
  id: "carriage.forgets-former-channels",
  breaks: "CARR-032.2",
  roles: ["gateway"],
  file: ACCEPTOR,
  find: "    this.#formers = [this.#conversation, ...this.#formers].slice(0, FORMERS);",
  replace: "    this.#formers = NONE;",
  why: "hands the host what still comes for the channel before, once the next one has begun",
});

mutant({
  id: "carriage.hands-the-host-what-is-late",
  breaks: "CARR-032.2",
  roles: ["gateway", "client"],
  file: CHANNEL,
  find: '      if (this.#state !== "ended") this.#guard(carriage, now, () => this.#receiveOwn(carriage, envelope, message, now));\n      return true;',
  replace:
    '      if (this.#state === "ended") return false;\n      this.#guard(carriage, now, () => this.#receiveOwn(carriage, envelope, message, now));\n      return true;',
  why: "hands the host what still comes for a channel that is over",
});

mutant({
  id: "handshake.has-one-nonce",
  breaks: "HAND-015",
  roles: ["client"],
  file: DIALER,
  find: "nonce: environment.randomOctets(16),",
  replace: "nonce: new Uint8Array(16).fill(7),",
  why: "has the same nonce in all its HELLOs",
});

mutant({
  id: "handshake.draws-half-a-nonce",
  breaks: "HAND-015",
  roles: ["client"],
  file: DIALER,
  find: "nonce: environment.randomOctets(16),",
  replace: "nonce: environment.randomOctets(16).fill(1, 8),",
  why: "draws half of a nonce",
});

mutant({
  id: "handshake.keeps-its-nonce",
  breaks: "HAND-015",
  roles: ["client"],
  file: DIALER,
  find: "nonce: environment.randomOctets(16),",
  replace: "nonce: (resumption.nonceKept ??= environment.randomOctets(16)),",
  why: "says HELLO with the nonce of the channel before when it resumes a session",
});
