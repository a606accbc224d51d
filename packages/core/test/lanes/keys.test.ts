/** Turns whose calls join the run of a key: they wait for what that one asks for (LANE-005). */
import { describe, expect, it } from "vitest";
import type { BegunTurn } from "../../src/index.ts";
import { gate, watch, type Watched } from "../support/kit.ts";
import { asked, House, tools, type Guest } from "./house.ts";

/** A turn of this guest, which has its lane. */
async function turnOf(house: House, { session }: Guest, name: string): Promise<BegunTurn> {
  const began = session.beginTurn(name);
  await house.time.settle();
  return began;
}

describe("a turn whose call has joined the run of a key", () => {
  it("is not waited for by what that run asks for: that is refused, at once, and the run goes on", async () => {
    const go = gate();
    const house: House = new House({
      // Its own client asks on its behalf, for a lane that is another one's.
      book: async (_input, call) => {
        await go.handler();
        return ann.gateway.client(asked).ask(null, { lineage: call.lineage });
      },
    });
    const ann = await house.guest("ann");
    let talks: Watched | undefined;
    ann.session.implement(asked, {
      ask: async (_input, call) => {
        talks = watch(ann.session.client(tools).talk("in the lane", { lineage: call.lineage }));
        await house.time.settle();
        return "asked";
      },
    });
    const other = await house.guest("ann");
    const turn = await turnOf(house, ann, "t");
    const runs = watch(other.session.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    const joins = watch(turn.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    expect([runs.said, joins.said]).toEqual(["pending", "pending"]);
    go.open();
    await house.time.settle();
    await house.time.settle();
    expect(talks?.said).toBe("failed_precondition, not_started");
    expect(talks?.error?.message).toContain('it is a cycle, by way of "t"');
    expect([runs.said, joins.said]).toEqual(['ok: "asked"', 'ok: "asked"']);
    expect(house.side.lanes.counts).toEqual({ running: 1, waiting: 0 });
  });

  it("does not join where that run waits for it already: its call ends at once, and the run goes on", async () => {
    const house: House = new House({
      book: (_input, call) => ann.gateway.client(asked).ask(null, { lineage: call.lineage }),
    });
    const ann = await house.guest("ann");
    ann.session.implement(asked, {
      ask: (_input, call) => ann.session.client(tools).talk("in the lane", { lineage: call.lineage }),
    });
    const other = await house.guest("ann");
    const turn = await turnOf(house, ann, "t");
    const runs = watch(other.session.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    const joins = watch(turn.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    expect([runs.said, joins.said]).toEqual(["pending", "failed_precondition, unknown"]);
    expect(joins.error?.sentence).toContain("LANE-005");
    watch(turn.end());
    await house.time.settle();
    expect(runs.said).toBe('ok: "in the lane"');
  });

  it("waits for it no more when it has left, or the run is over", async () => {
    const go = gate();
    const house: House = new House({
      book: async (_input, call) => {
        await go.handler();
        return ann.gateway.client(asked).ask(null, { lineage: call.lineage });
      },
    });
    const ann = await house.guest("ann");
    ann.session.implement(asked, {
      ask: (_input, call) => ann.session.client(tools).talk("in the lane", { lineage: call.lineage }),
    });
    const other = await house.guest("ann");
    const turn = await turnOf(house, ann, "t");
    const runs = watch(other.session.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    const leaves = new AbortController();
    const joins = watch(turn.client(tools).book(null, { key: "k", signal: leaves.signal }));
    await house.time.settle();
    leaves.abort();
    await house.time.settle();
    expect(joins.said).toBe("cancelled, unknown");
    go.open();
    await house.time.settle();
    expect([runs.said, house.side.lanes.counts]).toEqual(["pending", { running: 1, waiting: 1 }]);
    watch(turn.end());
    await house.time.settle();
    expect(runs.said).toBe('ok: "in the lane"');
  });

  it("ends at once where the run is what it is on behalf of itself", async () => {
    const said: string[] = [];
    const house: House = new House({
      book: async (_input, call) => {
        const again = watch(ann.gateway.client(asked).ask(null, { lineage: call.lineage }));
        await house.time.settle();
        said.push(again.said);
        return "booked";
      },
    });
    const ann = await house.guest("ann");
    ann.session.implement(asked, {
      ask: (_input, call) => ann.session.client(tools).book(null, { key: "k", lineage: call.lineage }).catch(String),
    });
    const runs = watch(ann.session.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    await house.time.settle();
    expect(runs.said).toBe('ok: "booked"');
    expect(said[0]).toContain("LANE-005");
  });
});

describe("what the handler of a call with a key asks for", () => {
  it("is on behalf of the turn that made the call, and so may have its lane", async () => {
    const house: House = new House({
      book: (_input, call) => ann.gateway.client(asked).ask(null, { lineage: call.lineage }),
    });
    const ann = await house.guest("ann");
    ann.session.implement(asked, {
      ask: (_input, call) => ann.session.client(tools).talk("in the lane", { lineage: call.lineage }),
    });
    const turn = await turnOf(house, ann, "t");
    const call = watch(turn.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    expect(call.said).toBe('ok: "in the lane"');
  });

  it("is on behalf of nobody once the call is over", async () => {
    const lineages: (string | undefined)[] = [];
    const house: House = new House({
      book: (_input, call) => {
        lineages.push(call.lineage);
        return "booked";
      },
    });
    const ann = await house.guest("ann");
    const turn = await turnOf(house, ann, "t");
    watch(turn.client(tools).book(null, { key: "k" }));
    await house.time.settle();
    const late = watch(ann.session.client(tools).talk("late", { lineage: lineages[0] }));
    await house.time.settle();
    expect([lineages[0] === undefined, late.said]).toEqual([false, "pending"]);
  });
});
