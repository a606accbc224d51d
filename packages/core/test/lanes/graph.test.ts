import { describe, expect, it } from "vitest";
import { LaneGraph, type KeyRun, type LaneAnswer, type LaneTurn } from "../../src/lanes/graph.ts";

function turnOf(answer: LaneAnswer): LaneTurn {
  if (answer.kind === "running" || answer.kind === "waiting") return answer.turn;
  throw new Error(answer.kind);
}

/** A graph whose turns are asked for in one line. */
function lanes(most = 64) {
  const graph = new LaneGraph(most);
  return {
    graph,
    ask: (lane: string, turn: string, parent?: LaneTurn | KeyRun, principal = "ann") =>
      graph.ask({ lane, turn, principal, parent }),
    leave: (turn: LaneTurn) => graph.leave(turn),
  };
}

describe("the lane of a session", () => {
  it("holds one turn at a time, and the others wait in order, each told its place and behind whom", () => {
    const { ask, leave } = lanes();
    const first = turnOf(ask("A", "t1"));
    const second = turnOf(ask("A", "t2"));
    const third = turnOf(ask("A", "t3"));
    expect([first.state, second.state, third.state]).toEqual(["running", "waiting", "waiting"]);
    expect([second.place, third.place, third.behind]).toEqual([0, 1, "t1"]);
    expect(leave(first)).toEqual({ running: [second], waiting: [third] });
    expect([second.state, third.place, third.behind]).toEqual(["running", 0, "t2"]);
    expect(leave(first)).toEqual({ running: [], waiting: [] });
  });

  it("is let go of by one that waits, wherever it stands", () => {
    const { ask, leave } = lanes();
    const first = turnOf(ask("A", "t1"));
    const [second, third, fourth] = ["t2", "t3", "t4"].map((turn) => turnOf(ask("A", turn)));
    expect(second && leave(second)).toEqual({ running: [], waiting: [third, fourth] });
    expect([third?.place, fourth?.place]).toEqual([0, 1]);
    expect(leave(first).running).toEqual([third]);
  });

  it("takes as many waiting requests as its limit, and a further one when one has gone", () => {
    const { ask, leave } = lanes(1);
    turnOf(ask("A", "t1"));
    const second = turnOf(ask("A", "t2"));
    expect(ask("A", "t3").kind).toBe("full");
    expect(ask("B", "other").kind).toBe("running");
    leave(second);
    expect(ask("A", "t3").kind).toBe("waiting");
  });

  it("is not waited for on behalf of the turn that holds it, over any number of others, also where one of them is over", () => {
    const { ask, leave } = lanes();
    const outer = turnOf(ask("A", "outer"));
    turnOf(ask("A", "stranger"));
    const middle = turnOf(ask("B", "middle", outer));
    const inner = turnOf(ask("C", "inner", middle));
    expect(ask("A", "again", inner).kind).toBe("running");
    leave(middle);
    expect(ask("A", "once more", inner).kind).toBe("running");
    expect(ask("B", "its own lane is free", inner).kind).toBe("running");
  });

  it("stays with what runs on behalf of a turn that is over, until that is over, too", () => {
    const { ask, leave } = lanes();
    const outer = turnOf(ask("A", "outer"));
    const inner = turnOf(ask("A", "inner", outer));
    const next = turnOf(ask("A", "next"));
    expect(leave(outer)).toEqual({ running: [], waiting: [next] });
    expect(next.behind).toBe("inner");
    expect(leave(inner).running).toEqual([next]);
  });

  it("is not held by the name of a turn: one that is over, or waits, is nobody's parent", () => {
    const { ask, leave } = lanes();
    const gone = turnOf(ask("A", "gone"));
    leave(gone);
    const holder = turnOf(ask("A", "holder"));
    const waiting = turnOf(ask("A", "waiting"));
    expect(ask("A", "of one that is over", gone).kind).toBe("waiting");
    expect(ask("A", "of one that waits", waiting).kind).toBe("waiting");
    expect(ask("A", "of the one that runs", holder).kind).toBe("running");
  });
});

describe("a wait that could never end", () => {
  it("is refused where two turns wait for each other, by name, the asking turn first", () => {
    const { ask, leave } = lanes();
    const a = turnOf(ask("A", "a"));
    const b = turnOf(ask("B", "b"));
    const waits = turnOf(ask("B", "a in B", a));
    expect(waits.state).toBe("waiting");
    const answer = ask("A", "b in A", b);
    expect(answer.kind === "cycle" && answer.turns.map(({ turn }) => turn)).toEqual(["b", "a in B", "a"]);
    // It left nothing behind.
    expect(leave(b).running).toEqual([waits]);
  });

  it("is found over any number of sessions, wherever in its queue somebody stands", () => {
    const { ask } = lanes();
    const count = 50;
    const turns = Array.from({ length: count }, (_, index) => turnOf(ask(`L${index}`, `t${index}`)));
    for (const [index, turn] of turns.slice(0, -1).entries()) {
      expect(ask(`L${index + 1}`, `t${index} in L${index + 1}`, turn).kind).toBe("waiting");
    }
    const answer = ask("L0", "the last", turns.at(-1));
    expect(answer.kind === "cycle" && answer.turns).toHaveLength(2 * count - 1);

    const { ask: askIn } = lanes();
    const a = turnOf(askIn("A", "a"));
    turnOf(askIn("B", "b"));
    const c = turnOf(askIn("C", "c"));
    turnOf(askIn("B", "c in B", c));
    turnOf(askIn("B", "a in B", a));
    // The lane of B is not held by a; but a stands in its queue, and c waits ahead of it.
    expect(askIn("C", "a in C", a).kind).toBe("waiting");
    expect(askIn("A", "c in A", c).kind).toBe("cycle");
  });

  it("is none where nobody waits for the one that asks any more", () => {
    const { ask, leave } = lanes();
    const a = turnOf(ask("A", "a"));
    const b = turnOf(ask("B", "b"));
    const child = turnOf(ask("C", "child of b", b));
    turnOf(ask("B", "a in B", a));
    leave(b);
    expect(ask("A", "on behalf of the child", child).kind).toBe("waiting");
  });

  it("is refused to what a run of a key asks for while a turn waits for that run, over any number of runs", () => {
    const { ask, graph } = lanes();
    const turn = turnOf(ask("A", "t"));
    const [first, second] = [graph.key(), graph.key()];
    // The turn has joined the first, whose handler has joined the second: before either runs, or afterwards.
    expect(graph.join(turn, first).kind).toBe("waits");
    graph.begin(first, undefined);
    const joined = graph.join(first, second);
    graph.begin(second, undefined);
    const answer = ask("A", "asked by the second", second);
    expect(answer.kind === "cycle" && answer.turns.map(({ turn: name }) => name)).toEqual(["t"]);
    if (joined.kind === "waits") joined.leave();
    expect(ask("A", "asked by the second", second).kind).toBe("waiting");
    // Now the second waits for the turn, and so the first must not wait for the second any more.
    expect(graph.join(first, second).kind).toBe("cycle");
    graph.end(second);
    expect(graph.join(first, second).kind).toBe("waits");
  });

  it("is none among requests on behalf of nobody, however they queue", () => {
    const { ask } = lanes();
    for (const lane of ["A", "B", "A", "B", "A"]) expect(ask(lane, "t").kind).not.toBe("cycle");
  });
});
