/**
 * What a peer holds for others, who gets how much of it, and what a lost channel changes.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import type { OutgoingCall } from "../../harness/calls.ts";
import { gatewayHandshake } from "../../harness/handshake.ts";
import type { Session } from "../../harness/session.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, Priority } from "../../wire/constants.ts";
import { stating, windowOf } from "./support.ts";

/** The END of a call that was not taken because too much is held. */
async function refused(t: Context, call: OutgoingCall, clause: string): Promise<void> {
  const { code, outcome, retryAfterMs } = await call.ended();
  t.equal(
    { code, outcome },
    { code: "resource_exhausted", outcome: "not_started" },
    "The END of one call more",
    clause,
  );
  t.expect(retryAfterMs !== undefined, "END has no retry-after.", clause);
}

check({
  id: "flow.unsent-answers",
  title: "a call is refused while too much waits to be written, and taken again afterwards",
  covers: ["FLOW-010"],
  role: "both",
  limits: "small",
  needs: ["credit"],
  async run(t) {
    const session = await t.session(stating({ streamCredit: 1_024, channelCredit: 1_024 }));
    session.automatic.credit = false;
    // Items that wait for credit, twice as many octets as may wait; each call has one more than that at most.
    const waiting: OutgoingCall[] = [];
    for (let calls = 0; calls < 4; calls++) {
      waiting.push(await t.open(session, { tool: "test.stream", input: { items: 20, size: 30_000 } }));
      await session.roundTrip();
    }
    await session.roundTrip();
    await refused(t, await t.open(session, { tool: "test.echo", input: "one more" }), "FLOW-010");
    for (const call of waiting) {
      call.reset();
      await call.ended();
    }
    const after = await t.open(session, { tool: "test.echo", input: "after" });
    t.equal((await after.ended()).value, "after", "What a call answers when nothing waits", "FLOW-010");
  },
});

check({
  id: "flow.held-arguments",
  title: "a call is refused whose arguments would be too much beside those that are held, and taken when they are not",
  covers: ["FLOW-012.1", "FLOW-012.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const hang = (octets: number, meta?: Readonly<Record<string, string>>): Promise<OutgoingCall> =>
      t.open(session, { tool: "test.fail", input: { how: "hang", message: "h".repeat(octets) }, meta });
    const first = await hang(30_000);
    const second = await hang(30_000);
    await second.accepted();
    await refused(t, await hang(30_000), "FLOW-012.2");
    // Little ones count for nothing.
    const little = await t.open(session, { tool: "test.echo", input: "little" });
    t.equal((await little.ended()).value, "little", "What a call with small arguments answers", "FLOW-012.2");
    first.reset();
    await first.ended();
    const third = await hang(30_000);
    await third.accepted();
    for (const call of [second, third]) {
      call.reset();
      await call.ended();
    }
  },
});

check({
  id: "flow.held-meta",
  title: "meta counts with the arguments that are held",
  covers: ["FLOW-012.1"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const held = await t.open(session, {
      tool: "test.fail",
      input: { how: "hang", message: "h".repeat(63_500) },
    });
    await held.accepted();
    const meta = { a: "m".repeat(1_000), b: "m".repeat(1_000), c: "m".repeat(1_000) };
    await refused(t, await t.open(session, { tool: "test.echo", input: "x", meta }), "FLOW-012.1");
    held.reset();
    await held.ended();
  },
});

check({
  id: "flow.held-by-one-alone",
  title: "arguments and meta beyond the limit are taken where none are held",
  covers: ["FLOW-012.2"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const meta = { a: "m".repeat(1_000), b: "m".repeat(1_000), c: "m".repeat(1_000) };
    const call = await t.open(session, { tool: "test.echo", input: "x".repeat(64_000), meta });
    t.equal((await call.ended()).ok, true, "Whether it was taken", "FLOW-012.2");
  },
});

