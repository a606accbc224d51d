/**
 * Protocol errors: what is said, what ends, and what must not happen any more.
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { broken } from "../../suite/judgement.ts";
import * as build from "../../wire/build.ts";
import { Content, FrameType, OfferMode } from "../../wire/constants.ts";
import type { Frame } from "../../wire/types.ts";

/** A frame that no peer may send: it is on a stream, and belongs to the channel. */
function pingOnStream(stream: number): Frame {
  return { ...build.ping(1), stream };
}

check({
  id: "chan.protocol-error",
  title: "a protocol error ends the session with GOAWAY that names the rule, and nothing else",
  covers: ["CHAN-004.1", "CHAN-004.2"],
  role: "both",
  async run(t) {
    const other = await t.session({ label: "other" });
    const session = await t.session();
    await t.breaks(session, "FRAME-006", () => session.send(pingOnStream(5)));
    const call = await t.open(other, { tool: "test.echo", input: "still here" });
    t.equal((await call.ended()).value, "still here", "What another session answers", "CHAN-004.2");
  },
});

check({
  id: "chan.deaf-after-error",
  title: "nothing that arrives behind a protocol error is acted on",
  covers: ["CHAN-004.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const counter = `deaf-${t.random.integer(0, 1e9)}`;
    const count = (): Frame => {
      const header = { tool: "test.count", callId: `c_${t.random.integer(0, 1e12)}`, deadlineMs: 10_000 };
      const body = Buffer.from(JSON.stringify({ counter }));
      return build.open(session.newStream(), { ...header, key: `k_${t.random.integer(0, 1e12)}` }, body);
    };
    // In the same message, and in others behind it.
    session.send(pingOnStream(5), count(), build.ping(4_711));
    session.send(count());
    session.send(count());
    await session.goaway();
    const fresh = await t.session({ label: "fresh" });
    const call = await t.open(fresh, { tool: "test.counted", input: { counter } });
    t.equal((await call.ended()).value, { value: 0, runs: 0 }, "What test.count did", "CHAN-004.3");
    // It may have come behind GOAWAY.
    if (t.ownEndpoint) await session.channel.closed();
    t.expect(!session.channel.has("pong"), "PING behind a protocol error was answered.", "CHAN-004.3");
  },
});

check({
  id: "chan.goaway-tells-no-values",
  title: "GOAWAY carries nothing of what the application said",
  covers: ["CHAN-005"],
  role: "both",
  async run(t) {
    const secret = "zq7ApplicationValue";
    const open = (session: Session, json: string, content: number = Content.json): void =>
      session.send(
        build.open(session.newStream(), { tool: "test.echo", callId: "c_1", content }, Buffer.from(json, "utf8")),
      );
    const breaches: readonly ((session: Session) => void)[] = [
      (session) => open(session, `{"${secret}": "${secret}`),
      (session) => open(session, `"${secret}" "${secret}"`),
      (session) => open(session, `{"${secret}": {"__proto__": "${secret}"}}`),
      (session) => session.send(build.offer(OfferMode.replace, [{ name: `no name ${secret}`, effect: 0 }])),
      (session) => session.send(build.open(session.newStream(), { tool: secret, callId: secret.repeat(20) })),
      (session) => session.send({ ...build.ping(1), header: [secret] }),
      (session) =>
        session.send({ type: FrameType.reset, flags: 0, stream: 901, header: [secret], body: new Uint8Array() }),
    ];
    for (const [index, breach] of breaches.entries()) await tellsNot(t, index, breach, secret);
  },
});

async function tellsNot(t: Context, index: number, breach: (session: Session) => void, secret: string): Promise<void> {
  const session = await t.session({ label: `breach ${index}` });
  breach(session);
  const { message, requirement, received } = await session.goaway();
  const said = `${message} ${requirement ?? ""} ${JSON.stringify(received.frame.header)}`;
  t.expect(!said.includes(secret), `GOAWAY carries a value of the application: "${message}"`, "CHAN-005");
}

check({
  id: "chan.goaway-code",
  title: "the code of a GOAWAY is the one that its requirement has",
  covers: ["CHAN-009"],
  role: "both",
  async run(t) {
    // One or more of each code that a session which stands can be ended with.
    const breaches: readonly (readonly [string, (session: Session) => void])[] = [
      ["FRAME-006", (session) => session.send(pingOnStream(5))],
      ["FRAME-004", (session) => session.send({ ...build.ping(1), type: 0x7f })],
      [
        "STREAM-001",
        (session) => session.send(build.open(session.newStream() + 1, { tool: "test.echo", callId: "c" })),
      ],
      ["STREAM-003", (session) => session.send(build.reset(session.newStream()))],
      ["CALL-017", (session) => session.send(build.open(session.newStream(), { tool: 4_711, callId: "c" }))],
      ["FRAME-001", (session) => session.send(tooLong(session))],
    ];
    for (const [requirement, act] of breaches) {
      const session = await t.session({ label: requirement });
      act(session);
      await broken(t, session, requirement);
    }
  },
});

/** A frame whose payload is longer than the peer stated. */
function tooLong(session: Session): Frame {
  const body = new Uint8Array(session.established.peer.framePayload + 1);
  return build.open(session.newStream(), { tool: "test.echo", callId: "c", content: Content.bytes }, body);
}
