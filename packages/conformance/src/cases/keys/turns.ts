/**
 * A caller that tries again within a turn after it was told that nobody knows (KEY-010).
 *
 * @module
 */
import { newKey } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import type { PeerCallOptions } from "../../suite/driven.ts";
import { Code, Outcome, type OutcomeName } from "../../wire/constants.ts";
import type { Value } from "../../wire/body.ts";

interface Attempt {
  /** The key of OPEN. */
  readonly key: string | undefined;
  /** Ends it; what the application was told. */
  end(
    outcome: OutcomeName | "ok",
  ): Promise<{ readonly code: string | undefined; readonly outcome: string | undefined }>;
}

/** A call of `suite.once` that the peer's application makes. */
async function attempt(t: Context, session: Session, options: PeerCallOptions): Promise<Attempt> {
  const call = await t.peerCalls(session, { tool: "suite.once", ...options });
  const incoming = await call.incoming();
  incoming.accept();
  return {
    key: incoming.open.key,
    end: async (outcome) => {
      if (outcome === "ok") await incoming.end("done");
      else incoming.fail({ code: Code.aborted, outcome: Outcome[outcome], message: "as the case wants it" });
      const told = await call.settled();
      return { code: told.ok ? "ok" : told.code, outcome: told.outcome };
    },
  };
}

const INPUT: Value = { to: "somebody", of: [1, 2, { a: null }] };

for (const given of [false, true]) {
  check({
    id: `keys.tries-again-${given ? "with" : "without"}-a-key`,
    title: `within a turn a call ${given ? "with a key of its own" : "without a key"} that repeats one whose outcome is unknown takes that one's key`,
    covers: ["KEY-010.1"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const turn = `turn-${newKey()}`;
      const first = await attempt(t, session, { turn, input: INPUT });
      t.expect(first.key !== undefined, "The call of a once tool has no key.", "KEY-010.1");
      t.equal((await first.end("unknown")).outcome, "unknown", "What the application was told");
      const key = given ? { key: newKey() } : {};
      // The same value, in another order.
      const second = await attempt(t, session, { turn, input: { of: [1, 2, { a: null }], to: "somebody" }, ...key });
      t.equal(second.key, first.key, "The key of the second call", "KEY-010.1");
      // Unknown again: a report again.
      await second.end("unknown");
      const third = await attempt(t, session, { turn, input: INPUT, ...key });
      t.equal(third.key, first.key, "The key of the third call", "KEY-010.1");
      t.equal((await third.end("ok")).code, "ok", "What the application was told");
      const fourth = await attempt(t, session, { turn, input: INPUT });
      t.expect(fourth.key !== first.key, "A report was taken up twice.", "KEY-010.1");
      await fourth.end("ok");
    },
  });
}

check({
  id: "keys.one-repetition-for-a-report",
  title: "each report is taken up by one call, and those made before it keep keys of their own",
  covers: ["KEY-010.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const turn = `turn-${newKey()}`;
    const first = await attempt(t, session, { turn, input: INPUT });
    const before = await attempt(t, session, { turn, input: INPUT });
    t.expect(before.key !== first.key, "Two calls at once have one key.", "KEY-010.1");
    await first.end("unknown");
    const second = await attempt(t, session, { turn, input: INPUT });
    const third = await attempt(t, session, { turn, input: INPUT });
    t.equal(second.key, first.key, "The key of the call that takes the report up", "KEY-010.1");
    t.expect(third.key !== first.key && third.key !== before.key, "A report was taken up twice.", "KEY-010.1");
    for (const call of [before, second, third]) t.equal((await call.end("ok")).code, "ok", "What was told");
  },
});

check({
  id: "keys.other-calls-keep-theirs",
  title: "other arguments, another turn, no turn, and calls that failed otherwise take nobody's key",
  covers: ["KEY-010.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const turn = `turn-${newKey()}`;
    const first = await attempt(t, session, { turn, input: INPUT });
    await first.end("unknown");
    const others: readonly PeerCallOptions[] = [
      { turn, input: { to: "somebody else" } },
      { turn: `${turn}-other`, input: INPUT },
      { input: INPUT },
    ];
    for (const other of others) {
      const call = await attempt(t, session, other);
      t.expect(call.key !== first.key, "A call that is no repetition took the key.", "KEY-010.1");
      await call.end("ok");
    }
    for (const outcome of ["not_started", "failed", "completed"] as const) {
      const input = { outcome };
      const one = await attempt(t, session, { turn, input });
      await one.end(outcome);
      const next = await attempt(t, session, { turn, input });
      t.expect(next.key !== one.key, `A call that ended ${outcome} was taken for unknown.`, "KEY-010.1");
      await next.end("ok");
    }
  },
});

check({
  id: "keys.repetition-is-not-not-started",
  title: "a repetition that was not started is reported as unknown, since the first call may have run",
  covers: ["KEY-010.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const turn = `turn-${newKey()}`;
    const first = await attempt(t, session, { turn, input: INPUT });
    await first.end("unknown");
    const second = await attempt(t, session, { turn, input: INPUT });
    t.equal((await second.end("not_started")).outcome, "unknown", "The outcome that was told", "KEY-010.2");
    const third = await attempt(t, session, { turn, input: INPUT });
    t.equal(third.key, first.key, "The key of the call behind that", "KEY-010.1");
    t.equal((await third.end("ok")).code, "ok", "What the application was told");
  },
});

check({
  id: "keys.tries-again-in-the-next-session",
  title: "a report holds also in the session that a client opens in place of the one it had",
  covers: ["KEY-010.1"],
  role: "client",
  async run(t) {
    const session = await t.session();
    const turn = `turn-${newKey()}`;
    const first = await attempt(t, session, { turn, input: INPUT });
    await first.end("unknown");
    session.channel.socket.cut();
    const channel = await t.nextSocket(session.channel, "next");
    const next = await t.sessionAsGateway(channel, { welcome: { notResumed: "The case wants a new one." } });
    const second = await attempt(t, next, { turn, input: INPUT });
    t.equal(second.key, first.key, "The key of the second call", "KEY-010.1");
    await second.end("ok");
  },
});