/** Three calls that never end, one of each priority, of which the suite reads by turns until so many items came. */
async function compete(t: Context, items: number): Promise<readonly number[]> {
  const session = await t.session(stating({ channelCredit: 65_536, streamCredit: 131_072 }));
  const calls: OutgoingCall[] = [];
  const input = { items: 100_000, size: 2_000 };
  for (const priority of [Priority.interactive, Priority.normal, Priority.bulk]) {
    calls.push(await t.open(session, { tool: "test.stream", input, priority }));
  }
  // All three wait from here on.
  for (const call of calls) await call.item();
  const before = calls.map(({ inbound }) => inbound.octets);
  await waitForItems(session, items * 2_100);
  const octets = calls.map(({ inbound }, index) => inbound.octets - (before[index] ?? 0));
  for (const call of calls) call.reset();
  t.note(`octets by priority: ${octets.join(", ")}`);
  return octets;
}

async function waitForItems(session: Session, octets: number): Promise<void> {
  const until = session.itemOctets + octets;
  while (session.itemOctets < until) await session.channel.take("data");
}

check({
  id: "flow.nobody-starves",
  title: "calls of a lower priority go on while ones of a higher priority have more to send than there is credit",
  covers: ["FLOW-011"],
  role: "both",
  alone: true,
  needs: ["credit"],
  async run(t) {
    const octets = await compete(t, 400);
    for (const [priority, octetsOf] of octets.entries()) {
      t.expect(octetsOf > 0, `A call of priority ${priority} got nothing while others went on.`, "FLOW-011");
    }
  },
});

check({
  id: "flow.priorities-share",
  title: "priorities share what is written by about 16 to 4 to 1",
  covers: ["FLOW-011.should"],
  role: "both",
  alone: true,
  level: "should",
  needs: ["credit"],
  async run(t) {
    const [interactive = 0, normal = 0, bulk = 0] = await compete(t, 500);
    t.expect(
      interactive > normal * 2 && normal > bulk * 2,
      `Interactive, normal and bulk got ${interactive}, ${normal} and ${bulk} octets.`,
      "FLOW-011.should",
    );
  },
});

check({
  id: "flow.says-again-after-resume",
  title: "what was granted is said again when the session is resumed, and a body goes on where it was",
  covers: ["FLOW-007"],
  role: "both",
  limits: "small",
  needs: ["credit", "delivery"],
  async run(t) {
    const session = await t.session();
    const { streamCredit } = session.established.peer;
    const step = Math.ceil(windowOf(streamCredit).step);
    const stream = session.newStream();
    const header = { tool: "test.echo", callId: "c_again", deadlineMs: 10_000, content: Content.text };
    const open = build.open(stream, header, Buffer.alloc(step, "s"), { more: true });
    session.send(open);
    await session.roundTrip();
    const granted = session.grantOf(stream) ?? 0;
    t.expect(granted > streamCredit, "No CREDIT came for a step.", "FLOW-006");
    session.channel.socket.cut();
    await resumed(t, session);
    const again = await session.channel.take("credit", (credit) => credit.stream === stream);
    t.expect(again.limit >= granted, `CREDIT says ${again.limit} now, and said ${granted} before.`, "FLOW-007");
    session.send(build.cont(stream, Buffer.alloc(1_000, "s"), { final: true }));
    await session.channel.take("end", (end) => end.stream === stream);
    await session.roundTrip();
    t.equal(session.inbound(stream).octets, step + 1_000, "The octets that came back");
  },
});

/** The session goes on with another channel, whichever side dials. */
async function resumed(t: Context, session: Session): Promise<void> {
  if (t.role === "gateway") {
    await t.resume(session);
    session.acknowledge();
    return;
  }
  const channel = await t.nextSocket(session.channel, "resumed");
  await gatewayHandshake(channel, {
    audience: t.audience,
    challenge: t.ownEndpoint,
    session: { id: session.id, resumedFrom: session.receivedCount },
  });
  session.move(channel);
}
