/**
 * For whom, and with what, a gateway resumes a session (RESUME-004, RESUME-009, RESUME-010).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { openCall } from "../../harness/calls.ts";
import { makeHello, proofOf, type HelloOptions } from "../../harness/handshake.ts";
import { KEYS } from "../../harness/keys.ts";
import { SUITE_LIMITS } from "../../harness/limits.ts";
import { check } from "../../suite/case.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { encodePayload } from "../../wire/frame.ts";
import { challenged, refused } from "../handshake/support.ts";
import { ask, cut, lasting, notResumed, resume, tokenOf } from "./support.ts";

check({
  id: "resume.other-principal",
  title: "a gateway resumes a session for no other principal, even with the right token; its own one still can",
  covers: ["RESUME-004.1", "HAND-010"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    notResumed(session, await ask(t, session, { hello: { key: KEYS.stranger } }), "RESUME-004.1");
    await resume(t, session);
    const call = await openCall(session, { tool: "test.echo", input: "mine" });
    t.equal((await call.ended()).value, "mine", "What the session's own principal was given", "RESUME-004.1");
  },
});

check({
  id: "resume.other-principal-while-it-stands",
  title: "another principal with the right token does not take over a session that stands",
  covers: ["RESUME-004.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "delivery"],
  async run(t) {
    const session = await lasting(t);
    notResumed(session, await ask(t, session, { hello: { key: KEYS.stranger } }), "RESUME-004.1");
    await session.roundTrip();
    t.expect(!session.channel.has("goaway"), "The session was ended by somebody else.", "RESUME-004.1");
  },
});

check({
  id: "resume.wrong-proof",
  title: "the right token resumes nothing without a proof: the client is refused, and the session stands",
  covers: ["RESUME-004.1", "AUTH-003.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const { id: sessionId, receivedCount: received } = session;
    const token = tokenOf(session);
    await session.roundTrip();
    await cut(session);
    const channel = await t.socket({ label: "without a proof" });
    const shaken = await challenged(channel, { resume: { sessionId, token, received } });
    channel.send(proofOf({ ...t.key, secret: "a guess" }, shaken.hello, shaken.frame));
    const { nonce } = shaken.hello;
    await refused(t, channel, { code: "unauthenticated", clause: "RESUME-004.1", nonce });
    await resume(t, session);
    await session.roundTrip();
  },
});

check({
  id: "resume.whom-the-host-vouches-for",
  title:
    "a session goes on on a host's socket where the host vouches for its principal, and for no other one's session",
  covers: ["RESUME-004.1"],
  role: "gateway",
  ways: ["shared"],
  needs: ["keys", "delivery", "command"],
  async run(t) {
    const { endpoint: url } = await t.urls();
    if (url === undefined) throw new Unsupported("The gateway under test has no endpoint of its own.");
    const own = await lasting(t, { url, label: "own" });
    const foreign = await lasting(t, { url, label: "stranger's", hello: { key: KEYS.stranger } });
    await cut(own);
    await cut(foreign);
    notResumed(foreign, await ask(t, foreign), "RESUME-004.1");
    await resume(t, own);
    await own.roundTrip();
  },
});

check({
  id: "resume.other-key-of-the-principal",
  title: "a session is its principal's, by whichever of its keys that proves itself",
  covers: ["RESUME-004.1", "RESUME-009.1"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    await resume(t, session, { hello: { key: KEYS.device } });
    await session.roundTrip();
  },
});

/** What HELLO may state otherwise than the one that opened the session. */
const CHANGED: readonly (readonly [name: string, hello: HelloOptions])[] = [
  ...Object.entries(SUITE_LIMITS).map(
    ([name, limit]) => [name, { limits: { [name]: Math.floor(limit / 2) } }] as const,
  ),
  ["contents", { contents: [1, 3, 4] }],
  ["credit", { features: ["delivery"] }],
];

