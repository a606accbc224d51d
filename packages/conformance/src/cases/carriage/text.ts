/**
 * Text and wrapped carriage: messages and rows that have not the form which they have to have (CARR-010 to CARR-013).
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import { makeChallenge, makeHello, takeHello } from "../../harness/handshake.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Content, Flag, FrameType } from "../../wire/constants.ts";
import { base64, encodeRow } from "../../wire/text.ts";
import { row, rule, TEXT_WAYS } from "../frames/support.ts";
import { refused } from "../handshake/support.ts";

/** The rows of a message, as the text of a message that is not in order. */
const MESSAGES: Readonly<Record<string, { readonly clause: string; readonly make: (head: string) => string }>> = {
  "that ends too soon": { clause: "CARR-010.1", make: (head) => `${head},[34,0,0,[1],null]` },
  "with something behind it": { clause: "CARR-010.1", make: (head) => `${head},[34,0,0,[1],null]]}1` },
  "with a frame that is a number": { clause: "CARR-010.1", make: (head) => `${head},[34,0,0,[1],null],5]}` },
  "with another member": { clause: "CARR-010.2", make: (head) => `${head},[34,0,0,[1],null]],"id":1}` },
  "with its member twice": { clause: "CARR-010.2", make: (head) => `${head},[34,0,0,[1],null]],"turnmux":[1]}` },
};

function headOf({ channel }: Session): string {
  return `{"turnmux":[1,"${Buffer.from(channel.peerTag).toString("hex")}"`;
}

for (const [name, { clause, make }] of Object.entries(MESSAGES)) {
  check({
    id: `carriage.text-message.${name.replaceAll(" ", "-")}`,
    title: `a text message ${name} ends the session`,
    covers: [clause],
    role: "both",
    ways: ["text"],
    async run(t) {
      const session = await t.session();
      await t.breaks(session, clause, () => session.channel.sendMessage(make(headOf(session))));
    },
  });
}

const open = (
  session: Session,
  flags: number,
  body: unknown,
  content: number = Content.bytes,
): ReturnType<typeof row> =>
  row(FrameType.open, flags, session.newStream(), ["test.echo", "c", null, null, null, content], body);

rule({
  id: "carriage.row",
  title: "a frame that is no array of exactly five ends the session",
  clause: "CARR-010.1",
  ways: TEXT_WAYS,
  bad: {
    "of four": () => ({ row: [FrameType.ping, 0, 0, [1]] }),
    "of six": () => ({ row: [FrameType.ping, 0, 0, [1], null, null] }),
    "an object": () => ({ row: { type: FrameType.ping } }),
    "a type that is a string": () => row("34", 0, 0, [1]),
    "a type beyond an octet": () => row(0x122, 0, 0, [1]),
    "flags below zero": () => row(FrameType.ping, -1, 0, [1]),
    "a stream that is a fraction": () => row(FrameType.ping, 0, 0.5, [1]),
  },
});

rule({
  id: "carriage.row-header",
  title: "a row that goes on with a body, and has a header, ends the session",
  clause: "CARR-011.1",
  ways: TEXT_WAYS,
  bad: {
    "of CONT": (session) => {
      const stream = session.newStream();
      const first = row(FrameType.open, Flag.more, stream, ["test.echo", "c", null, null, null, Content.text], "a");
      return [first, row(FrameType.data, Flag.cont | Flag.final, stream, [], "b")];
    },
  },
});

rule({
  id: "carriage.row-body",
  title: "a body in a row that is neither text nor base64 as it has to be ends the session",
  clause: "CARR-011.2",
  ways: TEXT_WAYS,
  bad: {
    "a number": (session) => open(session, Flag.final, 1),
    "an array": (session) => open(session, Flag.final, []),
    "of a frame that has none": () => row(FrameType.ping, 0, 0, [1], "x"),
    "base64 without padding": (session) => open(session, Flag.final | Flag.base64, "AA"),
    "base64 with unused bits": (session) => open(session, Flag.final | Flag.base64, "AB=="),
    "base64 of the alphabet for addresses": (session) => open(session, Flag.final | Flag.base64, "-_8="),
    "base64 with a line break": (session) => open(session, Flag.final | Flag.base64, "AAAA\n"),
  },
});

rule({
  id: "carriage.row-ill-formed",
  title: "a body in a row that is no well-formed text, and not in base64, ends the session",
  clause: "CARR-011.3",
  ways: TEXT_WAYS,
  bad: {
    "half of a surrogate pair": (session) => open(session, Flag.final, "a\ud800", Content.text),
    "the other half": (session) => open(session, Flag.final, "\udc00", Content.text),
  },
});

