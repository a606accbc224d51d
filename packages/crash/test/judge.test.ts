import { describe, expect, it } from "vitest";
import { judge } from "../src/judge/judge.ts";
import { timelineOf } from "../src/judge/timeline.ts";
import { not, ok, Story } from "./support/story.ts";

/** What is wrong, without identifiers. */
function faults(story: Story): string[] {
  return judge(story.evidence).violations.map(({ fault }) => fault);
}

describe("what is right", () => {
  it("is one effect, and its caller told of it", () => {
    const story = new Story().asks("a").runs("r", "a").effect("e", "r", "a").told("a", ok("e")).leaves();
    expect(judge(story.evidence)).toMatchObject({ calls: 1, violations: [], problems: [] });
  });

  it("is an effect of which nobody knows, told as unknown and then replayed", () => {
    const story = new Story().asks("a").runs("r", "a").told("a", not("unknown")).effect("e", "r", "a");
    expect(faults(story.asks("b").told("b", ok("e")))).toEqual([]);
  });

  it("is a retry that takes effect, after a call that said it had none", () => {
    const story = new Story().asks("a").runs("r", "a").told("a", not("failed"));
    expect(faults(story.asks("b").runs("s", "b").effect("e", "s", "b").told("b", ok("e")))).toEqual([]);
  });

  it("is a call that was not started while an earlier one had the effect", () => {
    const story = new Story().asks("a").runs("r", "a").effect("e", "r", "a").told("a", not("unknown"));
    expect(faults(story.asks("b").told("b", not("not_started")))).toEqual([]);
  });

  it("is a call without an ending in a process that was killed", () => {
    const { violations, problems } = judge(new Story().asks("a").kills("c1#1").evidence);
    expect([violations, problems]).toEqual([[], []]);
  });

  it("is a second effect in another process, where the tool may run again after a crash", () => {
    const story = new Story("once.again").asks("a").runs("r", "a").effect("e", "r", "a").kills("gateway#1");
    expect(faults(story.runs("s", "a", "gateway#2").effect("f", "s", "a", "gateway#2").told("a", ok("f")))).toEqual([]);
  });

  it("is any number of effects of an idempotent tool", () => {
    const story = new Story("plain.put").asks("a").runs("r", "a").effect("e", "r", "a");
    expect(faults(story.runs("s", "a").effect("f", "s", "a").told("a", ok("f")))).toEqual([]);
  });
});

describe("lost", () => {
  it("is an effect that was told ok and is not there", () => {
    expect(faults(new Story().asks("a").told("a", ok("e")))).toEqual(["lost"]);
  });

  it("is an effect that was told completed and is not there", () => {
    expect(faults(new Story().asks("a").told("a", not("completed")))).toEqual(["lost"]);
  });

  it("is a call without an ending in a process that was not killed", () => {
    expect(faults(new Story().asks("a").leaves())).toEqual(["lost"]);
  });

  it("is a call that hung before its process was killed", () => {
    expect(faults(new Story().asks("a").hangs("a").kills("c1#1"))).toEqual(["lost"]);
  });

  it("is an effect that an outcome names and that is not there", () => {
    expect(faults(new Story().looks({ state: "settled", ending: ok("e") }))).toEqual(["lost"]);
  });
});

describe("duplicated", () => {
  it("is each effect beyond the first", () => {
    const story = new Story().asks("a").runs("r", "a").effect("e", "r", "a").told("a", not("unknown"));
    story.asks("b").runs("s", "b").effect("f", "s", "b").told("b", not("unknown"));
    expect(faults(story.asks("c").runs("t", "c").effect("g", "t", "c"))).toContain("duplicated");
    expect(faults(story).filter((fault) => fault === "duplicated")).toHaveLength(2);
  });

  it("is a second effect in one process, also where the tool may run again after a crash", () => {
    const story = new Story("once.again").asks("a").runs("r", "a").effect("e", "r", "a");
    expect(faults(story.runs("s", "a").effect("f", "s", "a").told("a", ok("f")))).toEqual(["duplicated"]);
  });
});

describe("untrue", () => {
  const taken = (): Story => new Story().asks("a").runs("r", "a").effect("e", "r", "a");

  it("is not_started of a call that took effect, even later", () => {
    expect(faults(taken().told("a", not("not_started")))).toEqual(["untrue"]);
    const late = new Story().asks("a").told("a", not("not_started")).runs("r", "a").effect("e", "r", "a");
    expect(faults(late)).toEqual(["untrue"]);
  });

  it("is failed of a call that took effect", () => {
    expect(faults(taken().told("a", not("failed")))).toEqual(["untrue"]);
  });

  it("is failed of a call that joined a run which took effect", () => {
    expect(faults(taken().told("a", not("unknown")).asks("b").told("b", not("failed")))).toEqual(["untrue"]);
  });

  it("is another effect than the ledger's", () => {
    expect(faults(taken().told("a", ok("f")))).toEqual(["untrue"]);
  });

  it("is ok before the effect", () => {
    const story = new Story().asks("a").runs("r", "a").told("a", ok("e")).effect("e", "r", "a");
    expect(faults(story)).toEqual(["untrue"]);
  });

  it("is an answer that is not what the tool answers", () => {
    expect(faults(new Story("plain.sum").asks("a").told("a", ok("e"), "another length"))).toEqual(["untrue"]);
  });

  it("is a conflict of a key with itself", () => {
    const conflict = { ok: false, code: "already_exists", outcome: "not_started", message: "no" } as const;
    expect(faults(new Story().asks("a").told("a", conflict))).toEqual(["untrue"]);
  });

  it("is an outcome that knows of nothing, or of no effect, after an effect", () => {
    expect(faults(taken().told("a", not("unknown")).looks({ state: "none" }))).toEqual(["untrue"]);
    const settled = { state: "settled", ending: not("failed") } as const;
    expect(faults(taken().told("a", not("unknown")).looks(settled))).toEqual(["untrue"]);
  });

  it("is an effect that nobody asked for", () => {
    expect(faults(new Story().runs("r", "nobody's").effect("e", "r", "nobody's"))).toEqual(["untrue"]);
  });
});

describe("a problem", () => {
  it("is a process that ended by itself, one that did not leave, and a session that broke a rule", () => {
    expect(judge(new Story().exits("c1#1").session("violation").evidence).problems).toEqual([
      "c1#1 ended by itself: exit code 1",
      "a session of c1 ended: violation, internal, a rule was broken",
    ]);
    expect(judge(new Story().evidence).problems).toEqual(["c1#1 did not end in order"]);
  });
});

it("tells the story of an intent in the order in which it happened", () => {
  const story = new Story().asks("a").runs("r", "a").effect("e", "r", "a").kills("gateway#1").kills("c2#1");
  const lines = timelineOf(story.told("a", not("unknown")).looks({ state: "none" }).evidence, "i");
  expect(lines.map((line) => line.replace(/^.* ms {2}/, ""))).toEqual([
    'c1  wants once.plain, key k, {"intent":"i","before":0,"after":0,"how":"work","octets":0,"items":0}',
    "c1#1  call a, deadline 1000 ms, key k",
    "gateway#1  run r begins, for call a",
    "gateway#1  EFFECT e of run r",
    "gateway#1  kill",
    "c1#1  call a told aborted, unknown: no",
    "c1  outcome: none",
  ]);
});
