/**
 * What waits for nothing, and what leaves together.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import { stating } from "../flow/support.ts";
import * as build from "../../wire/build.ts";

check({
  id: "chan.pong-waits-for-no-credit",
  title: "PONG does not wait while bodies wait for credit",
  covers: ["CHAN-007.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await t.session(stating({ streamCredit: 1_024, channelCredit: 1_024 }));
    session.automatic.credit = false;
    const blocked = await t.open(session, { tool: "test.echo", input: "x".repeat(20_000) });
    await session.channel.take("end", ({ stream, more }) => stream === blocked.stream && more);
    const items = await t.open(session, { tool: "test.stream", input: { items: 9, size: 900 } });
    await session.channel.take("data", ({ stream }) => stream === items.stream);
    await session.roundTrip({ within: 1_000 });
    t.expect(!blocked.inbound.over && !items.inbound.over, "Bodies were sent without credit.", "FLOW-001.2");
  },
});

check({
  id: "chan.waits-for-no-room",
  title: "PONG, ACK and CREDIT do not wait for room in replay",
  covers: ["CHAN-007.1"],
  role: "both",
  limits: "small",
  needs: ["delivery", "credit"],
  async run(t) {
    const session = await t.session();
    const full = await t.open(session, { tool: "test.stream", input: { items: 30, size: 3_000 } });
    session.automatic.ack = false;
    // It sends until what is not acknowledged is as much as its replay holds.
    await full.item();
    let before = -1;
    while (before !== session.receivedCount) {
      before = session.receivedCount;
      await session.roundTrip({ within: 1_000 });
      await session.roundTrip({ within: 1_000 });
    }
    t.expect(!full.inbound.over, "It keeps more than its replay: all items came.", "DELIV-004");
    // Arguments longer than the credit of a stream need CREDIT, and then ACK comes within 250 ms.
    await t.open(session, { tool: "test.echo", input: "y".repeat(30_000) });
    const sent = session.sent.length;
    while (session.acknowledged < sent) {
      await session.channel.take("ack", ({ received }) => received >= sent, { within: 1_500 });
    }
  },
});

check({
  id: "chan.reset-waits-for-no-credit",
  title: "RESET does not wait while the arguments that it gives up wait for credit",
  covers: ["CHAN-007.2"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const session = await t.session(stating({ streamCredit: 4_096 }));
    session.automatic.credit = false;
    const call = await t.peerCalls(session, { input: "x".repeat(30_000) });
    const incoming = await call.incoming();
    await session.roundTrip();
    t.expect(incoming.opened.inbound.octets <= 4_096, "The arguments were sent without credit.", "FLOW-001.2");
    call.cancel();
    await incoming.cancelled({ within: 1_500 });
  },
});

check({
  id: "chan.frames-leave-together",
  title: "answers that are made together leave in few messages",
  covers: ["CHAN-006.1"],
  role: "both",
  level: "should",
  async run(t) {
    const session = await t.session();
    const calls = 40;
    const opens = Array.from({ length: calls }, (_, index) =>
      build.open(session.newStream(), { tool: "test.echo", callId: `c_${index}`, deadlineMs: 5_000 }, Buffer.from("1")),
    );
    session.send(...opens);
    const messages = new Set<number>();
    for (let ended = 0; ended < calls; ended++) {
      const { received } = await session.channel.take("end");
      messages.add(received.message);
    }
    t.expect(
      messages.size <= calls / 2,
      `${calls} results of calls that came in one message left in ${messages.size} messages.`,
      "CHAN-006.1",
    );
  },
});