for (const [name, hello] of CHANGED) {
  check({
    id: `resume.changed-${name}`,
    title: `a gateway does not resume a session whose client states another ${name} than when it was opened`,
    covers: ["RESUME-004.3", "HAND-010"],
    role: "gateway",
    needs: ["delivery", "credit"],
    async run(t) {
      const session = await lasting(t);
      await cut(session);
      notResumed(session, await ask(t, session, { hello }), "RESUME-004.3");
      // What was opened with these limits is still there for whoever states them again.
      await resume(t, session);
      await session.roundTrip();
    },
  });
}

check({
  id: "resume.changed-wish-for-credit",
  title:
    "a gateway does not resume a session whose client does not ask for credit any more, also where its limits are the same",
  covers: ["RESUME-004.3", "HAND-010"],
  role: "gateway",
  needs: ["delivery", "credit"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    const channel = await t.socket({ label: "resumes" });
    const nonce = t.random.octets(16);
    const frame = build.hello({
      nonce,
      tag: channel.tag,
      features: ["delivery"],
      limits: SUITE_LIMITS,
      resume: { sessionId: session.id, token: tokenOf(session), received: session.receivedCount },
    });
    channel.send(frame);
    if (t.ownEndpoint) {
      const { received } = await channel.take("challenge");
      const hello = { frame, payload: encodePayload(frame), nonce, limits: SUITE_LIMITS };
      channel.send(proofOf(t.key, hello, received.frame));
    }
    const { resumedFrom } = await channel.take("welcome");
    t.equal(resumedFrom, undefined, "resumedFrom", "RESUME-004.3");
  },
});

check({
  id: "resume.same-otherwise",
  title: "what HELLO says beside limits, contents and credit may change: versions, and features that nobody knows",
  covers: ["RESUME-004.3"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    await resume(t, session, { hello: { versions: [3, 1], features: ["telepathy", "credit", "delivery"] } });
    await session.roundTrip();
  },
});

for (const [name, change] of [
  ["beyond-what-was-sent", 1],
  ["far-beyond-what-was-sent", 1_000_000],
  ["below-what-was-acknowledged", -1],
] as const) {
  check({
    id: `resume.count-${name}`,
    title: `a gateway ends a session that is to be resumed with a count ${name.replaceAll("-", " ")}, and grants another one`,
    covers: ["RESUME-004.4", "HAND-010"],
    role: "gateway",
    needs: ["delivery"],
    async run(t) {
      const session = await lasting(t);
      const call = await openCall(session, { tool: "test.slow", input: { ms: t.ms(20_000) } });
      await call.accepted();
      // The gateway has read the acknowledgement of all by now.
      await session.roundTrip();
      await cut(session);
      notResumed(session, await ask(t, session, { received: session.receivedCount + change }), "RESUME-004.4");
      // Ended: also the right count does not bring it back.
      notResumed(session, await ask(t, session), "RESUME-004.4");
    },
  });
}

check({
  id: "resume.by-the-new-grant",
  title: "a session that is resumed with more scopes is offered more, and may call it",
  covers: ["RESUME-009.1", "RESUME-009.2"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "delivery"],
  async run(t) {
    const session = await lasting(t);
    t.expect(!session.offered.has("test.secret"), "The gateway offers what the scopes do not allow.", "TOOL-002.1");
    await cut(session);
    const { welcome } = await resume(t, session, { hello: { key: KEYS.wide } });
    t.equal(welcome.scopes.toSorted(), ["test", "test.secret"], "The scopes in WELCOME", "RESUME-009.1");
    const call = await openCall(session, { tool: "test.secret", input: {} });
    t.equal((await call.ended()).value, "secret", "What test.secret gave", "RESUME-009.1");
    await session.roundTrip();
    t.expect(session.offered.has("test.secret"), "The gateway does not offer what it allows now.", "RESUME-009.2");
  },
});

