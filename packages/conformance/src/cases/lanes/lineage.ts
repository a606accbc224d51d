/**
 * What is on behalf of a turn, and what only says so (LANE-004).
 *
 * @module
 */
import { newKey } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { ask, begin, begun, end, waits, withLaneTool } from "./support.ts";

check({
  id: "lanes.on-behalf-of-a-turn",
  title: "what asks for a lane on behalf of the turn that has it is given it at once, before those that wait",
  covers: ["LANE-004.1"],
  role: "gateway",
  async run(t) {
    const session = await withLaneTool(t);
    const turn = await begin(t, session, "t-1");
    const waiting = await t.open(session, { tool: "test.lane", input: { ms: 0 } });
    const own = await t.open(session, { tool: "test.lane", input: { ms: 0 }, lineage: turn.lineage });
    const ending = await own.ended();
    t.equal(ending.ok, true, "Whether the turn's own call has run", "LANE-004.1");
    await waits(t, waiting, "LANE-001.2");
    await begin(t, session, "nested", { lineage: turn.lineage }, "LANE-004.1");
  },
});

check({
  id: "lanes.on-behalf-over-hops",
  title: "a turn on behalf of another, in another session, is on behalf of all that the other one is on behalf of",
  covers: ["LANE-004.1"],
  role: "gateway",
  async run(t) {
    const [one, two, three] = [
      await t.session({ label: "one" }),
      await t.session({ label: "two" }),
      await t.session({ label: "three" }),
    ];
    const outer = await begin(t, one, "outer");
    const middle = await begin(t, two, "middle", { lineage: outer.lineage });
    const inner = await begin(t, three, "inner", { lineage: middle.lineage });
    await end(t, two, { lineage: middle.lineage });
    await begin(t, one, "again", { lineage: inner.lineage }, "LANE-004.1");
  },
});

check({
  id: "lanes.forged-lineage",
  title: "a lineage that is no running turn's counts as none: what carries it waits as others do, or runs",
  covers: ["LANE-004.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    const over = await begin(t, session, "over");
    await end(t, session, { lineage: over.lineage });
    const turn = await begin(t, session, "t-1", { lineage: newKey() }, "LANE-004.2");
    const forged = [];
    for (const lineage of [over.lineage, newKey(), "t-1", turn.lineage.slice(0, -1)]) {
      forged.push(await ask(t, session, "forged", { lineage }));
    }
    for (const call of forged) await waits(t, call, "LANE-004.2");
    const echoed = await t.open(session, { tool: "test.echo", input: "x", lineage: newKey() });
    t.equal((await echoed.ended()).value, "x", "What a call with a forged lineage returned", "LANE-004.2");
    await end(t, session, { lineage: turn.lineage });
    const [first] = forged;
    if (first !== undefined) await begun(session, first, "LANE-004.2");
  },
});
