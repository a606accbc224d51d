/**
 * What a sender makes of values: which content it chooses, and what it refuses (CONT-001, CONT-002, CONT-004).
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { encodeAs, type Value } from "../../wire/body.ts";
import { Content, FrameType } from "../../wire/constants.ts";
import { offered } from "../keys/support.ts";

const octets = new Uint8Array([0, 255, 128]);

/** A value for each content, and one with everything in it. */
const VALUES: readonly Value[] = [
  null,
  [1, -1, 0.5, true, "a", { b: null }],
  " text\n",
  "",
  octets,
  new Uint8Array(0),
  { a: octets, b: [octets] },
];

check({
  id: "content.every-content",
  title: "JSON, MessagePack, text and octets are taken, and each value comes back as it was",
  covers: ["CONT-002.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const input of VALUES) {
      const call = await openCall(session, { tool: "test.echo", input });
      const ending = await call.ended();
      t.equal(ending.code, "ok", "The code of test.echo", "CONT-002.2");
      t.equal(ending.value, input, "What test.echo gave", "CONT-002.2");
    }
    for (const content of [Content.json, Content.msgpack]) {
      const call = await openCall(session, { tool: "test.echo", input: "a string", content });
      t.equal((await call.ended()).value, "a string", "What test.echo gave", "CONT-002.2");
    }
    const nothing = await openCall(session, { tool: "test.echo" });
    t.equal((await nothing.ended()).value, undefined, "What test.echo gave for nothing", "CONT-002.2");
  },
});

/** Contents of the bodies that arrived. */
function contentsOf(session: Session): number[] {
  return session.channel.frames.entries.flatMap(({ frame }) => {
    const at = frame.type === FrameType.open ? 5 : 1;
    const hasBody = frame.type === FrameType.open || frame.type === FrameType.data || frame.type === FrameType.end;
    const content = hasBody ? frame.header?.[at] : undefined;
    return typeof content === "number" ? [content] : [];
  });
}

async function listing(t: Context, contents: readonly number[]): Promise<Session> {
  return t.session({ hello: { contents }, welcome: { contents } });
}

check({
  id: "content.listed-only",
  title: "nothing comes in MessagePack where the receiver has not listed it, whatever else is known",
  covers: ["CONT-002.1"],
  role: "both",
  async run(t) {
    const session = await listing(t, [Content.json, Content.text, Content.bytes]);
    for (const input of VALUES.slice(0, -1)) {
      const call = await openCall(session, { tool: "test.echo", input });
      t.equal((await call.ended()).value, input, "What test.echo gave", "CONT-002.1");
    }
    const call = await openCall(session, { tool: "test.echo", input: { a: octets } });
    const ending = await call.ended();
    t.expect(
      !ending.ok,
      "A value with octets inside came back to somebody who does not take MessagePack.",
      "CONT-002.1",
    );
    const unlisted = contentsOf(session).filter((content) => content === Content.msgpack);
    t.equal(unlisted, [], "Bodies in MessagePack", "CONT-002.1");
    await session.roundTrip();
  },
});

check({
  id: "content.arguments-listed-only",
  title: "a call with octets inside of its arguments fails at its caller where the receiver takes no MessagePack",
  covers: ["CONT-002.1"],
  role: "both",
  async run(t) {
    const session = await listing(t, [Content.json, Content.text, Content.bytes]);
    const call = await t.peerCalls(session, { input: { a: octets } });
    const settled = await call.settled();
    t.equal([settled.ok, settled.outcome], [false, "not_started"], "How the call ended", "CONT-002.1");
    t.equal(session.opened.entries.length, 0, "The calls that arrived", "CONT-002.1");
  },
});

check({
  id: "content.unlisted-but-known",
  title: "JSON, text and octets are taken as results also by a peer that was told of none",
  covers: ["CONT-002.2"],
  role: "both",
  async run(t) {
    const session = await listing(t, []);
    // What a gateway's test.call has to tell of octets would have them inside, which it cannot say here.
    const inputs: readonly Value[] = t.role === "gateway" ? ["text", { a: 1 }] : ["text", octets, { a: 1 }];
    for (const input of inputs) {
      const call = await t.peerCalls(session, {});
      const incoming = await call.incoming();
      await incoming.end(input);
      const settled = await call.settled();
      t.equal(settled.value, input, "The result that the application was given", "CONT-002.2");
    }
  },
});

check({
  id: "content.numbers-refused",
  title: "NaN and infinities are refused where they are given, and nothing is sent",
  covers: ["CONT-001"],
  role: "client",
  async run(t) {
    const session = await t.session();
    await refusesNumbers(t, session);
    t.equal(session.opened.entries.length, 0, "The calls that arrived", "CONT-001");
  },
});

async function refusesNumbers(t: Context, session: Session): Promise<void> {
  for (const number of ["NaN", "Infinity", "-Infinity"]) {
    const call = await t.peerCalls(session, { input: { deep: [{ at: { $number: number } }] } });
    const arrives = call.incoming().then((incoming) => incoming.input());
    const settled = await Promise.race([call.settled(), arrives.then((value) => ({ arrived: value }))]);
    if ("arrived" in settled) {
      const understood = !JSON.stringify(settled.arrived).includes("$number");
      t.expect(!understood, `${number} arrived as ${JSON.stringify(settled.arrived)}.`, "CONT-001");
      throw new Unsupported('The client under test does not know {"$number": ...} on its lines.');
    }
    arrives.catch(() => {});
    t.equal([settled.ok, settled.outcome], [false, "not_started"], `How a call with ${number} ended`, "CONT-001");
    t.expect(/deep/.test(settled.message ?? ""), `The message does not say where ${number} is.`, "CONT-001");
  }
}

check({
  id: "content.result-refused",
  title: "a result that no content can hold is refused by the side that has it, and not sent as something else",
  covers: ["CONT-001", "CALL-012"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const ending = offered(await (await openCall(session, { tool: "test.nan", input: {} })).ended(), "test.nan");
    t.expect(!ending.ok, `NaN arrived as ${JSON.stringify(ending.value)}.`, "CONT-001");
    t.equal([ending.code, ending.outcome], ["internal", "completed"], "Code and outcome", "CALL-012");
  },
});

/** So many arrays, one inside the other. */
function nested(levels: number): Value {
  let value: Value = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

check({
  id: "content.own-depth",
  title: "a value that is nested deeper than 64 is refused by its sender, and never sent",
  covers: ["CONT-004.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    if (t.role === "client") {
      const call = await t.peerCalls(session, { input: nested(65) });
      const settled = await call.settled();
      t.equal([settled.ok, settled.outcome], [false, "not_started"], "How the call ended", "CONT-004.2");
      t.equal(session.opened.entries.length, 0, "The calls that arrived", "CONT-004.2");
      return;
    }
    // The result of test.call is an object around the result of what it called.
    const outer = await openCall(session, { tool: "test.call", input: { tool: "suite.read" } });
    const opened = await session.opened.take(() => true, session.channel.patience(), "OPEN of suite.read");
    const body = encodeAs(Content.json, nested(64));
    session.useCredit(opened.stream, body.length);
    session.send(build.end(opened.stream, { content: Content.json }, body));
    const ending = await outer.ended();
    t.expect(!ending.ok, "A value that is nested 65 deep came as a result.", "CONT-004.2");
    await session.roundTrip();
  },
});
