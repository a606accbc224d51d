/**
 * Calls whose key comes again: replays, other arguments, freed keys (KEY-001 to KEY-004).
 *
 * @module
 */
import { newKey, OutgoingCall } from "../../harness/calls.ts";
import { KEYS } from "../../harness/keys.ts";
import type { Session } from "../../harness/session.ts";
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import { encodeAs } from "../../wire/body.ts";
import * as build from "../../wire/build.ts";
import { AcceptState, Content, Outcome } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";
import { count, newCounter, offered, ran, stateFolder } from "./support.ts";

/** Two sessions of one principal: of a client with the same journal. */
async function twoSessions(t: Context): Promise<readonly [Session, Session]> {
  if (t.role === "gateway") return [await t.session({ label: "one" }), await t.session({ label: "two" })];
  const journalFolder = await stateFolder(t);
  const process = await t.ownClient();
  const connect = { journalFolder };
  return [await t.session({ label: "one", process, connect }), await t.session({ label: "two", process, connect })];
}

check({
  id: "keys.replayed-in-another-session",
  title: "a call that comes again in another session of the same principal gets the result that is recorded",
  covers: ["KEY-001", "KEY-002.1"],
  role: "both",
  async run(t) {
    const [one, two] = await twoSessions(t);
    const [key, counter] = [newKey(), newCounter()];
    const first = await (await count(t, one, { key, counter, by: 3 })).ended();
    t.equal(first.value, { value: 3 }, "The result");
    const again = await count(t, two, { key, counter, by: 3 });
    const second = await again.ended();
    t.equal([second.code, second.value], ["ok", { value: 3 }], "What the repetition gets", "KEY-001");
    const states = again.inbound.accepts.entries.map(({ state }) => state);
    t.expect(!states.includes(AcceptState.running), "ACCEPT says that the repetition runs.", "KEY-002.1");
    await ran(t, two, counter, { runs: 1, clause: "KEY-001" });
  },
});

check({
  id: "keys.of-another-principal",
  title: "the key of one principal says nothing of the same key of another",
  covers: ["KEY-001"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const session = await t.session();
    const stranger = await t.session({ label: "stranger", hello: { key: KEYS.stranger } });
    const [key, counter, other] = [newKey(), newCounter(), newCounter()];
    await (await count(t, session, { key, counter })).ended();
    const same = await (await count(t, stranger, { key, counter })).ended();
    t.equal(same.value, { value: 2 }, "What another principal's call with the same key gets", "KEY-001");
    const second = newKey();
    await (await count(t, session, { key: second, counter })).ended();
    const differs = await (await count(t, stranger, { key: second, counter: other })).ended();
    t.equal([differs.code, differs.value], ["ok", { value: 1 }], "What it gets with other arguments", "KEY-001");
  },
});

check({
  id: "keys.many-replays",
  title: "a call that comes again and again in one session gets the same result each time, and runs once",
  covers: ["KEY-002.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    for (let times = 0; times < 4; times++) {
      const { code, value } = await (await count(t, session, { key, counter, by: 5 })).ended();
      t.equal([code, value], ["ok", { value: 5 }], `What call ${times + 1} gets`, "KEY-002.1");
      // What a journal has taken behind an ending it has taken with the ending: the next one is not joined, but replayed.
      await (await count(t, session, { key: newKey(), counter: newCounter() })).ended();
    }
    await ran(t, session, counter, { runs: 1, clause: "KEY-002.1" });
  },
});

