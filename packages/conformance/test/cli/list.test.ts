import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/arguments.ts";
import { explain, list } from "../../src/cli/list.ts";
import { nearestTo } from "../../src/cli/nearest.ts";
import { CATALOGUE } from "./support/catalogue.ts";

const all = { command: "list", role: undefined, only: [] } as const;

describe("list", () => {
  it("names all cases with whom they are for and what they are about", () => {
    const text = list(CATALOGUE, all);
    expect(text).toMatch(/^frame\.unknown-type +gateway, client +FRAME-004\.1 +what frame\.unknown-type shows$/m);
    expect(text).toMatch(/\n7 cases\n$/);
  });

  it("names those of a role", () => {
    const text = list(CATALOGUE, { ...all, role: "client" });
    expect(text).toContain("frame.skipped-type");
    expect(text).toContain("frame.unknown-type");
    expect(text).not.toContain("text.member");
    expect(text).not.toContain("behaviour.echo");
  });

  it.each([
    ["FRAME-003", ["frame.reserved-bit"]],
    ["FRAME-004", ["frame.unknown-type", "frame.skipped-type"]],
    ["FRAME-004.2", ["frame.skipped-type"]],
    ["C*", ["call.one-end", "text.member", "behaviour.echo", "chan.batches"]],
    ["frame.*", ["frame.reserved-bit", "frame.unknown-type", "frame.skipped-type"]],
  ])("names those about %s", (pattern, ids) => {
    const lines =
      list(CATALOGUE, { ...all, only: [pattern] })
        .split("\n\n")[0]
        ?.split("\n") ?? [];
    expect(lines.map((line) => line.split(" ")[0])).toEqual(ids);
  });

  it.each([
    ["FRAME-005", "FRAME-003, FRAME-004"],
    ["frame.reserved", "frame.reserved-bit"],
    ["nothing.*", "matches no case"],
    ["AUTH-006", "AUTH-006 has no case: nobody can see all logs"],
  ])("refuses %s, and says what comes near it", (pattern, why) => {
    expect(() => list(CATALOGUE, { ...all, only: [pattern] })).toThrow(UsageError);
    expect(() => list(CATALOGUE, { ...all, only: [pattern] })).toThrow(why);
  });
});

describe("explain", () => {
  it("gives a requirement with its level, section, text, clauses and cases", () => {
    const text = explain(CATALOGUE, "FRAME-004");
    expect(text).toContain("FRAME-004  MUST  for gateway and client  section 2. Frames");
    expect(text).toContain("FRAME-004.2: A skipped one MUST NOT be.");
    expect(text).toMatch(/cases\n {2}frame\.unknown-type .*\n {2}frame\.skipped-type /);
  });

  it("gives a clause with its requirement", () => {
    const text = explain(CATALOGUE, "frame-004.2");
    expect(text).toMatch(/^FRAME-004\.2 {2}MUST/);
    expect(text).toContain("in\n  An unknown type MUST be an error. A skipped one MUST NOT be.");
    expect(text).toContain("frame.skipped-type");
    expect(text).not.toContain("frame.unknown-type");
  });

  it("gives a case with its requirements and what it needs", () => {
    const text = explain(CATALOGUE, "chan.batches");
    expect(text).toContain(
      "for gateway, client; carriage any; limits default; needs a peer that is started by a command; needs the",
    );
    expect(text).toContain("a failure is a warning; runs alone");
    expect(text).toContain("CHAN-006: Frames SHOULD leave together.");
  });

  it("says why a requirement has no case", () => {
    expect(explain(CATALOGUE, "AUTH-006")).toContain("AUTH-006 has no case: nobody can see all logs");
  });

  it("says for whom a requirement has no case, where the other role has", () => {
    for (const id of ["FRAME-004", "FRAME-004.2"]) {
      expect(explain(CATALOGUE, id)).toMatch(/no case for a gateway: a gateway skips nothing/);
    }
    expect(explain(CATALOGUE, "CARR-010")).toMatch(/no case for a client: nothing excuses that/);
    expect(explain(CATALOGUE, "FRAME-003")).not.toMatch(/no case/);
  });

  it("names the nearest where there is no such thing", () => {
    expect(() => explain(CATALOGUE, "FRAME-033")).toThrow("the nearest: FRAME-003");
    expect(() => explain(CATALOGUE, "zebra")).toThrow('there is no case and no requirement "zebra"');
  });
});

describe("what somebody may have meant", () => {
  it("is near, and the nearest comes first", () => {
    expect(nearestTo("chan.batchs", ["chan.batch", "chan.batches", "frame.skip"])).toEqual([
      "chan.batch",
      "chan.batches",
    ]);
    expect(nearestTo("zzzzzz", ["chan.batch"])).toEqual([]);
  });
});
