/**
 * The peer as the sender: that it keeps to the credit that it was granted.
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Flag, FrameType } from "../../wire/constants.ts";
import { atMost, stating } from "./support.ts";

/** A session in which the suite grants nothing by itself. */
async function stingy(t: Context, limits: Parameters<typeof stating>[0]): Promise<Session> {
  const session = await t.session(stating(limits));
  session.automatic.credit = false;
  return session;
}

check({
  id: "flow.result-within-credit",
  title: "a result is sent within the credit of its stream, and goes on with CREDIT",
  covers: ["FLOW-001.2", "FLOW-001.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { streamCredit: 4_096 });
    const long = "r".repeat(20_000);
    const call = await t.open(session, { tool: "test.echo", input: long });
    await session.channel.take("end");
    await atMost(t, session, call.stream, { octets: 4_096, clause: "FLOW-001.2" });
    session.grant(call.stream, 9_000);
    await session.channel.take("data");
    await atMost(t, session, call.stream, { octets: 9_000, clause: "FLOW-001.2" });
    session.grant(call.stream, 30_000);
    t.equal((await call.ended()).value === long, true, "Whether the result is whole", "FLOW-001.1");
  },
});

check({
  id: "flow.arguments-within-credit",
  title: "arguments are sent within the credit of their stream",
  covers: ["FLOW-001.2"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { streamCredit: 4_096 });
    const call = await t.peerCalls(session, { input: "a".repeat(20_000) });
    const incoming = await call.incoming();
    await atMost(t, session, incoming.stream, { octets: 4_096, clause: "FLOW-001.2" });
    session.grant(incoming.stream, 8_000);
    await session.channel.take("data");
    await atMost(t, session, incoming.stream, { octets: 8_000, clause: "FLOW-001.2" });
    session.grant(incoming.stream, 40_000);
    t.equal((await incoming.input()) === "a".repeat(20_000), true, "Whether the arguments are whole");
    await incoming.end("done");
  },
});

check({
  id: "flow.items-within-stream",
  title: "items are sent within the credit of their stream, 64 octets more for each",
  covers: ["FLOW-001.1", "FLOW-001.2"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { streamCredit: 2_048 });
    // Small ones, of which the 64 are the most.
    const call = await t.open(session, { tool: "test.stream", input: { items: 500 } });
    await call.item();
    await atMost(t, session, call.stream, { octets: 2_048, clause: "FLOW-001.1" });
    session.grant(call.stream, 10_000);
    await atMost(t, session, call.stream, { octets: 10_000, clause: "FLOW-001.1" });
    t.expect(call.inbound.octets > 9_800, "The credit was not used although items wait.", "FLOW-001.1");
  },
});

check({
  id: "flow.items-within-channel",
  title: "items of all streams are sent within the credit of the channel",
  covers: ["FLOW-002.1", "FLOW-002.2"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { channelCredit: 6_000, streamCredit: 65_536 });
    const first = await t.open(session, { tool: "test.stream", input: { items: 200, size: 100 } });
    const second = await t.open(session, { tool: "test.stream", input: { items: 200, size: 100 } });
    await first.item();
    for (let times = 0; times < 3; times++) await session.roundTrip();
    t.expect(
      session.itemOctets <= 6_000,
      `${session.itemOctets} octets of items came, and the channel has credit for 6000.`,
      "FLOW-002.2",
    );
    session.grant(0, 12_000);
    await second.item();
    for (let times = 0; times < 3; times++) await session.roundTrip();
    t.expect(
      session.itemOctets <= 12_000,
      `${session.itemOctets} octets of items came, and the channel has credit for 12000.`,
      "FLOW-002.2",
    );
    t.expect(session.itemOctets > 11_600, "The channel's credit was not used although items wait.", "FLOW-002.1");
  },
});

check({
  id: "flow.results-need-no-channel",
  title: "results and progress need no credit of the channel",
  covers: ["FLOW-002.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { channelCredit: 1_024, streamCredit: 65_536 });
    const items = await t.open(session, { tool: "test.stream", input: { items: 50, size: 100 } });
    await items.item();
    const echo = await t.open(session, { tool: "test.echo", input: "e".repeat(20_000) });
    t.equal((await echo.ended()).ok, true, "Whether a result came while items wait", "FLOW-002.1");
    const slow = await t.open(session, { tool: "test.slow", input: { ms: 1, progress: 3 } });
    await slow.progress();
    t.equal((await slow.ended()).value, "done", "The result behind progress", "FLOW-002.1");
  },
});

