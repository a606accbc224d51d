import { describe, expect, it } from "vitest";
import { ToolError, TurnmuxError, type BegunTurn, type Interceptor } from "../../src/index.ts";
import { beginTurn } from "../../src/session/begun-turn.ts";
import { gate, untilAborted, watch } from "../support/kit.ts";
import { asked, hearing, House, tools } from "./house.ts";

describe("a turn that a client begins", () => {
  it("has the lane of its session until it ends; the next one hears behind which, and at which place", async () => {
    const house = new House();
    const { session } = await house.guest("ann");
    const first = await Promise.all([session.beginTurn("t-1"), house.time.settle()]).then(([turn]) => turn);
    const [second, third] = [hearing(), hearing()];
    const begun: BegunTurn[] = [];
    const push = (turn: BegunTurn): number => begun.push(turn);
    watch(session.beginTurn("t-2", second).then(push));
    watch(session.beginTurn("t-3", third).then(push));
    await house.time.settle();
    expect(second.heard).toEqual(['queued | it waits behind the turn "t-1" | 0']);
    expect(third.heard).toEqual(['queued | it waits behind the turn "t-1" | 1']);
    expect(house.side.lanes.counts).toEqual({ running: 1, waiting: 2 });
    const ended = watch(first.end());
    await house.time.settle();
    expect(ended.said).toBe("ok: undefined");
    expect(begun.map(({ id }) => id)).toEqual(["t-2"]);
    expect(third.heard.slice(1)).toEqual(['queued | it waits behind the turn "t-2" | 0']);
    expect(begun[0]?.lineage).not.toBe(first.lineage);
    expect(first.lineage).toMatch(/^[0-9a-f]{32}$/);
  });

  it("lets calls of its own pass that take the lane, and keeps those of others waiting", async () => {
    const house = new House();
    const { session } = await house.guest("ann");
    const began = session.beginTurn("t-1");
    await house.time.settle();
    const turn = await began;
    const { heard, onAccept } = hearing();
    const own = watch(turn.client(tools).talk("mine"));
    const other = watch(session.client(tools).talk("not mine", { onAccept }));
    const forged = watch(session.client(tools).talk("forged", { lineage: "0".repeat(32) }));
    const free = watch(session.client(tools).look("no lane"));
    await house.time.settle();
    expect([own.said, other.said, forged.said, free.said]).toEqual([
      'ok: "mine"',
      "pending",
      "pending",
      'ok: "no lane"',
    ]);
    expect(heard).toEqual(['queued | it waits behind the turn "t-1" | 0']);
    watch(turn.end());
    await house.time.settle();
    expect([other.said, forged.said]).toEqual(['ok: "not mine"', 'ok: "forged"']);
    expect(house.side.lanes.counts).toEqual({ running: 0, waiting: 0 });
  });

  it("is over with the block that has it, when it is cancelled, and by its signal", async () => {
    const house = new House({ look: (_input, { signal }) => untilAborted(signal) });
    const { session } = await house.guest("ann");
    const during = async (): Promise<unknown> => {
      await using turn = await session.beginTurn("block");
      return [turn.id, house.side.lanes.counts.running];
    };
    const block = watch(during());
    await house.time.settle();
    expect(block.said).toBe('ok: ["block",1]');
    expect(house.side.lanes.counts.running).toBe(0);
    const stop = new AbortController();
    for (const cancel of [(turn: BegunTurn) => turn.cancel(), () => stop.abort(new Error("stopped"))]) {
      const began = session.beginTurn("t", { signal: stop.signal });
      await house.time.settle();
      const turn = await began;
      const call = watch(turn.client(tools).look(1));
      await house.time.settle();
      cancel(turn);
      await house.time.settle();
      expect([call.said, house.side.lanes.counts.running]).toEqual(["cancelled, failed", 0]);
    }
    const late = watch(session.beginTurn("late", { signal: stop.signal }));
    await house.time.settle();
    expect(late.said).toBe("cancelled, not_started");
  });

  it("waits no more where it is cancelled, or has waited for long enough", async () => {
    const house = new House();
    const { session } = await house.guest("ann");
    watch(session.beginTurn("t-1"));
    await house.time.settle();
    const stop = new AbortController();
    const cancelled = watch(session.beginTurn("t-2", { signal: stop.signal }));
    const overdue = watch(session.beginTurn("t-3", { maxWaitMs: 500 }));
    await house.time.settle();
    stop.abort();
    await house.time.settle();
    expect([cancelled.said, house.side.lanes.counts.waiting]).toEqual(["cancelled, not_started", 1]);
    await house.time.advance(1_000);
    expect([overdue.said, house.side.lanes.counts.waiting]).toEqual(["deadline_exceeded, not_started", 0]);
  });

  it("is not begun for a call that fails behind it", async () => {
    const refusing: Interceptor = async (call, next) => {
      const result = await next(call);
      if (call.tool === "turnmux.turn.begin") throw new ToolError("unavailable", "not now");
      return result;
    };
    const house = new House({}, { gatewayInterceptors: [refusing] });
    const { session } = await house.guest("ann");
    const refused = watch(session.beginTurn("t-1"));
    await house.time.settle();
    expect(refused.said).toBe("unavailable, completed");
    expect(house.side.lanes.counts).toEqual({ running: 0, waiting: 0 });
  });

  it("is ended by the client that gave it up and does not know whether it began, by the call", async () => {
    const calls: unknown[] = [];
    const house = new House();
    const { session } = await house.guest("ann");
    const gone = new TurnmuxError("cancelled", "", { outcome: "unknown", callId: "c-7" });
    const call = async (tool: string, input: unknown): Promise<unknown> => {
      calls.push([tool, input]);
      throw gone;
    };
    await expect(beginTurn(session, call, "t", {})).rejects.toBe(gone);
    expect(calls).toEqual([
      ["turnmux.turn.begin", { turn: "t" }],
      ["turnmux.turn.end", { callId: "c-7" }],
    ]);
  });

  it("can be ended by the call that began it", async () => {
    const ids: string[] = [];
    const seen: Interceptor = (call, next) => {
      ids.push(call.callId);
      return next(call);
    };
    const house = new House({}, { gatewayInterceptors: [seen] });
    const { session } = await house.guest("ann");
    watch(session.beginTurn("t"));
    await house.time.settle();
    expect(house.side.lanes.counts.running).toBe(1);
    const ended = watch(session.call("turnmux.turn.end", { callId: ids[0] }));
    await house.time.settle();
    expect([ended.said, house.side.lanes.counts.running]).toEqual(['ok: {"ended":true}', 0]);
  });

  it("cannot be ended by whoever got its token, from another session", async () => {
    const house = new House();
    const ann = await house.guest("ann");
    const bob = await house.guest("bob");
    const began = ann.session.beginTurn("t-1");
    await house.time.settle();
    const { lineage } = await began;
    const ended = watch(bob.session.call("turnmux.turn.end", { lineage }));
    await house.time.settle();
    expect([ended.said, house.side.lanes.counts.running]).toEqual(['ok: {"ended":false}', 1]);
    const wrong = watch(ann.session.call("turnmux.turn.end", {}));
    await house.time.settle();
    expect(wrong.said).toBe("invalid_argument, not_started");
  });

  it("is over with its session, and a while after its owner went away, unless it comes back", async () => {
    const house = new House({}, { limits: { turnOwnerMs: 5_000 } });
    const ann = await house.guest("ann");
    const bob = await house.guest("bob");
    watch(ann.session.beginTurn("stays"));
    watch(bob.session.beginTurn("goes"));
    await house.time.settle();
    await house.time.advance(30_000);
    expect(house.side.lanes.counts.running).toBe(2);
    ann.carrier.cut();
    bob.carrier.cut();
    await house.time.advance(4_000);
    expect(house.side.lanes.counts.running).toBe(2);
    await ann.reconnect();
    await house.time.advance(4_000);
    expect(house.side.lanes.counts.running).toBe(1);
    const closed = ann.session.close();
    await house.time.settle();
    await closed;
    expect(house.side.lanes.counts.running).toBe(0);
  });

  it("may begin others on its behalf, as many as the client may have streams", async () => {
    const house = new House({}, { limits: { streams: 3 } });
    const { session } = await house.guest("ann");
    let lineage: string | undefined;
    for (let count = 0; count < 3; count++) {
      const began = session.beginTurn(`t-${count}`, { lineage });
      await house.time.settle();
      ({ lineage } = await began);
    }
    const further = watch(session.beginTurn("t-3", { lineage }));
    await house.time.settle();
    expect([further.said, further.error?.retryAfterMs]).toEqual(["resource_exhausted, not_started", 1_000]);
    watch(session.call("turnmux.turn.end", { lineage }));
    const other = watch(session.beginTurn("t-4", { lineage: "none" }));
    await house.time.settle();
    // There is room for it; it waits for the lane.
    expect([other.said, house.side.lanes.counts]).toEqual(["pending", { running: 2, waiting: 1 }]);
  });

  it("cannot be begun at a client, which has no lanes, nor can a tool of its own take one", async () => {
    const house = new House();
    const { session, gateway } = await house.guest("ann");
    const there = watch(gateway.beginTurn("t"));
    await house.time.settle();
    expect(there.said).toBe("unimplemented, not_started");
    expect(() => session.implement(tools, { talk: () => 1, pay: () => 1, book: () => 1, look: () => 1 })).toThrow(
      "LANE-007",
    );
    expect(() => session.beginTurn("")).toThrow("the turn's id");
  });
});

