import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { NAME_SLOTS, ReceivedNames, SentNames } from "../../src/peer/interned.ts";
import type { OpenFrame } from "../../src/wire/frame.ts";
import { violationOf } from "../wire/support/violation.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { accept, goaway, ok, open, valueOf } from "../support/raw.ts";

const tools = defineTools({
  look: tool({ description: "Looks", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

const named = (name: string | number, turn?: string | number): OpenFrame => open(1, name, null, { turn });
const names = (frame: OpenFrame): readonly unknown[] =>
  frame.turn === undefined ? [frame.tool] : [frame.tool, frame.turn];

describe("the table of names that are sent [CALL-016]", () => {
  it("takes the tool first, then the turn", () => {
    const sent = new SentNames();
    expect(names(sent.written(named("a", "t")))).toEqual(["a", "t"]);
    expect(names(sent.written(named("a", "t")))).toEqual([0, 1]);
    expect(names(sent.written(named("t", "a")))).toEqual([1, 0]);
    expect(names(sent.written(named("b")))).toEqual(["b"]);
    expect(names(sent.written(named("b", "b")))).toEqual([2, 2]);
  });

  it("changes nothing else in a frame", () => {
    const sent = new SentNames();
    const more = { key: "k", deadlineMs: 5, priority: 2, lineage: "l", trace: "w", meta: { m: "v" }, more: true };
    const frame = open(7, "a", "arguments", { ...more, turn: "t" });
    sent.written(frame);
    expect(sent.written(frame)).toEqual({ ...frame, tool: 0, turn: 1 });
  });

  it("forgets the oldest name for the 65th", () => {
    const sent = new SentNames();
    for (let n = 0; n <= NAME_SLOTS; n++) expect(sent.written(named(`n${n}`)).tool).toBe(`n${n}`);
    expect(sent.written(named(`n${NAME_SLOTS}`)).tool).toBe(0);
    expect(sent.written(named("n1")).tool).toBe(1);
    expect(sent.written(named("n0")).tool).toBe("n0");
    expect(sent.written(named("n0")).tool).toBe(1);
    expect(sent.written(named("n1")).tool).toBe("n1");
  });

  it("gives no number to a tool whose name is too long, so that encoding refuses it", () => {
    const sent = new SentNames();
    const long = "é".repeat(33);
    sent.written(named("a", long));
    expect(names(sent.written(named(long, long)))).toEqual([long, 1]);
  });
});

describe("the table of names that arrive [CALL-016]", () => {
  it("gives back what was sent, whatever the names are", () => {
    const sent = new SentNames();
    const received = new ReceivedNames();
    for (let n = 0; n < 1_000; n++) {
      const given = named(`tool.${(n * n) % 90}`, n % 3 === 0 ? undefined : `turn.${Math.floor(n / 10)}`);
      expect(names(received.named(sent.written(given)))).toEqual(names(given));
    }
  });

  it("takes a string that it knows for no new one", () => {
    const received = new ReceivedNames();
    for (const name of ["a", "b", "a", "a", "c"]) received.named(named(name));
    expect([0, 1, 2].map((number) => received.named(named(number)).tool)).toEqual(["a", "b", "c"]);
    expect(violationOf(() => received.named(named(3))).requirement).toBe("CALL-017");
  });

  it("knows the tool of an OPEN when its turn is looked up, and not the other way round", () => {
    const received = new ReceivedNames();
    expect(received.named(named("a", 0)).turn).toBe("a");
    expect(violationOf(() => received.named(named(1, "b"))).requirement).toBe("CALL-017");
  });

  it.each([1, 63, 64, 65, 2 ** 32, Number.MAX_SAFE_INTEGER])("refuses %d where it stands for nothing", (number) => {
    const received = new ReceivedNames();
    received.named(named("a"));
    const violation = violationOf(() => received.named(named("a", number)));
    expect(violation).toMatchObject({
      requirement: "CALL-017",
      message: 'OPEN: "turn" is a number for which no OPEN before has given a string',
    });
  });

  it("keeps 64 names, whatever comes", () => {
    const received = new ReceivedNames();
    for (let n = 0; n < 10_000; n++) received.named(named(`n${n}`));
    const kept = Array.from({ length: NAME_SLOTS }, (_, number) => received.named(named(number)).tool);
    expect(new Set(kept)).toEqual(new Set(Array.from({ length: NAME_SLOTS }, (_, n) => `n${9_999 - n}`)));
    expect(violationOf(() => received.named(named(NAME_SLOTS))).requirement).toBe("CALL-017");
  });
});

describe("a client", () => {
  it("says a tool's name once and its number then, and defines nothing by a call that it took back", async () => {
    const { raw, time, session } = await ClientUnderTest.open();
    raw.take();
    const given = new AbortController();
    const gone = session.call("taken.back", 1, { signal: given.signal }).catch((error: unknown) => error);
    given.abort();
    const calls = ["one", "two", "one", "two", "three"].map((name) =>
      session.call(name, 1).catch((error: unknown) => error),
    );
    await time.settle();
    expect(raw.all("open").map(names)).toEqual([["one"], ["two"], [0], [1], ["three"]]);
    raw.say(goaway(14));
    await time.settle();
    await Promise.all([gone, ...calls]);
  });
});

describe("a gateway", () => {
  it("learns names from OPENs that it refuses or drops, too", async () => {
    const { raw, time, side, acceptor, session } = await GatewayUnderTest.open({ limits: { streams: 1 } });
    side.registry.implement(tools, { look: (input) => (input === "hold" ? new Promise(() => {}) : input) });
    raw.say(open(1, "look", "hold"), open(3, "refused", 1));
    await time.settle();
    expect(raw.only("end")).toMatchObject({ stream: 3, code: 8 });
    const called = session.call("client.tool", 1).catch((error: unknown) => error);
    acceptor.drain("bye", undefined);
    await time.settle();
    raw.take();
    // Beyond GOAWAY's last stream: dropped.
    raw.say(open(5, "dropped", 1), open(7, 1, 2), open(9, 2, 3));
    raw.say(accept(2), ok(2, "answer"));
    await time.settle();
    expect(raw.all("goaway")).toEqual([]);
    expect(await called).toBe("answer");
    raw.carrier.cut();
    await time.settle();
  });

  it("runs the tool that a number stands for", async () => {
    const { raw, time, side } = await GatewayUnderTest.open();
    const turns: unknown[] = [];
    side.registry.implement(tools, {
      look: (input, call) => {
        turns.push(call.turn);
        return input;
      },
    });
    raw.say(open(1, "look", "a", { turn: "t1" }), open(3, 0, "b", { turn: 1 }), open(5, 0, "c"));
    await time.settle();
    expect(raw.all("end").map((end) => [end.stream, valueOf(end)])).toEqual([
      [1, "a"],
      [3, "b"],
      [5, "c"],
    ]);
    expect(turns).toEqual(["t1", "t1", undefined]);
  });
});
