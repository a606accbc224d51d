/**
 * What each side of a stream may send in which state (STREAM-004, STREAM-005).
 *
 * @module
 */
import type { IncomingCall, OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, Flag, FrameType } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import { beginEcho, bodyFramesOn, holding } from "./support.ts";

const utf8 = new TextEncoder();
const PART = utf8.encode('"part');

/** What the suite as the opener must not send, by the state in which it is. */
const OPENER: Readonly<
  Record<string, { readonly in: "waiting" | "arguments" | "reset"; readonly make: (stream: number) => Frame }>
> = {
  "data-after-arguments": { in: "waiting", make: (stream) => build.cont(stream, PART, { final: true }) },
  "accept-of-the-opener": { in: "waiting", make: (stream) => build.accept(stream) },
  "end-of-the-opener": { in: "waiting", make: (stream) => build.end(stream) },
  "item-of-the-opener": { in: "waiting", make: (stream) => build.item(stream, Content.text, PART) },
  "item-inside-of-arguments": { in: "arguments", make: (stream) => build.item(stream, Content.text, PART) },
  "reset-twice": { in: "reset", make: (stream) => build.reset(stream) },
  "data-after-reset": { in: "reset", make: (stream) => build.cont(stream, PART, { final: true }) },
};

async function openerIn(t: Context, session: Session, state: "waiting" | "arguments" | "reset"): Promise<number> {
  if (state === "waiting") return (await holding(t, session)).stream;
  if (state === "arguments") {
    const stream = session.newStream();
    session.send(beginEcho(session, stream, 40));
    return stream;
  }
  const call: OutgoingCall = await t.open(session, { tool: "test.slow", input: { ms: 5_000, stubborn: true } });
  await call.accepted();
  call.reset();
  return call.stream;
}

for (const [name, { in: state, make }] of Object.entries(OPENER)) {
  check({
    id: `streams.${name}`,
    title: `what the opener of a stream must not send in the state "${state}" ends the session: ${name.replaceAll("-", " ")}`,
    covers: ["STREAM-004"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const stream = await openerIn(t, session, state);
      await t.breaks(session, "STREAM-004", () => session.sendRaw(make(stream)));
    },
  });
}

type ReceiverState = "pending" | "accepted" | "body" | "ending";

/** What the suite as the receiver must not send, by the state in which it is. */
const RECEIVER: Readonly<Record<string, { readonly in: ReceiverState; readonly make: (stream: number) => Frame }>> = {
  "item-before-accept": { in: "pending", make: (stream) => build.item(stream, Content.text, PART) },
  "progress-before-accept": { in: "pending", make: (stream) => build.progress(stream, Content.text, PART) },
  "going-on-with-nothing": { in: "accepted", make: (stream) => build.cont(stream, PART) },
  "reset-of-the-receiver": { in: "accepted", make: (stream) => build.reset(stream) },
  "item-inside-of-an-item": { in: "body", make: (stream) => build.item(stream, Content.text, PART) },
  "end-inside-of-an-item": { in: "body", make: (stream) => build.end(stream) },
  "accept-inside-of-a-result": { in: "ending", make: (stream) => build.accept(stream) },
  "item-inside-of-a-result": { in: "ending", make: (stream) => build.item(stream, Content.text, PART) },
  "end-inside-of-a-result": { in: "ending", make: (stream) => build.end(stream) },
};

function bring(call: IncomingCall, state: ReceiverState): void {
  const { session, stream } = call;
  if (state !== "pending") call.accept();
  if (state === "body") session.send(build.item(stream, Content.text, PART, { more: true }));
  if (state === "ending") session.send(build.end(stream, { content: Content.text }, PART, { more: true }));
}

for (const [name, { in: state, make }] of Object.entries(RECEIVER)) {
  check({
    id: `streams.${name}`,
    title: `what the receiver of a stream must not send in the state "${state}" ends the session: ${name.replaceAll("-", " ")}`,
    covers: ["STREAM-004"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.peerCalls(session, { tool: "suite.stream" });
      const incoming = await call.incoming();
      bring(incoming, state);
      await t.breaks(session, "STREAM-004", () => session.sendRaw(make(incoming.stream)));
    },
  });
}

check({
  id: "streams.accept-inside-of-an-item",
  title: "ACCEPT may come in the middle of an item, and harms neither",
  covers: ["STREAM-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { tool: "suite.stream" });
    const { stream, ...incoming } = await incomingOf(call);
    session.useCredit(stream, 200);
    session.send(build.accept(stream), build.item(stream, Content.text, utf8.encode("one "), { more: true }));
    session.send(build.accept(stream, { state: 4, reason: "somebody else" }));
    session.send(build.cont(stream, utf8.encode("item")));
    await incoming.end("done");
    const settled = await call.settled();
    t.equal(settled.value, "done", "The result");
    const items = t.role === "gateway" ? settled.items : [(await call.event("item"))["value"]];
    t.equal(items, ["one item"], "The items");
  },
});

async function incomingOf(call: {
  incoming(): Promise<IncomingCall>;
}): Promise<{ readonly stream: number; end(value: string): Promise<void> }> {
  const incoming = await call.incoming();
  return { stream: incoming.stream, end: (value) => incoming.end(value) };
}

check({
  id: "streams.reset-inside-of-arguments",
  title: "RESET may come in the middle of arguments, and the call ends without having started",
  covers: ["STREAM-004", "CALL-004"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const stream = session.newStream();
    session.send(beginEcho(session, stream, 40), build.reset(stream));
    const ending = await session.inbound(stream).ended.take(() => true, session.channel.patience(), "END");
    t.equal([ending.end.code, ending.end.outcome], [1, 0], "Code and outcome", "STREAM-004");
    const next = await (await t.open(session, { tool: "test.echo", input: "next" })).ended();
    t.equal(next.value, "next", "The result of the next call", "STREAM-004");
  },
});

check({
  id: "streams.bodies-one-by-one",
  title: "bodies of one stream and direction come one behind the other, each with all of its frames",
  covers: ["STREAM-005"],
  role: "both",
  async run(t) {
    const limits = { framePayload: 1_024, streamCredit: 16_384 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    const call = await t.open(session, { tool: "test.stream", input: { items: 12, size: 3_000 } });
    const ending = await call.ended();
    t.equal(ending.value, { items: 12 }, "The result");
    for (let n = 0; n < 12; n++) t.equal(await call.item(), { n, pad: "x".repeat(3_000) }, `Item ${n}`, "STREAM-005");
    let more = false;
    for (const frame of bodyFramesOn(session, call.stream)) {
      const goesOn = (frame.flags & Flag.cont) !== 0;
      t.expect(goesOn === more, "A body began inside of another one, or went on without one.", "STREAM-005");
      more = (frame.flags & Flag.more) !== 0;
    }
    const cut = bodyFramesOn(session, call.stream).filter((frame) => frame.type === FrameType.data);
    t.expect(cut.length >= 36, "Items of 3,000 octets came in frames of more than 1,024.", "FRAME-001");
  },
});
