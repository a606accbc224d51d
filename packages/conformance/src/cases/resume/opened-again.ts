/**
 * What becomes of a client's calls where its session was not resumed (RESUME-008).
 *
 * @module
 */
import type { IncomingCall } from "../../harness/calls.ts";
import { gatewayHandshake } from "../../harness/handshake.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import { SUITE_TOOLS, type Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Code, Outcome } from "../../wire/constants.ts";
import { pause } from "../support.ts";
import { cut, lasting } from "./support.ts";

/** The client has lost its connection, and is granted another session than the one that it asks for. */
async function anotherSession(t: Context, session: Session): Promise<Session> {
  await cut(session);
  const channel = await t.nextSocket(session.channel, "another session");
  const { established } = await gatewayHandshake(channel, {
    audience: t.audience,
    challenge: t.ownEndpoint,
    notResumed: "no such session stands",
  });
  const next = t.adopt(channel, established);
  next.send(build.offer(0, SUITE_TOOLS));
  return next;
}

/** The next OPEN that the client sends in a session. */
async function opened(session: Session): Promise<{
  readonly callId: string;
  readonly key: string | undefined;
  readonly call: IncomingCall["open"];
  readonly stream: number;
}> {
  const { open, stream } = await session.opened.take(() => true, session.channel.patience(), "OPEN, again");
  return { callId: open.callId, key: open.key, call: open, stream };
}

check({
  id: "resume.opens-again",
  title:
    "a client opens its unfinished calls again in the new session, with their keys and what is left of their deadlines",
  covers: ["RESUME-008.should"],
  role: "client",
  level: "should",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await t.peerCalls(session, { tool: "suite.once", input: { n: 1 }, timeoutMs: t.ms(20_000) });
    const first = await call.incoming();
    first.accept();
    await session.roundTrip();
    await pause(t, 100);
    const next = await anotherSession(t, session);
    const again = await opened(next);
    t.equal(again.callId, first.open.callId, "The id of the call that was opened again", "CALL-018");
    t.expect(first.open.key !== undefined, "A call of a once tool has no key.");
    t.equal(again.key, first.open.key, "The key of the call that was opened again", "RESUME-008.should");
    const [before = 0, left = 0] = [first.open.deadlineMs, again.call.deadlineMs];
    t.expect(left < before && left > 0, `The deadline was ${before} ms, and is ${left} ms now.`, "RESUME-008.should");
    next.send(build.end(again.stream));
    t.equal((await call.settled()).ok, true, "Whether the call ended well", "RESUME-008.should");
  },
});

check({
  id: "resume.opens-none-again-with-items",
  title: "a client does not open a call again of which it has given items to its application",
  covers: ["RESUME-008.1"],
  role: "client",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await t.peerCalls(session, { tool: "suite.stream" });
    const incoming = await call.incoming();
    incoming.accept();
    await incoming.item({ n: 0 });
    await call.event("item");
    const next = await anotherSession(t, session);
    const settled = await call.settled();
    t.equal(settled.ok, false, "Whether the call ended well", "RESUME-008.1");
    t.expect(
      settled.outcome !== "not_started",
      "A call whose items were read is said not to have started.",
      "ERR-002.1",
    );
    await next.roundTrip();
    t.equal(next.opened.entries.length, 0, "The calls that were opened again", "RESUME-008.1");
  },
});

check({
  id: "resume.opens-again-without-items",
  title: "a call of a tool with items of which none has come is opened again like any other",
  covers: ["RESUME-008.should"],
  role: "client",
  level: "should",
  needs: ["delivery"],
  async run(t) {
    const session = await lasting(t);
    const call = await t.peerCalls(session, { tool: "suite.stream" });
    (await call.incoming()).accept();
    const next = await anotherSession(t, session);
    const again = await opened(next);
    next.send(build.end(again.stream));
    t.equal((await call.settled()).ok, true, "Whether the call ended well", "RESUME-008.should");
  },
});

/** Ways in which a call that was opened again is not taken this time. */
const UNTAKEN: readonly (readonly [name: string, untake: (next: Session, stream: number) => void])[] = [
  [
    "END-resource_exhausted",
    (next, stream) => {
      const { resource_exhausted: code } = Code;
      const outcome = Outcome.not_started;
      next.send(build.end(stream, { code, outcome, message: "too many calls", retryable: true, retryAfterMs: 1 }));
    },
  ],
  [
    "GOAWAY-with-a-code",
    (next) => {
      next.send(build.goaway({ code: Code.permission_denied, lastStream: 0, message: "not any more" }));
    },
  ],
];

for (const [name, untake] of UNTAKEN) {
  check({
    id: `resume.claims-no-start-${name.toLowerCase()}`,
    title: `a client does not say of a call that was under way before, and was not taken when it was opened again, that it did not start: ${name}`,
    covers: ["RESUME-008.2"],
    role: "client",
    needs: ["delivery"],
    async run(t) {
      const session = await lasting(t);
      const call = await t.peerCalls(session, { tool: "suite.once", input: { n: 1 } });
      (await call.incoming()).accept();
      await session.roundTrip();
      const next = await anotherSession(t, session);
      const { stream } = await opened(next);
      untake(next, stream);
      const { ok, outcome } = await call.settled();
      t.equal([ok, outcome], [false, "unknown"], "How the call ended, and its outcome", "RESUME-008.2");
    },
  });
}