check({
  id: "keys.same-arguments-otherwise-written",
  title: "arguments that are written otherwise, and are the same in canonical JSON, are the same call",
  covers: ["KEY-002.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    const first = await (
      await t.open(session, { tool: "test.count", key, input: { counter, by: 2, holdMs: 0 } })
    ).ended();
    t.equal(first.value, { value: 2 }, "The result");
    const raw = (text: string): OutgoingCall => {
      const stream = session.newStream();
      const header = { tool: "test.count", callId: newKey(), key, deadlineMs: 10_000, content: Content.json };
      session.send(build.open(stream, header, Buffer.from(text, "utf8")));
      return new OutgoingCall(session, stream);
    };
    const packed = await t.open(session, {
      tool: "test.count",
      key,
      content: Content.msgpack,
      input: { holdMs: 0, by: 2, counter },
    });
    const calls: readonly (readonly [string, OutgoingCall])[] = [
      ["in another order, as MessagePack", packed],
      ["in another order, with white space", raw(` { "holdMs" : 0, "by":2 ,\n"counter": ${JSON.stringify(counter)} }`)],
      ["with numbers written otherwise", raw(`{"counter":${JSON.stringify(counter)},"by":2.0,"holdMs":-0e3}`)],
      ["with characters as escapes", raw(`{"counter":"\\u0063${counter.slice(1)}","b\\u0079":0.2e1,"holdMs":0}`)],
    ];
    for (const [how, call] of calls) {
      const { code, value } = await call.ended();
      t.equal([code, value], ["ok", { value: 2 }], `What the same arguments ${how} get`, "KEY-002.1");
    }
    await ran(t, session, counter, { runs: 1, clause: "KEY-002.1" });
  },
});

check({
  id: "keys.octets-in-arguments",
  title: "octets in arguments are the same call where they are the same octets, however long their length is written",
  covers: ["KEY-002.1", "KEY-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    const mark = t.random.octets(100);
    const input = { counter, mark };
    const first = await (await t.open(session, { tool: "test.count", key, input })).ended();
    t.equal(first.value, { value: 1 }, "The result");
    const octets = encodeAs(Content.msgpack, input) ?? new Uint8Array(0);
    // A length of 16 bits in place of 8: the same octets, written otherwise.
    const at = Buffer.from(octets).indexOf(Buffer.from([0xc4, mark.length]));
    const longer = Buffer.concat([
      octets.subarray(0, at),
      Buffer.from([0xc5, 0, mark.length]),
      octets.subarray(at + 2),
    ]);
    const stream = session.newStream();
    const header = { tool: "test.count", callId: newKey(), key, deadlineMs: 10_000, content: Content.msgpack };
    session.send(build.open(stream, header, longer));
    const again = await new OutgoingCall(session, stream).ended();
    t.equal([again.code, again.value], ["ok", { value: 1 }], "What the same octets get", "KEY-002.1");
    const other = { counter, mark: t.random.octets(100) };
    const differs = await (await t.open(session, { tool: "test.count", key, input: other })).ended();
    endedWith(t, differs, { code: "already_exists", outcome: "not_started", clause: "KEY-003" });
    await ran(t, session, counter, { runs: 1, clause: "KEY-002.1" });
  },
});

check({
  id: "keys.scopes-checked-again",
  title: "a caller that has lost the scope of a tool gets no result of a call that it made before",
  covers: ["KEY-002.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    await (await count(t, session, { key, counter })).ended();
    const running = newKey();
    const held = await count(t, session, { key: running, counter, holdMs: 3_000 });
    await held.accepted();
    const granted = await (await t.open(session, { tool: "test.grant", input: { scopes: ["other"] } })).ended();
    t.equal(offered(granted, "test.grant").value, "granted", "The result of test.grant");
    // What the session may do changes behind that END; a new OFFER says that it has.
    while (session.offered.has("test.count")) await session.channel.take("offer");
    for (const [what, again] of [
      ["that is over", { key, counter }],
      ["that runs", { key: running, counter, holdMs: 3_000 }],
    ] as const) {
      const ending = await (await count(t, session, again)).ended();
      t.note(`the repetition of a call ${what}`);
      endedWith(t, ending, { code: "permission_denied", outcome: "not_started", clause: "KEY-002.2" });
    }
  },
});

