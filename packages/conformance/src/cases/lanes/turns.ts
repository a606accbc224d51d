/**
 * `turnmux.turn.begin` and `turnmux.turn.end`, and what has the lane when (LANE-001 to LANE-003, LANE-007, LANE-008).
 *
 * @module
 */
import { newKey } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { cut, lasting, resume } from "../resume/support.ts";
import { pause } from "../support.ts";
import { ask, begin, begun, end, waits, withLaneTool } from "./support.ts";

check({
  id: "lanes.token-of-a-turn",
  title: "turnmux.turn.begin gives each turn a token of its own, long enough for 128 bits",
  covers: ["LANE-002"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const tokens = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const { lineage } = await begin(t, session, "t-1");
      // The densest text that is usual has six bits a letter.
      t.expect(lineage.length >= 22, `The token ${lineage} is too short for 128 bits.`, "LANE-002");
      tokens.add(lineage);
      await end(t, session, { lineage });
    }
    t.equal(tokens.size, 8, "Tokens of eight turns", "LANE-002");
  },
});

check({
  id: "lanes.one-turn-at-a-time",
  title:
    "turns of one session have its lane one after the other, in the order in which they asked, and those of another beside them",
  covers: ["LANE-001.1", "LANE-001.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session({ label: "one" });
    const other = await t.session({ label: "another" });
    let turn = await begin(t, session, "t-0");
    const calls = [];
    for (const name of ["t-1", "t-2", "t-3"]) calls.push(await ask(t, session, name));
    await end(t, other, await begin(t, other, "beside").then(({ lineage }) => ({ lineage })));
    for (const [index, call] of calls.entries()) {
      for (const later of calls.slice(index)) await waits(t, later, "LANE-001.2");
      await end(t, session, { lineage: turn.lineage });
      await session.roundTrip();
      for (const later of calls.slice(index + 1)) await waits(t, later, "LANE-001.1");
      turn = await begun(session, call, "LANE-001.1");
    }
    await end(t, session, { lineage: turn.lineage });
  },
});

check({
  id: "lanes.lane-of-a-nested-turn",
  title: "a lane is not free while a turn runs there on behalf of one that is over",
  covers: ["LANE-001.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const outer = await begin(t, session, "outer");
    const inner = await begin(t, session, "inner", { lineage: outer.lineage }, "LANE-004.1");
    const next = await ask(t, session, "next");
    await end(t, session, { lineage: outer.lineage });
    await waits(t, next, "LANE-001.2");
    await end(t, session, { lineage: inner.lineage });
    await begun(session, next, "LANE-001.1");
  },
});

check({
  id: "lanes.given-up-in-the-queue",
  title: "a turn that is cancelled while it waits ends as not started, and those behind it go on",
  covers: ["LANE-001.1", "CALL-005.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const first = await begin(t, session, "first");
    const second = await ask(t, session, "second");
    const third = await ask(t, session, "third");
    second.reset();
    const ending = await second.ended();
    t.equal([ending.code, ending.outcome], ["cancelled", "not_started"], "How it ended", "CALL-005.2");
    await end(t, session, { lineage: first.lineage });
    await begun(session, third, "LANE-001.1");
  },
});

check({
  id: "lanes.ended-by-its-token",
  title: "turnmux.turn.end says whether it ended a turn: by its token once, and none that there is not",
  covers: ["LANE-003.1", "LANE-003.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const { lineage } = await begin(t, session, "t-1");
    t.equal(await end(t, session, { lineage: newKey() }), false, "Whether a turn of no such token ended", "LANE-003.2");
    t.equal(await end(t, session, { lineage }), true, "Whether the turn ended", "LANE-003.1");
    t.equal(await end(t, session, { lineage }), false, "Whether it ended again", "LANE-003.2");
    await begin(t, session, "t-2", {}, "LANE-003.1");
  },
});

check({
  id: "lanes.ended-by-its-call",
  title: "turnmux.turn.end ends a turn by the call that began it",
  covers: ["LANE-003.1"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const callId = newKey();
    await begin(t, session, "t-1", { callId });
    t.equal(await end(t, session, { callId: newKey() }), false, "Whether a turn of no such call ended", "LANE-003.2");
    t.equal(await end(t, session, { callId }), true, "Whether the turn ended", "LANE-003.1");
    await begin(t, session, "t-2", {}, "LANE-003.1");
  },
});

check({
  id: "lanes.not-ended-by-others",
  title: "turnmux.turn.end ends no turn that another session has begun, though its token is known there",
  covers: ["LANE-003.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session({ label: "one" });
    const other = await t.session({ label: "another" });
    const { lineage } = await begin(t, session, "t-1");
    t.equal(await end(t, other, { lineage }), false, "Whether another session ended the turn", "LANE-003.2");
    const next = await ask(t, session, "t-2");
    await waits(t, next, "LANE-003.2");
    for (const input of [{}, { lineage, callId: "c" }]) {
      const ending = await (await t.open(session, { tool: "turnmux.turn.end", input })).ended();
      t.equal(ending.code, "invalid_argument", "The end of a call with both or neither", "CALL-011");
    }
  },
});

check({
  id: "lanes.tool-with-a-lane",
  title: "a call of a tool that takes the lane waits for the turn that has it, and has the lane until it is over",
  covers: ["LANE-007"],
  role: "gateway",
  async run(t) {
    const session = await withLaneTool(t);
    const first = await begin(t, session, "t-1");
    const call = await t.open(session, { tool: "test.lane", input: { ms: t.ms(200) } });
    const behind = await ask(t, session, "t-2");
    const free = await (await t.open(session, { tool: "test.slow", input: { ms: 0 } })).ended();
    t.equal(free.ok, true, "Whether a tool without a lane was run meanwhile", "LANE-007");
    await waits(t, call, "LANE-007");
    await end(t, session, { lineage: first.lineage });
    await waits(t, behind, "LANE-007");
    const ending = await call.ended();
    t.equal([ending.code, ending.value], ["ok", "done"], "How the call ended", "LANE-007");
    await begun(session, behind, "LANE-007");
  },
});

check({
  id: "lanes.owner-that-is-away",
  title: "a turn keeps its lane while its session has a channel, and loses it a while after the session has none",
  covers: ["LANE-008"],
  role: "gateway",
  ways: ["binary", "text"],
  limits: "quick",
  needs: ["delivery", "command"],
  async run(t) {
    const session = await lasting(t);
    const first = await begin(t, session, "t-1");
    await pause(t, 450);
    const second = await ask(t, session, "t-2");
    await waits(t, second, "LANE-001.2");
    second.reset();
    await second.ended();
    await cut(session);
    await pause(t, 500);
    await resume(t, session);
    await begin(t, session, "t-3", {}, "LANE-008");
    t.equal(await end(t, session, { lineage: first.lineage }), false, "Whether the first turn still ran", "LANE-008");
  },
});
