/**
 * What peers write themselves, in each carriage: judged by the suite's decoder while much is said (CARR-001 to CARR-003, CARR-010 to
 * CARR-014, CARR-020).
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { takeHello } from "../../harness/handshake.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Code } from "../../wire/constants.ts";
import { lasting, nextChannel } from "../resume/support.ts";
import { converse, SHORT } from "./support.ts";

check({
  id: "carriage.conversation-in-binary",
  title:
    "each message of binary carriage holds whole frames, one at least, and has the receiver's tag, or zero in a handshake",
  covers: ["CARR-001", "CARR-003.1", "CARR-003.2"],
  role: "both",
  ways: ["binary", "shared"],
  run: async (t) => converse(t, await t.session(SHORT)),
});

check({
  id: "carriage.conversation-in-text",
  title:
    "each message of text carriage has the form that it has to have: its first octets, its tag, its rows and its bodies",
  covers: [
    "CARR-001",
    "CARR-003.1",
    "CARR-003.2",
    "CARR-010.1",
    "CARR-010.2",
    "CARR-011.1",
    "CARR-011.2",
    "CARR-011.3",
    "CARR-012",
    "CARR-014.1",
  ],
  role: "both",
  ways: ["text"],
  run: async (t) => converse(t, await t.session(SHORT)),
});

check({
  id: "carriage.conversation-wrapped",
  title: "each message of wrapped carriage is as in text carriage, with a number that grows by one",
  covers: ["CARR-020.1", "CARR-020.2", "CARR-003.1", "CARR-012"],
  role: "both",
  ways: ["wrapped"],
  run: async (t) => converse(t, await t.session(SHORT)),
});

async function tagOfPeer(t: Context): Promise<Uint8Array> {
  const session = await t.session();
  const tag = session.channel.peerTag;
  session.leave();
  return tag;
}

check({
  id: "carriage.tags-at-random",
  title: "each channel has a tag of its own, drawn at random and never all zero",
  covers: ["CARR-002"],
  role: "both",
  async run(t) {
    const tags: Uint8Array[] = [];
    for (let count = 0; count < 5; count++) tags.push(await tagOfPeer(t));
    for (const tag of tags) {
      t.expect(
        tag.some((octet) => octet !== 0),
        "A tag is all zero.",
        "CARR-002",
      );
    }
    // Five random octets are the same once in four thousand million times.
    for (let place = 0; place < 8; place++) {
      const values = new Set(tags.map((tag) => tag[place]));
      t.expect(values.size > 1, `Octet ${place} of five tags is the same one.`, "CARR-002");
    }
  },
});

check({
  id: "carriage.tag-of-resumed-channel",
  title: "a channel that resumes a session has a tag of its own",
  covers: ["CARR-002"],
  role: "gateway",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    const first = session.channel.peerTag;
    const { welcome, channel } = await t.resume(session);
    t.expect(Buffer.compare(first, welcome.tag) !== 0, "The second channel has the tag of the first.", "CARR-002");
    channel.peerTag = welcome.tag;
  },
});

check({
  id: "carriage.no-frame",
  title: "a message without a frame ends the session",
  covers: ["CARR-001"],
  role: "both",
  async run(t) {
    const session = await t.session();
    await t.breaks(session, "CARR-001", () => session.channel.sendTagged(session.channel.peerTag, []));
  },
});

check({
  id: "carriage.many-frames",
  title: "a message with many frames is taken as a whole, in order",
  covers: ["CARR-001"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const { channel } = session;
    const ids = Array.from({ length: 40 }, (_, index) => 5_000 + index);
    channel.send(...ids.map((id) => build.ping(id)));
    for (const id of ids) t.equal((await channel.take("pong")).id, id, "The next PONG", "CARR-001");
  },
});

/** What a receiver of wrapped messages must not take for the next one. */
const NUMBERS: Readonly<Record<string, (session: Session) => readonly number[]>> = {
  lost: (session) => [next(session) + 1],
  doubled: (session) => [next(session), next(session)],
  "of before": () => [0],
};

/** The suite's next number: as many messages as it has sent. */
function next(session: Session): number {
  return session.channel.sent;
}

for (const [name, numbers] of Object.entries(NUMBERS)) {
  check({
    id: `carriage.number-${name.replaceAll(" ", "-")}`,
    title: `a wrapped message whose number is not the one expected ends the channel with data_loss: ${name}`,
    covers: ["CARR-021"],
    role: "both",
    ways: ["wrapped"],
    async run(t) {
      const session = await t.session();
      session.automatic.ack = false;
      await session.roundTrip();
      const { channel } = session;
      for (const number of numbers(session)) channel.sendTagged(channel.peerTag, [build.ping(77)], number);
      const goaway = await session.goaway();
      t.equal(goaway.code, 15, "The code of GOAWAY (15 is data_loss)", "CARR-021");
    },
  });
}

check({
  id: "carriage.session-outlives-a-lost-number",
  title: "a session goes on when a wrapped message was lost: it can be resumed",
  covers: ["CARR-021"],
  role: "gateway",
  ways: ["wrapped"],
  needs: ["delivery"],
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.slow", input: { ms: 500 } });
    await call.accepted();
    const { channel } = session;
    channel.sendTagged(channel.peerTag, [build.ping(77)], channel.sent + 3);
    await session.goaway();
    session.lasts = true;
    const { welcome } = await t.resume(session);
    t.equal(welcome.sessionId, session.id, "The session that was resumed", "CARR-021");
    t.expect(welcome.resumedFrom !== undefined, "The session was not resumed.", "CARR-021");
  },
});

check({
  id: "carriage.client-outlives-a-lost-number",
  title: "a client's session goes on when a wrapped message was lost: it says HELLO again, and resumes",
  covers: ["CARR-021"],
  role: "client",
  ways: ["wrapped"],
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const { channel } = session;
    channel.sendTagged(channel.peerTag, [build.ping(77)], channel.sent + 3);
    const { code } = await session.goaway();
    t.equal(code, Code.data_loss, "The code of GOAWAY", "CARR-021");
    const next = await nextChannel(t, session);
    const { hello } = await takeHello(next);
    t.equal(hello.resume?.sessionId, session.id, "The session that HELLO asks for", "CARR-021");
  },
});