check({
  id: "keys.other-arguments",
  title: "a key that comes again with other arguments is refused, and nothing runs",
  covers: ["KEY-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter, other] = [newKey(), newCounter(), newCounter()];
    await (await count(t, session, { key, counter })).ended();
    for (const input of [{ counter: other }, { counter, by: 2 }]) {
      const ending = await (await t.open(session, { tool: "test.count", key, input })).ended();
      endedWith(t, ending, { code: "already_exists", outcome: "not_started", clause: "KEY-003" });
    }
    const otherTool = await (await t.open(session, { tool: "test.failOnce", key, input: { how: "error" } })).ended();
    endedWith(t, otherTool, { code: "already_exists", outcome: "not_started", clause: "KEY-003" });
    await ran(t, session, other, { runs: 0, clause: "KEY-003" });
    await ran(t, session, counter, { runs: 1, clause: "KEY-003" });
  },
});

check({
  id: "keys.other-arguments-while-it-runs",
  title: "a key that comes with other arguments while its call runs is refused, and the call goes on",
  covers: ["KEY-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter, other] = [newKey(), newCounter(), newCounter()];
    const running = await count(t, session, { key, counter, holdMs: t.ms(800) });
    await running.accepted();
    const ending = await (await count(t, session, { key, counter: other })).ended();
    endedWith(t, ending, { code: "already_exists", outcome: "not_started", clause: "KEY-003" });
    t.equal((await running.ended()).value, { value: 1 }, "The result of the call that ran");
    await ran(t, session, other, { runs: 0, clause: "KEY-003" });
  },
});

for (const outcome of ["not_started", "failed"] as const) {
  check({
    id: `keys.freed-by-${outcome}`,
    title: `a key whose call ended ${outcome} is free, for the same call and for any other`,
    covers: ["KEY-004.1"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const [key, counter] = [newKey(), newCounter()];
      const input = { how: "error", code: 9, outcome: Outcome[outcome] };
      for (let times = 0; times < 2; times++) {
        const failing = await t.open(session, { tool: "test.failOnce", key, input });
        const ending = await failing.ended();
        endedWith(t, ending, { code: "failed_precondition", outcome, clause: "KEY-004.1" });
        const states = failing.inbound.accepts.entries.map(({ state }) => state);
        t.expect(!states.includes(AcceptState.replayed), "The ending was replayed.", "KEY-004.1");
      }
      const { code, value } = await (await count(t, session, { key, counter })).ended();
      t.equal([code, value], ["ok", { value: 1 }], "What another call with the key gets", "KEY-004.1");
    },
  });
}

check({
  id: "keys.not-taken-by-refused-arguments",
  title: "a call that is refused for its arguments leaves its key free",
  covers: ["KEY-004.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const [key, counter] = [newKey(), newCounter()];
    const refused = await (await t.open(session, { tool: "test.count", key, input: { counter: 7 } })).ended();
    endedWith(t, refused, { code: "invalid_argument", outcome: "not_started", clause: "KEY-004.1" });
    const { code, value } = await (await count(t, session, { key, counter })).ended();
    t.equal([code, value], ["ok", { value: 1 }], "What the call with good arguments gets", "KEY-004.1");
  },
});

const KEPT = [
  ["completed", { how: "error", code: 9, outcome: Outcome.completed, message: "half of it" }, "failed_precondition"],
  ["unknown", { how: "error", code: 10, outcome: Outcome.unknown, message: "who knows" }, "aborted"],
  ["unknown", { how: "throw" }, "internal"],
] as const;

for (const [outcome, input, code] of KEPT) {
  check({
    id: `keys.kept-by-${outcome}-${input.how}`,
    title: `a call that ended ${outcome} ends so again, with the same words, and its key belongs to no other`,
    covers: ["KEY-004.2"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const [key, counter] = [newKey(), newCounter()];
      const first = await (await t.open(session, { tool: "test.failOnce", key, input })).ended();
      endedWith(t, first, { code, outcome, clause: "ERR-002" });
      const again = await (await t.open(session, { tool: "test.failOnce", key, input })).ended();
      endedWith(t, again, { code, outcome, clause: "KEY-004.2" });
      t.equal(again.message, first.message, "The message of the repetition", "KEY-004.2");
      const other = await (await count(t, session, { key, counter })).ended();
      endedWith(t, other, { code: "already_exists", outcome: "not_started", clause: "KEY-003" });
    },
  });
}