describe("a tool that takes the lane", () => {
  it("runs one call of a session at a time, in order, and those of other sessions beside it", async () => {
    const first = gate();
    const began: unknown[] = [];
    const house = new House({
      talk: (input) => {
        began.push(input);
        return input === 1 ? first.handler() : input;
      },
    });
    const ann = await house.guest("ann");
    const bob = await house.guest("bob");
    const calls = [1, 2, 3].map((input) => watch(ann.session.client(tools).talk(input)));
    const other = watch(bob.session.client(tools).talk("bob's"));
    await house.time.settle();
    expect([began, calls[1]?.said, other.said]).toEqual([[1, "bob's"], "pending", 'ok: "bob\'s"']);
    first.open("done");
    await house.time.settle();
    expect(began).toEqual([1, "bob's", 2, 3]);
    expect(calls.map(({ said }) => said)).toEqual(['ok: "done"', "ok: 2", "ok: 3"]);
  });

  it("does not start what was cancelled or is overdue while it waits, and frees the place", async () => {
    const first = gate();
    const house = new House({ talk: (input) => (input === 1 ? first.handler() : input) });
    const { session } = await house.guest("ann");
    watch(session.client(tools).talk(1));
    const stop = new AbortController();
    const cancelled = watch(session.client(tools).talk(2, { signal: stop.signal }));
    const overdue = watch(session.client(tools).talk(3, { timeoutMs: 500 }));
    const last = watch(session.client(tools).talk(4));
    await house.time.settle();
    stop.abort();
    await house.time.advance(600);
    expect([cancelled.said, overdue.said]).toEqual(["cancelled, not_started", "deadline_exceeded, not_started"]);
    expect(house.side.lanes.counts).toEqual({ running: 1, waiting: 1 });
    first.open();
    await house.time.settle();
    expect(last.said).toBe("ok: 4");
  });

  it("keeps the lane while its handler runs on for nobody", async () => {
    const stubborn = gate();
    const house = new House({ talk: (input) => (input === 1 ? stubborn.handler() : input) });
    const { session } = await house.guest("ann");
    const overdue = watch(session.client(tools).talk(1, { timeoutMs: 100 }));
    const next = watch(session.client(tools).talk(2));
    await house.time.advance(1_000);
    expect([overdue.said, next.said]).toEqual(["deadline_exceeded, failed", "pending"]);
    stubborn.open();
    await house.time.settle();
    expect(next.said).toBe("ok: 2");
  });

  it("claims its key when it has the lane: a repetition on behalf of the turn ahead does not wait for the call behind it", async () => {
    const house = new House();
    const { session } = await house.guest("ann");
    const began = session.beginTurn("t-1");
    await house.time.settle();
    const turn = await began;
    const behind = watch(session.client(tools).pay(1, { key: "k" }));
    await house.time.settle();
    const own = watch(turn.client(tools).pay(1, { key: "k" }));
    await house.time.settle();
    expect([own.said, behind.said]).toEqual(["ok: 1", "pending"]);
    watch(turn.end());
    await house.time.settle();
    expect(behind.said).toBe("ok: 1");
  });

  it("refuses more than the limit, as not started, and says when to try again", async () => {
    const first = gate();
    const house = new House({ talk: first.handler }, { limits: { laneQueue: 1 } });
    const { session } = await house.guest("ann");
    const calls = [1, 2, 3].map((input) => watch(session.client(tools).talk(input)));
    await house.time.settle();
    expect(calls[2]?.said).toBe("resource_exhausted, not_started");
    expect(calls[2]?.error?.retryAfterMs).toBe(1_000);
    expect(calls[2]?.error?.retryable).toBe(true);
  });

  it("is a turn of its own: what its handler causes is on its behalf, over any number of hops", async () => {
    const lineages: (string | undefined)[] = [];
    const house = new House({
      // It asks the client, which calls back into the lane of the same session.
      talk: async (input, call) => {
        lineages.push(call.lineage);
        if (input !== 1) return input;
        return house.side.latest.session.client(asked).ask(null, { lineage: call.lineage });
      },
    });
    const { session } = await house.guest("ann");
    session.implement(asked, {
      ask: (_input, call) => session.client(tools).talk("nested", { lineage: call.lineage }),
    });
    const call = watch(session.client(tools).talk(1));
    await house.time.settle();
    expect(call.said).toBe('ok: "nested"');
    expect(new Set(lineages).size).toBe(2);
    const ignored = watch(session.client(tools).talk("alone"));
    await house.time.settle();
    expect(ignored.said).toBe('ok: "alone"');
  });
});

