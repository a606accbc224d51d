/**
 * How many streams, and how large bodies (STREAM-007, STREAM-008, STREAM-010).
 *
 * @module
 */
import { openFrame, OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Content } from "../../wire/constants.ts";
import { beginEcho, holding } from "./support.ts";

/** Sends octets of arguments that have begun, within the credit that the peer gives, until all are sent or the call is over. */
async function sendArguments(session: Session, stream: number, octets: number): Promise<number> {
  const { ended } = session.inbound(stream);
  const part = new Uint8Array(2_000).fill(0x78);
  let sent = 0;
  while (sent < octets && ended.entries.length === 0) {
    if (session.creditLeft(stream) < part.length) {
      await session.roundTrip();
      continue;
    }
    session.useCredit(stream, part.length);
    session.send(build.cont(stream, part, { more: true }));
    sent += part.length;
  }
  return sent;
}

check({
  id: "streams.too-many",
  title: "a call beyond the limit of streams is refused and may be tried again, and the session goes on",
  covers: ["STREAM-007"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { streams } = session.established.peer;
    const held: OutgoingCall[] = [];
    for (let i = 0; i < streams; i++) held.push(await holding(t, session));
    const beyond = await (await t.open(session, { tool: "test.echo", input: 1 })).ended();
    t.equal([beyond.code, beyond.outcome], ["resource_exhausted", "not_started"], "The ending", "STREAM-007");
    t.expect(beyond.retryAfterMs !== undefined, "END says not when to try again.", "STREAM-007");
    held[0]?.reset();
    await held[0]?.ended();
    const next = await (await t.open(session, { tool: "test.echo", input: "again" })).ended();
    t.equal(next.value, "again", "The result once there is room", "STREAM-007");
  },
});

check({
  id: "streams.far-too-many",
  title: "more than 64 streams that are open beyond the limit end the session",
  covers: ["STREAM-010"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    // One message: no refusal can be read before all of it has arrived.
    const opens = Array.from({ length: session.established.peer.streams + 65 }, () =>
      openFrame(session, { tool: "test.fail", input: { how: "hang" } }),
    );
    await t.breaks(session, "STREAM-010", () => session.send(...opens.map(({ frame }) => frame)), {
      code: "resource_exhausted",
      close: 1009,
    });
  },
});

check({
  id: "streams.64-too-many",
  title: "64 streams beyond the limit are refused, each of them, and the session goes on",
  covers: ["STREAM-007", "STREAM-010"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { streams } = session.established.peer;
    const opens = Array.from({ length: streams + 64 }, () =>
      openFrame(session, { tool: "test.fail", input: { how: "hang" } }),
    );
    session.send(...opens.map(({ frame }) => frame));
    for (const { stream } of opens.slice(streams)) {
      const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
      t.equal([end.code, end.outcome], [8, 0], "Code and outcome", "STREAM-007");
    }
    const within = opens.slice(0, streams).map(({ stream }) => new OutgoingCall(session, stream));
    for (const call of within) await call.accepted();
    for (const call of within) call.reset();
    for (const call of within) t.equal((await call.ended()).code, "cancelled", "The code of a call within the limit");
    const next = await (await t.open(session, { tool: "test.echo", input: "next" })).ended();
    t.equal(next.value, "next", "The result once there is room", "STREAM-010");
  },
});

check({
  id: "streams.arguments-too-large",
  title:
    "arguments that grow beyond the limit of a message are refused, what still comes of them is dropped, and the session goes on",
  covers: ["STREAM-008.1"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { message } = session.established.peer;
    const stream = session.newStream();
    session.send(beginEcho(session, stream, 20));
    session.useCredit(stream, 20);
    await sendArguments(session, stream, message + 20_000);
    const { end } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal([end.code, end.outcome], [8, 0], "Code and outcome", "STREAM-008.1");
    session.send(build.cont(stream, new Uint8Array(500), { more: true }));
    session.send(build.cont(stream, new Uint8Array(500), { final: true }));
    await session.roundTrip();
    const next = await (await t.open(session, { tool: "test.echo", input: "next" })).ended();
    t.equal(next.value, "next", "The result of the next call", "STREAM-008.1");
  },
});

check({
  id: "streams.arguments-as-large-as-may-be",
  title: "arguments and a result of exactly the limit of a message are taken",
  covers: ["STREAM-008.1", "STREAM-008.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const input = "x".repeat(session.established.peer.message);
    const call = await t.open(session, { tool: "test.echo", input });
    t.expect((await call.ended()).value === input, "The result is not what was sent.", "STREAM-008.1");
    const peers = await t.peerCalls(session);
    await (await peers.incoming()).end(input);
    const settled = await peers.settled();
    t.expect(settled.ok, `The peer took no result of ${input.length} octets: ${settled.code}`, "STREAM-008.2");
    t.expect(settled.value === input, "The peer's application was told another result.", "STREAM-008.2");
  },
});

check({
  id: "streams.too-much-under-way",
  title: "arguments that grow beyond what may be assembled in the session are refused, and the others are not harmed",
  covers: ["STREAM-008.1"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { assembling } = session.established.peer;
    const streams = [session.newStream(), session.newStream(), session.newStream()];
    for (const stream of streams) {
      session.send(
        build.open(stream, { tool: "test.echo", callId: `assembling-${stream}`, content: Content.text }, undefined, {
          more: true,
        }),
      );
    }
    const [first = 0, second = 0, third = 0] = streams;
    const each = Math.floor(assembling / 2 / 2_000) * 2_000 - 8_000;
    await sendArguments(session, first, each);
    await sendArguments(session, second, each);
    await sendArguments(session, third, 40_000);
    const { end } = await session.inbound(third).ended.take(() => true, session.channel.patience(), "END");
    t.equal([end.code, end.outcome], [8, 0], "Code and outcome", "STREAM-008.1");
    for (const stream of [first, second]) {
      session.send(build.cont(stream, new Uint8Array(0), { final: true }));
      const { body } = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
      t.equal(body.octets.length, each, "The length of a result");
    }
  },
});

check({
  id: "streams.result-too-large",
  title: "a call whose result grows beyond the limits of its opener ends there, completed, and the session goes on",
  covers: ["STREAM-008.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { message } = session.established.peer;
    const call = await t.peerCalls(session);
    await (await call.incoming()).end("x".repeat(message + 5_000));
    const settled = await call.settled();
    t.equal(
      [settled.ok, settled.code, settled.outcome],
      [false, "resource_exhausted", "completed"],
      "What the peer's application was told",
      "STREAM-008.2",
    );
    const next = await t.peerCalls(session);
    await (await next.incoming()).end("next");
    t.equal((await next.settled()).value, "next", "The result of the next call", "STREAM-008.2");
  },
});