check({
  id: "resume.by-the-lesser-grant",
  title:
    "a session that is resumed with fewer scopes may not call what they do not allow any more, and is offered less",
  covers: ["RESUME-009.1", "RESUME-009.2"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "delivery"],
  async run(t) {
    const session = await lasting(t, { hello: { key: KEYS.wide } });
    t.expect(session.offered.has("test.secret"), "The gateway does not offer test.secret.", "TOOL-002.1");
    await cut(session);
    const { welcome } = await resume(t, session, { hello: { key: KEYS.conformance } });
    t.equal(welcome.scopes, ["test"], "The scopes in WELCOME", "RESUME-009.1");
    const call = await openCall(session, { tool: "test.secret", input: {} });
    const { code, outcome } = await call.ended();
    t.equal([code, outcome], ["permission_denied", "not_started"], "How test.secret ended", "RESUME-009.1");
    await session.roundTrip();
    t.expect(
      !session.offered.has("test.secret"),
      "The gateway offers what it does not allow any more.",
      "RESUME-009.2",
    );
  },
});

check({
  id: "resume.same-grant-same-offer",
  title: "a session that is resumed keeps what was offered by either side: nothing need be said again",
  covers: ["HAND-011.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    await resume(t, session);
    const call = await t.peerCalls(session);
    const incoming = await call.incoming();
    await incoming.end("kept");
    t.equal((await call.settled()).value, "kept", "What the gateway's call of the suite gave");
  },
});

check({
  id: "resume.tells-nothing-of-others",
  title:
    "a gateway says of another's session what it says of one that never was: standing, with its token, ended or unknown",
  covers: ["RESUME-010", "HAND-010"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys", "delivery"],
  async run(t) {
    const standing = await lasting(t, { label: "standing" });
    const over = await lasting(t, { label: "over" });
    over.leave();
    await over.channel.closed();
    const parked = await lasting(t, { label: "parked" });
    await cut(parked);
    const broken = await lasting(t, { label: "broken" });
    broken.channel.send({ type: 0x21, flags: 0, stream: 0, header: [1_000_000], body: new Uint8Array(0) });
    await broken.goaway();
    const unknown = { id: `s_${randomBytes(12).toString("hex")}` };
    const sentences: string[] = [];
    for (const { id: sessionId, token } of [
      { id: unknown.id, token: randomBytes(32) },
      { id: standing.id, token: standing.resumeToken },
      { id: standing.id, token: randomBytes(32) },
      { id: parked.id, token: parked.resumeToken },
      { id: over.id, token: over.resumeToken },
      { id: broken.id, token: broken.resumeToken },
    ]) {
      const hello = { key: KEYS.stranger, resume: { sessionId, token: token ?? randomBytes(32), received: 0 } };
      sentences.push(notResumed(standing, await ask(t, standing, { hello }), "RESUME-010").replaceAll(sessionId, "it"));
    }
    t.equal(new Set(sentences).size, 1, `How many sentences there are of ${sentences.join(" / ")}`, "RESUME-010");
    await standing.roundTrip();
  },
});

check({
  id: "resume.refused-code-is-none",
  title: "a session that cannot be resumed is no reason to refuse the client: it has a session that works",
  covers: ["HAND-010"],
  role: "gateway",
  async run(t) {
    const channel = await t.socket();
    const resumed = { sessionId: "s_of_another_time", token: randomBytes(32), received: 12 };
    const hello = makeHello(channel, { resume: resumed });
    channel.send(hello.frame);
    if (t.ownEndpoint) {
      const asked = await channel.take("challenge");
      channel.peerTag = asked.tag;
      channel.send(proofOf(t.key, hello, asked.received.frame));
    }
    const welcome = await channel.take("welcome");
    t.expect((welcome.notResumed ?? "") !== "", "WELCOME does not say why nothing was resumed.", "HAND-010");
    t.equal(welcome.resumedFrom, undefined, "resumedFrom", "HAND-010");
    t.expect(welcome.sessionId !== resumed.sessionId, "The new session has the name of the old one.", "HAND-010");
    channel.peerTag = welcome.tag;
    t.equal((await channel.take("offer")).mode, 0, "The mode of the first OFFER", "HAND-011.1");
    t.expect(!channel.has("goaway", (frame) => frame.header?.[0] !== Code.ok), "The session is over.", "HAND-010");
  },
});