describe("a cycle over two sessions", () => {
  /** Two clients: what is asked of one takes the lane of its own session, on behalf of whoever asks. */
  async function crossing(other: string) {
    const house = new House({
      // Its input names the guest that is asked.
      look: (input, call) => {
        const guest = input === "ann" ? ann : bob;
        return guest.gateway.client(asked).ask(null, { lineage: call.lineage });
      },
    });
    const ann = await house.guest("ann");
    const bob = await house.guest(other);
    for (const { session } of [ann, bob]) {
      session.implement(asked, {
        ask: (_input, call) => session.client(tools).talk("in turn", { lineage: call.lineage }),
      });
    }
    const [a, b] = [ann.session.beginTurn("a-1"), bob.session.beginTurn("b-1")];
    await house.time.settle();
    return { house, a: await a, b: await b };
  }

  it("is refused at once, where the wait would close it, and the other one goes on", async () => {
    const { house, a, b } = await crossing("ann");
    const refusals: unknown[] = [];
    const first = watch(a.client(tools).look("bob"));
    await house.time.settle();
    expect(first.said).toBe("pending");
    const second = watch(
      b
        .client(tools)
        .look("ann")
        .catch((error: unknown) => refusals.push(error)),
    );
    await house.time.settle();
    expect(second.said).not.toBe("pending");
    expect(first.said).toBe("pending");
    watch(b.end());
    await house.time.settle();
    expect(first.said).toBe('ok: "in turn"');
    watch(a.end());
    await house.time.settle();
    expect(house.side.lanes.counts).toEqual({ running: 0, waiting: 0 });
  });

  it.each([
    ["ann", ["b-1", "a-1"]],
    ["bob", ["a-1"]],
  ])("names the turns of whoever is refused alone, the other one being %s", async (other, named) => {
    const { house, a, b } = await crossing(other);
    watch(a.client(tools).look("bob"));
    await house.time.settle();
    const asks = { lane: "", principal: "ann", turn: "asks", lineage: b.lineage };
    // The lane of ann's session, on behalf of the turn of the other one.
    const [ann] = house.side.sessions;
    const verdict = await house.side.lanes.enter({ ...asks, lane: ann?.session.id ?? "" }).entered;
    expect(verdict).toMatchObject({
      kind: "refused",
      refusal: { code: "failed_precondition", outcome: "not_started" },
    });
    const { message, details } = verdict.kind === "refused" ? verdict.refusal : {};
    expect(message).toContain("it is a cycle");
    for (const turn of named) expect(message).toContain(`"${turn}"`);
    expect(message?.includes('"b-1"')).toBe(other === "ann");
    expect(details).toMatchObject({ cycle: expect.arrayContaining(named) });
  });
});
