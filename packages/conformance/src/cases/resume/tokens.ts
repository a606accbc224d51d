/**
 * Tokens: which one resumes a session, and which does not any more (RESUME-001, RESUME-002).
 *
 * @module
 */
import { clientHandshake } from "../../harness/handshake.ts";
import { openCall } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { ask, cut, lasting, notResumed, resume, tokenOf } from "./support.ts";

check({
  id: "resume.fresh-tokens",
  title:
    "each WELCOME that agrees on delivery carries a token of at least 16 octets, and never one that was given before",
  covers: ["RESUME-001"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const tokens: string[] = [];
    for (let i = 0; i < 2; i++) {
      const session = await lasting(t);
      for (let round = 0; round < 3; round++) {
        const token = tokenOf(session);
        t.expect(token.length >= 16, `A resume token has ${token.length} octets.`, "RESUME-001");
        tokens.push(Buffer.from(token).toString("hex"));
        await cut(session);
        await resume(t, session);
      }
    }
    t.equal(new Set(tokens).size, tokens.length, "How many of the tokens are different", "RESUME-001");
  },
});

check({
  id: "resume.token-once",
  title: "a token resumes a session once: behind the first message on the channel of its successor it is void",
  covers: ["RESUME-002.1", "RESUME-002.2", "HAND-010"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const first = tokenOf(session);
    await cut(session);
    await resume(t, session);
    await session.roundTrip();
    await cut(session);
    notResumed(session, await ask(t, session, { token: first }), "RESUME-002.1");
    // Whoever guesses does the session no harm.
    await resume(t, session);
  },
});

check({
  id: "resume.token-of-a-lost-welcome",
  title:
    "a token stays good until its successor has been received for certain: a WELCOME lost on the way loses no session",
  covers: ["RESUME-002.2"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const slow = await openCall(session, { tool: "test.slow", input: { ms: t.ms(300) } });
    await slow.accepted();
    await cut(session);
    for (let i = 0; i < 3; i++) {
      const { channel, welcome } = await ask(t, session);
      t.equal(welcome.sessionId, session.id, "The session in WELCOME", "RESUME-002.2");
      channel.socket.cut();
    }
    await resume(t, session);
    t.equal((await slow.ended()).value, "done", "What the call gave", "RESUME-002.2");
  },
});

check({
  id: "resume.successor-of-a-silent-channel",
  title: "the successor is good from the WELCOME on that carried it, also where nothing was said there",
  covers: ["RESUME-002.2"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    const { channel, welcome } = await ask(t, session);
    channel.socket.cut();
    session.resumeToken = welcome.resumeToken;
    await resume(t, session);
    await session.roundTrip();
  },
});

check({
  id: "resume.overtaken-successor",
  title: "a successor that was never used is void once the former token has brought another one, and that was used",
  covers: ["RESUME-002.1", "RESUME-002.2"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    const lost = await ask(t, session);
    lost.channel.socket.cut();
    await resume(t, session);
    await session.roundTrip();
    await cut(session);
    const token = tokenOf(lost.welcome);
    notResumed(session, await ask(t, session, { token }), "RESUME-002.1");
  },
});

check({
  id: "resume.goaway-voids-no-token",
  title: "a GOAWAY with a code as the first word on the successor's channel voids no token",
  covers: ["RESUME-002.2", "RESUME-005.1"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    await cut(session);
    const { channel } = await ask(t, session);
    channel.send(build.goaway({ code: Code.data_loss, message: "the handshake took too long" }));
    if (t.ownEndpoint) await channel.closed();
    await resume(t, session);
    await session.roundTrip();
  },
});

check({
  id: "resume.token-without-delivery",
  title: "a session without delivery is not resumed, whatever token its WELCOME may have had",
  covers: ["HAND-010"],
  role: "gateway",
  async run(t) {
    const first = await t.socket();
    const { welcome } = await clientHandshake(first, { features: ["credit"] });
    first.peerTag = welcome.tag;
    first.send(build.offer(0, []));
    first.socket.cut();
    const again = await t.socket({ label: "resumes" });
    const token = welcome.resumeToken ?? t.random.octets(32);
    const { sessionId } = welcome;
    const second = await clientHandshake(again, { resume: { sessionId, token, received: 0 } });
    t.equal(second.welcome.resumedFrom, undefined, "resumedFrom", "HAND-010");
    t.expect((second.welcome.notResumed ?? "") !== "", "WELCOME does not say why nothing was resumed.", "HAND-010");
  },
});

/** Tokens that are not the session's. */
const WRONG: readonly (readonly [name: string, token: (right: Uint8Array) => Uint8Array])[] = [
  ["of-other-octets", (right) => right.map((octet) => octet ^ 0xff)],
  ["with-a-bit-changed", (right) => right.map((octet, index) => (index === right.length - 1 ? octet ^ 1 : octet))],
  ["cut-short", (right) => right.slice(0, -1)],
  ["with-an-octet-more", (right) => Buffer.concat([right, Buffer.of(0)])],
  ["of-no-octets", () => new Uint8Array(0)],
];

for (const [name, token] of WRONG) {
  check({
    id: `resume.token-${name}`,
    title: `a gateway resumes no session for a token ${name.replaceAll("-", " ")}, and the session stands all the same`,
    covers: ["RESUME-004.2", "HAND-010"],
    role: "gateway",
    needs: ["delivery"],
    async run(t) {
      const session = await lasting(t);
      await cut(session);
      const right = tokenOf(session);
      notResumed(session, await ask(t, session, { token: token(right) }), "RESUME-004.2");
      await resume(t, session);
      await session.roundTrip();
    },
  });
}

check({
  id: "resume.token-of-another-session",
  title: "a gateway resumes no session for the token of another one of the same principal",
  covers: ["RESUME-004.2"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const [one, other] = [await lasting(t, { label: "one" }), await lasting(t, { label: "other" })];
    await cut(one);
    const token = tokenOf(other);
    notResumed(one, await ask(t, one, { token }), "RESUME-004.2");
    await other.roundTrip();
  },
});
