/**
 * Mutants of what is told of a protocol error before the session stands, and of which calls have a key.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "handshake.refuses-without-the-rule",
  breaks: "HAND-013.1",
  roles: ["gateway"],
  file: "packages/core/src/channel/gateway-channel.ts",
  find: "const sentence = requirement === undefined ? said : `${said} [${requirement}]`;",
  replace: "const sentence = said;",
  why: "does not say in REFUSE which rule was broken",
});

mutant({
  id: "handshake.leaves-without-a-word",
  breaks: "HAND-013.2",
  roles: ["client"],
  file: "packages/core/src/channel/client-channel.ts",
  find: 'this.end({ cause: "violation", code, message, requirement, byPeer: false }, now, goaway);',
  replace: 'this.end({ cause: "violation", code, message, requirement, byPeer: false }, now);\n    void goaway;',
  why: "ends the channel without telling the gateway what it broke",
});

mutant({
  id: "keys.makes-do-with-the-call-id",
  breaks: "KEY-011",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/keyed-calls.ts",
  find: "    const { key, principal } = context;\n    if (key",
  replace: "    const { principal } = context;\n    const key = context.key ?? call.callId;\n    if (key",
  why: "runs a once tool without a key",
});

const DRAWS = 'options.key ?? (effect === "once" || effect === undefined ? environment.id() : undefined);';

mutant({
  id: "keys.draws-none-for-once",
  breaks: "KEY-012",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/outgoing-calls.ts",
  find: DRAWS,
  replace: "options.key ?? (effect === undefined ? environment.id() : undefined);",
  why: "draws no key for a once tool",
});

mutant({
  id: "keys.draws-none-for-the-unknown",
  breaks: "KEY-012",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/outgoing-calls.ts",
  find: DRAWS,
  replace: 'options.key ?? (effect === "once" ? environment.id() : undefined);',
  why: "draws no key for a tool whose effect it does not know",
});

mutant({
  id: "handshake.takes-fewer-features-than-were-proved",
  breaks: "HAND-008",
  roles: ["client"],
  file: "packages/core/src/channel/client-channel.ts",
  find: "if (chosen.length !== frame.features.length || chosen.some((feature) => !frame.features.includes(feature))) {",
  replace: "if (chosen.length < frame.features.length) {",
  why: "does not see that WELCOME leaves out a feature of CHALLENGE",
});