check({
  id: "flow.begins-when-enough",
  title: "a body longer than the credit at hand is not begun before that is enough",
  covers: ["FLOW-008"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const size = 3_000;
    const session = await stingy(t, { streamCredit: 8_192 });
    const call = await t.open(session, { tool: "test.stream", input: { items: 5, size } });
    await call.item();
    const { octets } = await call.inbound.items.take(() => true, t.ms(4_000), "the second item");
    for (let times = 0; times < 3; times++) await session.roundTrip();
    // Two are there; what is left is less than a third one, and less than half a window.
    const taken = call.inbound.octets;
    t.expect(
      call.inbound.bodyFrames === 2,
      `An item of ${octets.length} octets was begun with ${8_192 - taken} octets of credit at hand.`,
      "FLOW-008",
    );
    session.grant(call.stream, taken + octets.length);
    await session.roundTrip();
    t.expect(
      call.inbound.bodyFrames === 2,
      `An item was begun with ${octets.length} octets of credit at hand, and it counts for ${octets.length + 64}.`,
      "FLOW-008",
    );
    session.grant(call.stream, taken + octets.length + 64 + 8);
    await call.item();
  },
});

check({
  id: "flow.begins-when-channel-enough",
  title: "an item longer than the channel's credit at hand is not begun before that is enough",
  covers: ["FLOW-008"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { streamCredit: 65_536, channelCredit: 8_192 });
    const call = await t.open(session, { tool: "test.stream", input: { items: 5, size: 3_000 } });
    await call.item();
    await call.item();
    for (let times = 0; times < 3; times++) await session.roundTrip();
    t.expect(
      call.inbound.bodyFrames === 2,
      `An item was begun with ${8_192 - session.itemOctets} octets of the channel's credit at hand.`,
      "FLOW-008",
    );
    session.grant(0, session.itemOctets + 8_192);
    await call.item();
  },
});

check({
  id: "flow.no-crumbs",
  title: "a body is not cut into small pieces because credit comes in small pieces",
  covers: ["FLOW-008.should"],
  role: "both",
  level: "should",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { streamCredit: 8_192 });
    const call = await t.open(session, { tool: "test.echo", input: "c".repeat(20_000) });
    await session.channel.take("end");
    for (let limit = 8_300; limit < 20_000; limit += 300) {
      session.grant(call.stream, limit);
      await session.roundTrip();
    }
    session.grant(call.stream, 40_000);
    await call.ended();
    const crumbs = session.channel.frames.entries.filter(
      ({ frame }) => frame.type === FrameType.data && (frame.flags & Flag.more) !== 0 && frame.body.length < 1_024,
    );
    t.expect(
      crumbs.length === 0,
      `${crumbs.length} frames with MORE have less than 1 KiB of a body.`,
      "FLOW-008.should",
    );
  },
});

check({
  id: "rate.cuts-no-crumbs",
  title: "no frame with MORE has less than 256 octets of a body, however small the grants are",
  covers: ["RATE-004.2"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await stingy(t, { streamCredit: 8_192 });
    const call = await t.open(session, { tool: "test.echo", input: "c".repeat(12_000) });
    await session.channel.take("end");
    for (let limit = 8_200; limit < 10_000; limit += 60) {
      session.grant(call.stream, limit);
      await session.roundTrip();
    }
    session.grant(call.stream, 20_000);
    await call.ended();
    const crumbs = session.channel.frames.entries.filter(
      ({ frame }) => frame.type === FrameType.data && (frame.flags & Flag.more) !== 0 && frame.body.length < 256,
    );
    t.expect(crumbs.length === 0, `${crumbs.length} frames with MORE have less than 256 octets.`, "RATE-004.2");
  },
});

check({
  id: "flow.large-bodies-make-room",
  title: "a large body that is not acknowledged does not keep small ones waiting",
  covers: ["FLOW-009"],
  role: "both",
  level: "should",
  needs: ["credit", "delivery"],
  async run(t) {
    const session = await t.session(stating({ streamCredit: 8_388_608 }));
    session.automatic.ack = false;
    const large = await t.open(session, { tool: "test.echo", input: "b".repeat(3_000_000) });
    await session.channel.take("end");
    await session.roundTrip();
    await session.roundTrip();
    const arrived = large.inbound.octets;
    t.expect(
      arrived < 1_500_000,
      `${arrived} octets of a large body came although none were acknowledged.`,
      "FLOW-009",
    );
    const small = await t.open(session, { tool: "test.echo", input: "small" });
    t.equal((await small.ended()).value, "small", "What a small call answers meanwhile", "FLOW-009");
    session.automatic.ack = true;
    session.acknowledge();
    t.equal((await large.ended()).ok, true, "Whether the large result came", "FLOW-009");
  },
});
