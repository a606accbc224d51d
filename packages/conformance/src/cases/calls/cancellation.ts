/**
 * RESET: what is asked for, and what is told (CALL-005).
 *
 * @module
 */
import { newKey, type OutgoingCall } from "../../harness/calls.ts";
import { beginsItem } from "../../harness/streams.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { FrameType } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { resetAndAsk } from "./support.ts";

check({
  id: "calls.cancelled",
  title: "RESET reaches the handler, and END says that the call was cancelled",
  covers: ["CALL-005.1", "CALL-005.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.slow", input: { ms: 60_000 } });
    await call.accepted();
    call.reset();
    const ending = await call.ended();
    t.equal(ending.code, "cancelled", "The code", "CALL-005.1");
    t.expect(
      ending.outcome === "failed" || ending.outcome === "not_started",
      `The outcome is ${ending.outcome}.`,
      "CALL-005.2",
    );
  },
});

check({
  id: "calls.cancelled-once",
  title: "a once call that was broken off by RESET has an outcome that is not known",
  covers: ["CALL-005.1", "CALL-005.2", "ERR-002.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const input = { counter: newKey(), holdMs: 60_000 };
    const call = await t.open(session, { tool: "test.count", key: newKey(), input });
    await call.accepted();
    call.reset();
    const ending = await call.ended();
    endedWith(t, ending, { code: "cancelled", outcome: "unknown", clause: "CALL-005.2" });
  },
});

check({
  id: "calls.completed-all-the-same",
  title: "a call that completes although RESET came ends with its result",
  covers: ["CALL-005.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const code of [1, 4]) {
      const call = await t.open(session, { tool: "test.slow", input: { ms: 150, stubborn: true } });
      await call.accepted();
      call.reset(code);
      const ending = await call.ended();
      if (code === 1) t.equal([ending.code, ending.value], ["ok", "done"], "The ending", "CALL-005.2");
      // With this code the receiver may end the call at once: its deadline is over.
      else
        t.expect(ending.ok || ending.code === "deadline_exceeded", `The call ended with ${ending.code}.`, "CALL-005.2");
    }
  },
});

check({
  id: "calls.no-item-behind-reset",
  title: "no item is begun once RESET was read",
  covers: ["CALL-005.3"],
  role: "both",
  async run(t) {
    // Little credit: items wait for it when RESET comes, and are sent at a pace that anybody can keep up with.
    const limits = { streamCredit: 16_384, channelCredit: 65_536 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    const call = await t.open(session, { tool: "test.stream", input: { items: 0, size: 200, endless: true } });
    for (let n = 0; n < 100; n++) await call.item();
    const pong = await resetAndAsk(session, call.stream);
    const ending = await call.ended();
    t.equal(ending.code, "cancelled", "The code", "CALL-005.1");
    const late = session.channel.frames.entries.filter(
      ({ frame, index }) =>
        index > pong && frame.stream === call.stream && frame.type === FrameType.data && beginsItem(frame),
    );
    t.equal(late.length, 0, "Items that were begun behind RESET", "CALL-005.3");
  },
});

/** A call whose items do not fit into the credit of its stream, which nobody gives more of. */
async function stuck(
  t: Context,
  input: { items: number; size: number; endless?: boolean },
): Promise<{ session: Session; call: OutgoingCall }> {
  const limits = { streamCredit: 4_096, channelCredit: 65_536 };
  const session = await t.session({ hello: { limits }, welcome: { limits } });
  session.automatic.credit = false;
  const call = await t.open(session, { tool: "test.stream", input });
  await call.item();
  // All that there is credit for has come when this has: no item of the size fits any more.
  while (limits.streamCredit - call.inbound.octets >= input.size + 200) await call.item();
  await session.roundTrip();
  return { session, call };
}

check({
  id: "calls.items-that-wait-are-dropped",
  title: "END of a call that is cancelled does not wait behind items for which there is no credit",
  covers: ["CALL-005.4"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const { call } = await stuck(t, { items: 0, size: 1_000, endless: true });
    call.reset();
    const ending = await call.ended();
    t.equal(ending.code, "cancelled", "The code", "CALL-005.4");
  },
});

for (const [code, name] of [
  [1, "cancelled"],
  [4, "deadline_exceeded"],
] as const) {
  check({
    id: `calls.completed-without-items-${name}`,
    title: `a call that completed, and whose items were dropped for RESET, ends with ${name}, completed, and no result`,
    covers: ["CALL-005.4", "CALL-005.5"],
    role: "both",
    needs: ["credit"],
    async run(t) {
      // The handler gives these items and ends without waiting for anybody.
      const { call } = await stuck(t, { items: 20, size: 1_000 });
      call.reset(code);
      const ending = await call.ended();
      endedWith(t, ending, { code: name, outcome: "completed", clause: "CALL-005.5" });
      t.equal(ending.value, undefined, "The result", "CALL-005.5");
      const items = call.inbound.items.entries.length;
      t.expect(items < 20, "Items came for which there was no credit.", "CALL-005.4");
    },
  });
}

check({
  id: "calls.cancelled-and-failed",
  title: "what a call that did not complete ends with stays as it is, although items were dropped",
  covers: ["CALL-005.5"],
  role: "both",
  needs: ["credit"],
  async run(t) {
    const { call } = await stuck(t, { items: 0, size: 1_000, endless: true });
    call.reset();
    endedWith(t, await call.ended(), { code: "cancelled", outcome: "failed", clause: "CALL-005.5" });
  },
});

check({
  id: "calls.others-go-on",
  title: "RESET of one call harms no other",
  covers: ["CALL-005.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const other = await t.open(session, { tool: "test.slow", input: { ms: 200 } });
    const call = await t.open(session, { tool: "test.slow", input: { ms: 60_000 } });
    await call.accepted();
    call.reset();
    await call.ended();
    t.equal((await other.ended()).value, "done", "The result of the other call", "CALL-005.1");
  },
});
