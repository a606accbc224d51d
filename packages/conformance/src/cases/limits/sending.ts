/**
 * The limits that the suite states: the peer has to keep to them.
 *
 * @module
 */
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { stating } from "../flow/support.ts";

check({
  id: "limit.keeps-to-streams",
  title: "a peer opens no more streams at once than it was told",
  covers: ["LIMIT-001.1"],
  role: "both",
  async run(t) {
    const session = await t.session(stating({ streams: 2 }));
    const first = await t.peerCalls(session, { timeoutMs: t.ms(10_000) });
    const incoming = await first.incoming();
    const second = await t.peerCalls(session, { timeoutMs: t.ms(10_000) });
    await second.incoming();
    const third = await t.peerCalls(session, { timeoutMs: t.ms(10_000) });
    await t.begun(session);
    t.expect(session.opened.entries.length === 0, "A third stream was opened, and the limit is 2.", "LIMIT-001.1");
    await incoming.end("first");
    await (await third.incoming()).end("third");
    t.equal((await third.settled()).value, "third", "The result of the call that waited", "LIMIT-001.1");
  },
});

check({
  id: "limit.keeps-to-message",
  title: "a peer sends no body longer than it was told",
  covers: ["LIMIT-001.1"],
  role: "both",
  async run(t) {
    const session = await t.session(stating({ message: 4_096 }));
    const call = await t.open(session, { tool: "test.echo", input: "m".repeat(20_000) });
    const { ok, outcome } = await call.ended();
    t.expect(call.inbound.octets <= 4_096, "A result longer than the limit was sent.", "LIMIT-001.1");
    t.equal({ ok, outcome }, { ok: false, outcome: "completed" }, "The END of a call whose result is too long");
    const small = await t.open(session, { tool: "test.echo", input: "m".repeat(4_000) });
    t.equal((await small.ended()).ok, true, "Whether a result within the limit came", "LIMIT-001.1");
  },
});

check({
  id: "limit.keeps-items-to-message",
  title: "a peer sends no item and no arguments longer than it was told",
  covers: ["LIMIT-001.1"],
  role: "both",
  async run(t) {
    const session = await t.session(stating({ message: 4_096 }));
    const stream = await t.open(session, { tool: "test.stream", input: { items: 3, size: 5_000 } });
    t.equal((await stream.ended()).ok, false, "Whether a call with items that are too long succeeded");
    t.expect(stream.inbound.octets <= 4_096, "An item longer than the limit was sent.", "LIMIT-001.1");
    const call = await t.peerCalls(session, { input: "a".repeat(5_000), timeoutMs: t.ms(5_000) });
    const { ok, outcome } = await call.settled();
    t.equal({ ok, outcome }, { ok: false, outcome: "not_started" }, "A call whose arguments are too long");
    t.expect(session.opened.entries.length === 0, "Arguments longer than the limit were sent.", "LIMIT-001.1");
  },
});

check({
  id: "limit.keeps-to-assembling",
  title: "a peer begins no body while those that it has begun leave no room for it",
  covers: ["LIMIT-001.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const limits = { framePayload: 4_096, message: 40_000, assembling: 65_536, streamCredit: 8_192 };
    const session = await t.session(stating(limits));
    session.automatic.credit = false;
    const streams: number[] = [];
    for (let calls = 0; calls < 4; calls++) {
      const call = await t.open(session, { tool: "test.echo", input: "a".repeat(30_000) });
      streams.push(call.stream);
    }
    // Each has credit to begin, and not enough to end.
    await begunWithin(t, session, { streams, least: 2, most: 2 });
    // The first of those that have begun becomes whole, and makes room for another.
    const [whole] = streams.filter((stream) => session.inbound(stream).bodyFrames > 0);
    session.grant(whole ?? 0, 100_000);
    await begunWithin(t, session, { streams, least: 3, most: 3 });
    session.automatic.credit = true;
    for (const stream of streams) if (stream !== whole) session.grant(stream, 100_000);
    for (const stream of streams) {
      await session.channel.take("data", (data) => data.stream === stream && data.final);
    }
  },
});

check({
  id: "limit.given-up-until-reset",
  title: "arguments that are given up leave room for others only behind their RESET",
  covers: ["LIMIT-001.1"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const limits = { framePayload: 4_096, message: 40_000, assembling: 65_536, streamCredit: 8_192 };
    const session = await t.session(stating(limits));
    session.automatic.credit = false;
    const input = "a".repeat(30_000);
    const options = { input, timeoutMs: t.ms(10_000) };
    const first = await t.peerCalls(session, options);
    const incoming = await first.incoming();
    await (await t.peerCalls(session, options)).incoming();
    const third = await t.peerCalls(session, options);
    await t.begun(session);
    t.expect(session.opened.entries.length === 0, "Arguments were begun for which there is no room.", "LIMIT-001.1");
    first.cancel();
    const reset = await session.channel.take("reset", ({ stream }) => stream === incoming.stream);
    const next = await third.incoming();
    t.expect(
      next.opened.received.index > reset.received.index,
      "Others were begun in the room of arguments whose RESET was not sent yet.",
      "LIMIT-001.1",
    );
  },
});

async function begunWithin(
  t: Context,
  session: Session,
  { streams, least, most }: { readonly streams: readonly number[]; readonly least: number; readonly most: number },
): Promise<void> {
  const begun = (): number => streams.filter((stream) => session.inbound(stream).bodyFrames > 0).length;
  while (begun() < least) await session.channel.take("end");
  for (let times = 0; times < 4; times++) await session.roundTrip();
  t.expect(begun() <= most, `${begun()} bodies have begun, and there is room for ${most}.`, "LIMIT-001.1");
}
