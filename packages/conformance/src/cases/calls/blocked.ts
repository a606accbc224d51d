/**
 * What a side does whose event loop was blocked (CALL-015): its process is stopped for a while.
 *
 * @module
 */
import type { Received } from "../../harness/channel.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, FrameType } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import { encodeMessage } from "../../wire/message.ts";
import { pause } from "../support.ts";
import { ownPeer } from "./support.ts";

check({
  id: "calls.read-before-a-limit",
  title:
    "END and ACCEPT that arrived while the caller's event loop was blocked count, although the wait for them is overdue",
  covers: ["CALL-015.1"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const { session, process } = await ownPeer(t);
    const accepted = await t.peerCalls(session, {
      tool: "suite.idempotent",
      acceptTimeoutMs: t.ms(1_000),
      timeoutMs: t.ms(20_000),
    });
    const second = await accepted.incoming();
    const ended = await t.peerCalls(session, { timeoutMs: t.ms(1_000) });
    const first = await ended.incoming();
    process.signal("SIGSTOP");
    await first.end("in time");
    second.accept();
    await pause(t, 1_300);
    process.signal("SIGCONT");
    const told = await ended.settled();
    t.equal([told.ok, told.value], [true, "in time"], "What the peer's application was told", "CALL-015.1");
    await session.roundTrip();
    await second.end("accepted");
    const later = await accepted.settled();
    t.equal([later.ok, later.value], [true, "accepted"], "What the peer's application was told", "CALL-015.1");
    for (const { opened } of [first, second]) {
      t.equal(opened.inbound.resets.entries.length, 0, "RESETs of calls that were answered in time", "CALL-015.1");
    }
  },
});

/** How long a side may read before it acts on a limit that is overdue by so much (section 13), in milliseconds. */
function readingMs(overdue: number): number {
  return Math.min(2_000, Math.max(250, overdue));
}

/**
 * Frames that cost a peer time to read: a progress report, and octets that are skipped. Sockets are read a few megabytes at a time, so
 * that it takes many octets to make a peer look at its clock in between.
 */
function filling(stream: number, octets: number): readonly Frame[] {
  const report = build.progress(stream, Content.json, new TextEncoder().encode("1"));
  // A frame of an unknown type with the top bit.
  return [report, { ...report, type: 0xff, header: null, stream: 0, body: new Uint8Array(octets).fill(0x78) }];
}

check({
  id: "calls.read-to-the-end-before-a-deadline",
  title: "a result that lies behind much else to read counts, although the deadline is overdue when it is read",
  covers: ["CALL-015.1"],
  role: "both",
  needs: ["command"],
  async run(t) {
    const { session, process } = await ownPeer(t);
    const { channel } = session;
    const deadline = performance.now() + t.ms(1_000);
    const call = await t.peerCalls(session, { timeoutMs: t.ms(1_000) });
    const incoming = await call.incoming();
    incoming.accept();
    process.signal("SIGSTOP");
    const inTime = performance.now() < deadline - 200;
    for (let i = 0; i < 60; i++) channel.send(...filling(incoming.stream, 50_000));
    await incoming.end("in time");
    const id = channel.pingId();
    channel.send(build.ping(id));
    await pause(t, Math.max(0, (deadline + 1_800 - performance.now()) / t.timeScale));
    const overdue = performance.now() - deadline;
    const arrived = channel.socket.buffered === 0;
    t.note(`${channel.socket.buffered} octets have not arrived`);
    process.signal("SIGCONT");
    const continued = performance.now();
    const pong = await channel.take("pong", (frame) => frame.id === id, {
      within: 20_000,
      what: "PONG behind the result",
    });
    const settled = await call.settled();
    // A machine that was too slow for this, or has little room in its sockets, shows nothing.
    if (!inTime || !arrived || pong.received.at - continued > readingMs(overdue) * 0.7) return;
    t.equal([settled.ok, settled.value], [true, "in time"], "What the peer's application was told", "CALL-015.1");
    t.equal(incoming.opened.inbound.resets.entries.length, 0, "RESETs of a call that had ended", "CALL-015.1");
  },
});

/** Messages that wait for a peer that was stopped: reading them takes longer than it may read before it acts. */
const FLOOD = { gateway: 120_000, client: 40_000, behaviour: 1 } as const;

check({
  id: "calls.a-flood-puts-no-deadline-off",
  title: "a caller whose event loop was blocked acts on its deadline although there is much more to read",
  covers: ["CALL-015.2"],
  role: "both",
  // The same message again and again: wrapped messages have numbers.
  ways: ["binary", "shared"],
  needs: ["command"],
  alone: true,
  async run(t) {
    // A peer that reads all of a flood sooner than it has to act shows nothing: it gets a larger one.
    for (const times of [1, 2, 3]) if (await actsWithin(t, times)) return;
  },
});

/**
 * Whether a peer whose event loop was blocked was seen to act on its deadline with a flood still to be read. False where it had read all of
 * that in less time than it may take. Throws where it took longer.
 */
async function actsWithin(t: Context, times: number): Promise<boolean> {
  const { session, process } = await ownPeer(t);
  const { channel } = session;
  const deadline = performance.now() + t.ms(3_000);
  const call = await t.peerCalls(session, { timeoutMs: t.ms(3_000) });
  const incoming = await call.incoming();
  incoming.accept();
  process.signal("SIGSTOP");
  const frames = filling(incoming.stream, 14_000_000 / FLOOD[t.role]);
  const message = encodeMessage(t.carriage, channel.peerTag, frames);
  for (let i = 0; i < FLOOD[t.role] * times; i++) channel.socket.send(message);
  const id = channel.pingId();
  session.channel.send(build.ping(id));
  t.note("the flood is sent");
  // The later it is, the longer the peer may read on.
  await pause(t, Math.max(0, (deadline + 50 - performance.now()) / t.timeScale));
  process.signal("SIGCONT");
  const continued = performance.now();
  t.note("the peer goes on");
  await incoming.cancelled({ within: 20_000 });
  const isAnswer = ({ frame }: Received): boolean =>
    frame.type === FrameType.pong && channel.fieldsOf("pong", frame).id === id;
  const pong = channel.frames.entries.find(isAnswer);
  // It has not read all of it yet, and may take as long as it likes over the rest.
  if (pong === undefined) return true;
  const reset = channel.frames.entries.find(({ frame }) => frame.type === FrameType.reset);
  if (reset !== undefined && reset.index < pong.index) return true;
  t.expect(
    pong.at - continued < readingMs(continued - deadline) * 1.5,
    "The peer read all that there was before it acted on its deadline.",
    "CALL-015.2",
  );
  return false;
}
