/**
 * Names that have numbers, and identifiers of calls (CALL-016 to CALL-018).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { Content } from "../../wire/constants.ts";

/** OPEN of a tool whose place, and that of the turn, may be numbers. */
function open(session: Session, tool: string | number, turn?: string | number): OutgoingCall {
  const stream = session.newStream();
  const callId = randomBytes(16).toString("hex");
  const body = new TextEncoder().encode('"hello"');
  session.send(build.open(stream, { tool, callId, turn, content: Content.json, deadlineMs: 20_000 }, body));
  return new OutgoingCall(session, stream);
}

check({
  id: "calls.number-for-a-name",
  title: "a number stands for the name that took its slot: the tool first, then the turn",
  covers: ["CALL-016"],
  role: "both",
  async run(t) {
    const session = await t.session();
    // The first slot is the tool's, the second one the turn's; a name that is there takes no other.
    const calls = [
      open(session, "test.echo", "turn one"),
      open(session, 0, 1),
      open(session, "test.echo", "turn one"),
      open(session, "test.counted", 1),
      open(session, 0, "turn two"),
      open(session, 2, 3),
    ];
    const endings = await Promise.all(calls.map((call) => call.ended()));
    const codes = endings.map(({ code }) => code);
    // Number 2 is test.counted, which takes no string.
    t.equal(codes, ["ok", "ok", "ok", "invalid_argument", "ok", "invalid_argument"], "The codes", "CALL-016");
  },
});

check({
  id: "calls.names-take-turns",
  title: "the 65th name takes the place of the first one, and that one another place when it comes again",
  covers: ["CALL-016"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const first = open(session, "test.echo", "turn 1");
    const calls = Array.from({ length: 62 }, (_, i) => open(session, 0, `turn ${i + 2}`));
    // 64 names are there. The next one has number 0.
    calls.push(open(session, "no.such.tool", 63));
    const gone = open(session, 0);
    // Number 1 is the tool again, number 2 as before.
    calls.push(open(session, "test.echo", 2), open(session, 1, 0));
    t.equal((await first.ended()).code, "ok", "The code of the first call");
    t.equal((await gone.ended()).code, "unimplemented", "The code of a call of number 0", "CALL-016");
    const codes = await Promise.all(calls.map(async (call) => (await call.ended()).code));
    const expected = calls.map((_, i) => (i === 62 ? "unimplemented" : "ok"));
    t.equal(codes, expected, "The codes of the others", "CALL-016");
  },
});

check({
  id: "calls.names-of-refused-calls",
  title: "names of calls that are refused take slots as any others do",
  covers: ["CALL-016"],
  role: "both",
  limits: "small",
  async run(t) {
    const session = await t.session();
    const { streams } = session.established.peer;
    const held = Array.from({ length: streams }, (_, i) => open(session, "test.echo", `held ${i}`));
    for (const call of held) await call.ended();
    const hanging = Array.from({ length: streams }, () => {
      const stream = session.newStream();
      const body = new TextEncoder().encode(JSON.stringify({ how: "hang" }));
      session.send(build.open(stream, { tool: "test.fail", callId: randomBytes(16).toString("hex") }, body));
      return new OutgoingCall(session, stream);
    });
    const refused = await open(session, "test.counted").ended();
    t.equal(refused.code, "resource_exhausted", "The code of the call beyond the limit", "STREAM-007");
    for (const call of hanging) call.reset();
    for (const call of hanging) await call.ended();
    // test.echo, its turns, test.fail, and then the one that was refused.
    const ending = await open(session, streams + 2).ended();
    t.equal(ending.code, "invalid_argument", "The code of a call of its number", "CALL-016");
  },
});

check({
  id: "calls.names-of-the-peer",
  title: "numbers that the peer writes stand for the names that it means",
  covers: ["CALL-016"],
  role: "both",
  async run(t) {
    const session = await t.session();
    // More names than there are slots, and some of them again and again.
    for (let i = 0; i < 80; i++) {
      const turn = i % 5 === 4 ? "often" : `turn ${i}`;
      const call = await t.peerCalls(session, { turn, tool: i % 2 === 0 ? "suite.read" : "suite.idempotent" });
      const incoming = await call.incoming();
      t.equal(incoming.opened.turn, turn, "The turn", "CALL-016");
      await incoming.end(i);
      t.equal((await call.settled()).value, i, "The result", "CALL-016");
    }
  },
});

for (const [name, tool, turn] of [
  ["an-empty-slot", 0, undefined],
  ["a-slot-beyond-the-last", 1, undefined],
  ["no-slot", 64, undefined],
  ["an-empty-slot-as-turn", "test.echo", 1],
  ["no-slot-as-turn", "test.echo", 4_000_000_000],
] as const) {
  check({
    id: `calls.number-of-${name}`,
    title: `a number that stands for no name ends the session: ${name.replaceAll("-", " ")}`,
    covers: ["CALL-017"],
    role: "both",
    async run(t) {
      const session = await t.session();
      if (name === "a-slot-beyond-the-last") await open(session, "test.echo").ended();
      await t.breaks(session, "CALL-017", () => open(session, tool, turn));
    },
  });
}

check({
  id: "calls.number-of-a-long-name",
  title: "a number whose string is too long for the place ends the session",
  covers: ["CALL-017", "FRAME-009"],
  role: "both",
  async run(t) {
    const session = await t.session();
    await open(session, "test.echo", "t".repeat(100)).ended();
    await t.breaks(session, "FRAME-009", () => open(session, 1));
  },
});

check({
  id: "calls.identifiers",
  title: "calls have identifiers of their own, in whatever session, with at least 120 random bits",
  covers: ["CALL-018"],
  role: "both",
  async run(t) {
    const ids: string[] = [];
    const perSession: string[][] = [];
    for (const label of ["a", "b", "c"]) {
      const session = await t.session({ label });
      const own: string[] = [];
      for (let i = 0; i < 5; i++) {
        const call = await t.peerCalls(session);
        const incoming = await call.incoming();
        own.push(incoming.open.callId);
        await incoming.end();
      }
      perSession.push(own);
      ids.push(...own);
    }
    t.equal(new Set(ids).size, ids.length, "Identifiers that differ", "CALL-018");
    // 120 bits take at least 19 of 94 printable characters.
    t.expect(
      ids.every((id) => Buffer.byteLength(id) >= 19),
      `An identifier is too short for 120 bits: ${ids[0]}`,
      "CALL-018",
    );
    // Calls of one session may have their random part in common; those of two sessions may not. Whatever stands beside it is not
    // looked at: 120 random bits are 19 characters at least, of which hardly any is the same by chance.
    const [a = "", b = ""] = perSession.map(([first = ""]) => first);
    const different = Array.from(a, (character, i) => character !== b[i]).filter(Boolean).length;
    t.expect(different >= 12, `Identifiers of two sessions are alike: ${a} and ${b}.`, "CALL-018");
  },
});
