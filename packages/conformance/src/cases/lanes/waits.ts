/**
 * What is told of a call that waits for a lane, and how many may (LANE-006).
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import type { Context } from "../../suite/context.ts";
import type { FieldsOf } from "../../wire/parse.ts";
import { ask, begin, begun, end, refused } from "./support.ts";

/** `queued`, of ACCEPT. */
const QUEUED = 1;

function tellsOf(t: Context, accept: FieldsOf<"accept">, turn: string, place: number): void {
  t.equal([accept.state, accept.place], [QUEUED, place], "State and place in ACCEPT", "LANE-006.1");
  t.expect(accept.reason?.includes(turn) === true, `ACCEPT does not name the turn ${turn}.`, "LANE-006.1");
}

check({
  id: "lanes.told-where-it-stands",
  title: "ACCEPT tells a call that waits for a lane which turn has it, and at which place the call is",
  covers: ["LANE-006.1"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const first = await begin(t, session, "the-first-turn");
    const second = await ask(t, session, "the-second-turn");
    const third = await ask(t, session, "the-third-turn");
    tellsOf(t, await second.accepted(), "the-first-turn", 0);
    tellsOf(t, await third.accepted(), "the-first-turn", 1);
    await end(t, session, { lineage: first.lineage });
    await begun(session, second, "LANE-001.1");
    tellsOf(t, await third.accepted(), "the-second-turn", 0);
  },
});

check({
  id: "lanes.most-that-wait",
  title: "one more than may wait for a lane is refused as not started, with a retry-after, and takes nobody's place",
  covers: ["LANE-006.2"],
  role: "gateway",
  limits: "small",
  needs: ["command"],
  async run(t) {
    const session = await t.session();
    const first = await begin(t, session, "t-1");
    const waiting = [];
    for (let index = 0; index < (t.limits["laneQueue"] ?? 0); index++) waiting.push(await ask(t, session, "waits"));
    const ending = await (await ask(t, session, "one too many")).ended();
    refused(t, ending, "resource_exhausted", "LANE-006.2");
    t.expect((ending.retryAfterMs ?? 0) > 0, "END has no retry-after.", "LANE-006.2");
    await end(t, session, { lineage: first.lineage });
    const [next] = waiting;
    if (next !== undefined) await begun(session, next, "LANE-001.1");
  },
});