check({
  id: "carriage.text-as-base64",
  title: "a body that is text may come in base64 all the same",
  covers: ["CARR-011.2"],
  role: "both",
  ways: TEXT_WAYS,
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    const header = ["test.echo", "c", null, null, null, Content.text];
    session.sendRaw(row(FrameType.open, Flag.final | Flag.base64, stream, header, base64(Buffer.from("caf\u00e9"))));
    const { body } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal(Buffer.from(body.octets).toString("utf8"), "caf\u00e9", "What test.echo gave", "CARR-011.2");
  },
});

/** Rows of a handshake frame that are not as CARR-012 has them. */
const HANDSHAKE: Readonly<Record<string, (whole: readonly unknown[]) => readonly unknown[]>> = {
  "a header": (whole) => whole.with(3, [[1]]),
  "no BASE64": (whole) => whole.with(1, 0),
  "no base64": (whole) => whole.with(4, "not base64!"),
};

for (const [name, change] of Object.entries(HANDSHAKE)) {
  const id = name.replaceAll(" ", "-");
  check({
    id: `carriage.hello-row.${id}`,
    title: `a gateway refuses a HELLO in text carriage with ${name}`,
    covers: ["CARR-012"],
    role: "gateway",
    ways: ["text"],
    async run(t) {
      const channel = await t.socket();
      const hello = makeHello(channel);
      const whole = encodeRow(hello.frame) as readonly unknown[];
      channel.sendTagged(new Uint8Array(8), [{ row: change(whole) }]);
      await refused(t, channel, { code: "invalid_argument", clause: "CARR-012" });
    },
  });
  check({
    id: `carriage.challenge-row.${id}`,
    title: `a client gives up at a CHALLENGE in text carriage with ${name}`,
    covers: ["CARR-012"],
    role: "client",
    ways: ["text"],
    async run(t) {
      const channel = await t.socket({ connect: { reconnect: false } });
      const { hello } = await takeHello(channel);
      const whole = encodeRow(makeChallenge(channel, hello, { audience: t.audience })) as readonly unknown[];
      channel.sendTagged(new Uint8Array(8), [{ row: change(whole) }]);
      await t.event(channel, "closed");
      t.expect(!channel.has("proof"), "A client answered a CHALLENGE that is not in order.", "CARR-012");
    },
  });
}

check({
  id: "carriage.limits-in-decoded-octets",
  title: "framePayload counts decoded octets: base64 and escapes may be longer",
  covers: ["CARR-013"],
  role: "both",
  ways: TEXT_WAYS,
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { framePayload } = session.established.peer;
    const bodies: readonly (readonly [number, Uint8Array])[] = [
      [Content.bytes, new Uint8Array(framePayload).fill(0xff)],
      [Content.text, new Uint8Array(framePayload).fill(0x22)],
    ];
    for (const [content, body] of bodies) {
      const stream = session.newStream();
      session.useCredit(stream, body.length);
      session.send(build.open(stream, { tool: "test.echo", callId: `long-${stream}`, content }, body));
      const { end, body: result } = await session
        .inbound(stream)
        .ended.take(() => true, session.channel.patience(), "END");
      t.equal([end.code, result.octets.length], [0, body.length], "Code and length of the result", "CARR-013");
    }
  },
});

rule({
  id: "carriage.decoded-too-long",
  title: "a body in a row with more decoded octets than framePayload ends the session, however few characters it has",
  clause: "FRAME-001",
  ways: TEXT_WAYS,
  limits: "small",
  breach: { code: "resource_exhausted", close: 1009 },
  bad: {
    "in base64": (session) =>
      open(session, Flag.final | Flag.base64, base64(new Uint8Array(session.established.peer.framePayload + 1))),
    "in characters of three octets": (session) =>
      open(session, Flag.final, "\u20ac".repeat(session.established.peer.framePayload / 2), Content.text),
  },
});

check({
  id: "carriage.own-limits-in-decoded-octets",
  title: "a sender counts decoded octets: no body in a row has more than the receiver's framePayload",
  covers: ["CARR-013"],
  role: "both",
  ways: TEXT_WAYS,
  async run(t) {
    const limits = { framePayload: 1_024 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    for (const input of ["\u20ac".repeat(3_000), new Uint8Array(9_000).fill(0xfe), '"'.repeat(5_000)]) {
      const call = await openCall(session, { tool: "test.echo", input });
      t.equal((await call.ended()).value, input, "What test.echo gave", "CARR-013");
    }
    for (const { frame } of session.channel.frames.entries) {
      t.expect(frame.body.length <= 1_024, `A body has ${frame.body.length} octets, more than 1,024.`, "CARR-013");
    }
  },
});
