/**
 * What comes too often. The peer is asked to take 50 a second of each, and so 250 at once, and as many more as there are streams.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import type { Session } from "../../harness/session.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, Effect, OfferMode } from "../../wire/constants.ts";
import type { Frame } from "../../wire/types.ts";
import { stating } from "../flow/support.ts";

const TOO_OFTEN = { code: "resource_exhausted", close: 1009 } as const;

/** Frames in one message. */
const BATCH = 40;

/** What is taken at once, whatever the time; and what is too much, also on a machine on which a second passes meanwhile. */
const [FEW, MANY] = [200, 480];

/** So few streams that they make little difference. */
const FEW_STREAMS: SessionOptions = stating({ streams: 8 });

/** Sends so many frames, with a round trip behind each message so that nothing is short of room. */
async function often(session: Session, times: number, frame: () => Frame): Promise<void> {
  for (let sent = 0; sent < times; sent += BATCH) {
    session.channel.send(...Array.from({ length: BATCH }, frame));
    await session.roundTrip();
  }
}

/** A few are taken; many end the session. */
async function limited(t: Context, session: Session, clause: string, frame: () => Frame): Promise<void> {
  await often(session, FEW, frame);
  await t.breaks(session, clause, () => often(session, MANY, frame).catch(() => {}), TOO_OFTEN);
}

check({
  id: "rate.pings",
  title: "PINGs that come too often end the session, and a few do not",
  covers: ["RATE-001"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const ping = (): Frame => build.ping(1);
    // The round trips are PINGs as well.
    await limited(t, session, "RATE-001", ping);
  },
});

check({
  id: "rate.idle-credit",
  title: "CREDIT that grants next to nothing, too often, ends the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    let limit = session.established.own.channelCredit;
    await limited(t, session, "RATE-002", () => build.credit(0, ++limit));
  },
});

check({
  id: "rate.idle-ack",
  title: "ACK with the count of the one before, too often, ends the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  needs: ["delivery"],
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    await limited(t, session, "RATE-002", () => build.ack(session.receivedCount));
  },
});

check({
  id: "rate.idle-pong",
  title: "PONG that nobody asked for, too often, ends the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    await limited(t, session, "RATE-002", () => build.pong(4_711));
  },
});

check({
  id: "rate.idle-accept",
  title: "ACCEPT that says what the one before said, too often, ends the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const call = await t.peerCalls(session);
    const { stream } = await call.incoming();
    let lagMs = 0;
    await limited(t, session, "RATE-002", () => build.accept(stream, { state: 1, reason: "same", lagMs: lagMs++ % 5 }));
  },
});

check({
  id: "rate.idle-offer",
  title: "OFFER of what is offered already, too often, ends the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const offer = (): Frame => build.offer(OfferMode.add, [{ name: "suite.read", effect: Effect.read }]);
    await limited(t, session, "RATE-002", offer);
  },
});

check({
  id: "rate.idle-goaway",
  title: "GOAWAY with code 0 behind another one, too often, ends the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    // A call under way, so that the drain is not over.
    await t.open(session, { tool: "test.slow", input: { ms: t.ms(10_000) } });
    await limited(t, session, "RATE-002", () => build.goaway({ lastStream: 0 }));
  },
});

check({
  id: "rate.skipped-frames",
  title: "frames that are skipped, too often, end the session",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const strange = (): Frame => ({ type: 0xf0, flags: 0, stream: 0, header: null, body: new Uint8Array(0) });
    await limited(t, session, "RATE-002", strange);
  },
});

check({
  id: "rate.skipped-beside-others",
  title: "frames that are skipped are free beside as many others",
  covers: ["RATE-002"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const strange = (): Frame => ({ type: 0xf0, flags: 0, stream: 0, header: null, body: new Uint8Array(0) });
    // No more than what is at hand whatever a peer holds back as less than a step.
    const [batch, octets] = [15, 300];
    // Two calls, so that neither has arguments that are too long.
    for (const callId of ["c_first", "c_second"]) {
      const stream = session.newStream();
      const header = { tool: "test.echo", callId, deadlineMs: 10_000, content: Content.text };
      session.send(build.open(stream, header, Buffer.alloc(octets, "p"), { more: true }));
      session.useCredit(stream, octets);
      for (let sent = 0; sent < FEW; sent += batch) {
        await session.creditFor(stream, octets * batch);
        session.useCredit(stream, octets * batch);
        const part = (): Frame => build.cont(stream, Buffer.alloc(octets, "p"), { more: true });
        session.send(...Array.from({ length: batch }, () => [part(), strange()]).flat());
        await session.roundTrip();
      }
    }
  },
});

check({
  id: "rate.resets",
  title: "RESET that comes too often ends the session",
  covers: ["RATE-003"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const call = await t.open(session, { tool: "test.echo", input: "over" });
    await call.ended();
    // They crossed with END, for all that anybody can know.
    await limited(t, session, "RATE-003", () => build.reset(call.stream));
  },
});

check({
  id: "rate.credit-for-ended-streams",
  title: "CREDIT for a stream that is over counts as RESET does",
  covers: ["RATE-003"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const call = await t.open(session, { tool: "test.echo", input: "over" });
    await call.ended();
    let limit = 10_000_000;
    await limited(t, session, "RATE-003", () => build.credit(call.stream, (limit += 100_000)));
  },
});

check({
  id: "rate.data-for-ended-streams",
  title: "DATA with little in it for a stream that is over counts as RESET does",
  covers: ["RATE-003"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const call = await t.open(session, { tool: "test.no-such-tool", input: "over" });
    await call.ended();
    await limited(t, session, "RATE-003", () => build.cont(call.stream, Buffer.from("late")));
  },
});

check({
  id: "rate.short-fragments",
  title: "DATA with MORE and little of a body, too often, ends the session",
  covers: ["RATE-004.1"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session(FEW_STREAMS);
    const stream = session.newStream();
    const header = { tool: "test.echo", callId: "c_crumbs", deadlineMs: 10_000, content: Content.text };
    session.send(build.open(stream, header, Buffer.from("crumb"), { more: true }));
    await limited(t, session, "RATE-004.1", () => build.cont(stream, Buffer.from("crumb"), { more: true }));
  },
});
