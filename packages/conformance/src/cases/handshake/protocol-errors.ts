/**
 * A protocol error before the session stands is told with its rule (HAND-013, HAND-008).
 *
 * @module
 */
import { gatewayHandshake, makeHello, makeWelcome } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import type { CodeName } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import { challenge, gaveUp, proving, refused, ZERO_TAG } from "./support.ts";

const NONCE = new Uint8Array(16).fill(7);
const TAG = new Uint8Array(8).fill(7);

/** What breaks a rule, and the rule's code in the table of section 10. */
const BREACHES: readonly (readonly [name: string, requirement: string, code: CodeName, frame: Frame])[] = [
  ["malformed", "FRAME-007", "invalid_argument", build.hello({ nonce: NONCE.subarray(1), tag: TAG })],
  ["of-no-version", "HAND-002", "failed_precondition", build.hello({ nonce: NONCE, tag: TAG, versions: [7] })],
  ["out-of-turn", "HAND-005", "failed_precondition", build.refuse({ clientNonce: NONCE, code: 16 })],
];

for (const [name, requirement, code, frame] of BREACHES) {
  check({
    id: `handshake.refusal-names-what-is-${name}`,
    title: `REFUSE has the code of ${requirement}, which was broken before the session stood, and ends with its name`,
    covers: ["HAND-013.1"],
    role: "gateway",
    async run(t) {
      const channel = await t.socket();
      channel.sendTagged(ZERO_TAG, [frame]);
      const { message } = await refused(t, channel, { code, clause: "HAND-013.1" });
      t.expect(message.endsWith(`[${requirement}]`), `REFUSE does not end with [${requirement}].`, "HAND-013.1");
    },
  });
}

check({
  id: "handshake.client-says-what-is-wrong",
  title: "a client whose gateway breaks the protocol in WELCOME says so with GOAWAY, which names the rule",
  covers: ["HAND-013.2"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    await gatewayHandshake(channel, { audience: t.audience, challenge: t.ownEndpoint, heartbeatMs: 9 });
    await gaveUp(t, channel, { clause: "HAND-013.2", code: "invalid_argument", requirement: "LIMIT-005" });
  },
});

check({
  id: "handshake.client-knows-no-tag",
  title: "a client that is not told the gateway's tag says nothing about what its gateway breaks",
  covers: ["HAND-013.2"],
  role: "client",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    await channel.take("hello");
    channel.sendTagged(ZERO_TAG, [makeHello(channel).frame]);
    await channel.closed();
    t.expect(!channel.has("goaway"), "A client said GOAWAY to a gateway whose tag it cannot know.", "HAND-013.2");
  },
});

check({
  id: "handshake.client-challenged-twice",
  title: "a client that is challenged twice says GOAWAY, which names the rule",
  covers: ["HAND-013.2"],
  role: "client",
  ways: ["binary", "text"],
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { frame } = await challenge(t, channel);
    channel.send(frame);
    await gaveUp(t, channel, { clause: "HAND-013.2", code: "failed_precondition", requirement: "HAND-005" });
  },
});

check({
  id: "handshake.features-other-than-chosen",
  title: "a client ends a session whose WELCOME has other features than the CHALLENGE that it proved itself for",
  covers: ["HAND-008"],
  role: "client",
  async run(t) {
    const channel = await t.socket({ connect: proving(t) });
    const { hello, frame } = await challenge(t, channel);
    await channel.take("proof");
    const { features } = channel.fieldsOf("challenge", frame);
    if (features.length === 0) throw new Unsupported("The client under test asks for no features.");
    channel.send(makeWelcome(channel, hello, { features: features.slice(1) }).frame);
    await gaveUp(t, channel, { clause: "HAND-008", code: "failed_precondition", requirement: "HAND-008" });
  },
});
