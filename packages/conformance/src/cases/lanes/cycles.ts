/**
 * Waits that could never end (LANE-005).
 *
 * @module
 */
import { KEYS } from "../../harness/keys.ts";
import { check } from "../../suite/case.ts";
import { ask, begin, begun, end, refused, waits } from "./support.ts";

check({
  id: "lanes.cycle-of-two",
  title:
    "of two turns that would wait for each other the one that asks last is refused at once, and the other one goes on",
  covers: ["LANE-005.1"],
  role: "gateway",
  async run(t) {
    const one = await t.session({ label: "one" });
    const two = await t.session({ label: "two" });
    const a = await begin(t, one, "turn-a");
    const b = await begin(t, two, "turn-b");
    const waiting = await ask(t, two, "a-in-two", { lineage: a.lineage });
    await waits(t, waiting, "LANE-001.2");
    const ending = await (await ask(t, one, "b-in-one", { lineage: b.lineage })).ended();
    refused(t, ending, "failed_precondition", "LANE-005.1");
    t.expect(ending.message?.includes("cycle") === true, "The message does not say that it is a cycle.", "LANE-005.1");
    const named = ["turn-a", "turn-b"].some((turn) => ending.message?.includes(turn) === true);
    t.expect(named, "The message names none of the caller's turns in the cycle.", "LANE-005.1");
    await end(t, two, { lineage: b.lineage });
    await begun(two, waiting, "LANE-005.1");
  },
});

check({
  id: "lanes.cycle-over-sessions",
  title: "a cycle is found over several sessions, and what only looks like one waits",
  covers: ["LANE-005.1"],
  role: "gateway",
  async run(t) {
    const count = 4;
    const turns = [];
    for (let index = 0; index < count; index++) {
      turns.push(await begin(t, await t.session({ label: `session ${index}` }), `turn-${index}`));
    }
    const [first] = turns;
    const last = turns.at(-1);
    if (first === undefined || last === undefined) return;
    for (const [index, { lineage }] of turns.slice(0, -1).entries()) {
      const next = turns[index + 1];
      if (next !== undefined) await waits(t, await ask(t, next.session, "waits", { lineage }), "LANE-005.1");
    }
    // The last one waits for nobody yet; the first one waits for it, by way of all others.
    await waits(t, await ask(t, first.session, "of nobody"), "LANE-001.2");
    const ending = await (await ask(t, first.session, "closes it", { lineage: last.lineage })).ended();
    refused(t, ending, "failed_precondition", "LANE-005.1");
  },
});

check({
  id: "lanes.cycle-of-strangers",
  title: "a refusal names the caller's own turns in the cycle alone",
  covers: ["LANE-005.2"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const own = await t.session({ label: "own" });
    const strange = await t.session({ label: "stranger", hello: { key: KEYS.stranger } });
    const mine = await begin(t, own, "turn-of-mine");
    const theirs = await begin(t, strange, "turn-of-the-stranger");
    await waits(t, await ask(t, strange, "mine-at-the-stranger", { lineage: mine.lineage }), "LANE-001.2");
    const ending = await (await ask(t, own, "closes it", { lineage: theirs.lineage })).ended();
    refused(t, ending, "failed_precondition", "LANE-005.1");
    const message = ending.message ?? "";
    t.expect(message.includes("turn-of-mine"), "The message does not name the caller's turn.", "LANE-005.1");
    const told = [message, JSON.stringify(ending.value ?? null)].join(" ");
    t.expect(!/stranger/.test(told), "The refusal names a turn of another principal.", "LANE-005.2");
  },
});
