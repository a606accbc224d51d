import { describe, expect, it } from "vitest";
import { extract, sentencesOf, type Requirement } from "../../src/spec/extract.ts";

function only(text: string): Requirement {
  const { requirements, problems } = extract(text, "spec.md");
  expect(problems).toEqual([]);
  const [first] = requirements;
  if (first === undefined) throw new Error("no requirement");
  expect(requirements).toHaveLength(1);
  return first;
}

function problemsOf(...lines: readonly string[]): readonly string[] {
  return extract(lines.join("\n"), "spec.md").problems;
}

describe("a requirement", () => {
  it("is a list item with an identifier, over several lines, below its heading", () => {
    const text = ["## 2. Frames", "", "- [FRAME-003] The reserved bit", "  MUST be zero.", "", "More text."].join("\n");
    expect(only(text)).toMatchObject({
      id: "FRAME-003",
      level: "MUST",
      role: "both",
      section: "2. Frames",
      text: "The reserved bit MUST be zero.",
      clauses: [{ id: "FRAME-003", level: "MUST", role: "both", text: "The reserved bit MUST be zero." }],
    });
  });

  it("has a hash that changes with its words, and not with its line breaks", () => {
    const one = only("- [FRAME-003] R MUST be\n  zero.").hash;
    expect(only("- [FRAME-003] R MUST\n  be zero.").hash).toBe(one);
    expect(only("- [FRAME-003] R MUST be one.").hash).not.toBe(one);
  });

  it("with several MUSTs has a numbered clause for each, with its sentence", () => {
    const { clauses } = only("- [FLOW-001] A side MUST count. It MUST NOT send more, and MUST stop (now).");
    expect(clauses.map(({ id, text }) => [id, text])).toEqual([
      ["FLOW-001.1", "A side MUST count."],
      ["FLOW-001.2", "It MUST NOT send more, and MUST stop (now)."],
      ["FLOW-001.3", "It MUST NOT send more, and MUST stop (now)."],
    ]);
  });

  it("names clauses of a lower level than its own by that level", () => {
    const { level, clauses } = only("- [CONT-006] A SHOULD b. C MUST d. E MAY f. G MAY h.");
    expect(level).toBe("MUST");
    expect(clauses.map(({ id }) => id)).toEqual(["CONT-006.should", "CONT-006", "CONT-006.may.1", "CONT-006.may.2"]);
  });

  it("that only asks or allows has the level SHOULD or MAY", () => {
    expect(only("- [CHAN-006] Frames SHOULD leave, and MAY stay.").level).toBe("SHOULD");
    expect(only("- [CALL-003] A receiver MAY say it again.").clauses).toMatchObject([{ id: "CALL-003", level: "MAY" }]);
  });

  it("binds the gateway or the client where its sentences say so", () => {
    expect(only("- [HAND-001] A client MUST speak first.").role).toBe("client");
    expect(only("- [HAND-001] A gateway that drains MUST say so.").role).toBe("gateway");
    expect(only("- [HAND-001] When it drains the gateway MUST say so.").role).toBe("gateway");
    expect(only("- [HAND-001] A side MUST answer the client.").role).toBe("both");
  });

  it("that binds both has clauses that bind one", () => {
    const { role, clauses } = only("- [HAND-011] A gateway MUST offer. A client MUST offer likewise.");
    expect(role).toBe("both");
    expect(clauses.map((clause) => clause.role)).toEqual(["gateway", "client"]);
  });
});

describe("a problem names the line", () => {
  it("where an RFC word stands outside of a numbered item", () => {
    expect(problemsOf("Text.", "A side MUST do it.")).toEqual([
      "spec.md:2: the word MUST stands outside of a numbered item",
    ]);
    expect(problemsOf("- [FRAME-001] R MUST be.", "", "  It MAY not.")).toEqual([
      "spec.md:3: the word MAY stands outside of a numbered item",
    ]);
    expect(problemsOf("The field is OPTIONAL.")).toEqual([
      "spec.md:1: the word OPTIONAL stands outside of a numbered item",
    ]);
  });

  it("but not for the sentence that says what the words mean, nor for small letters", () => {
    expect(problemsOf("MUST and MAY are used as in RFC 2119.", "It must not, and may.")).toEqual([]);
  });

  it("where an identifier is there twice", () => {
    expect(problemsOf("- [FRAME-001] R MUST be.", "- [FRAME-001] S MUST be.")).toEqual([
      "spec.md:2: FRAME-001 is there twice",
    ]);
  });

  it("where an identifier stands behind a greater one of its area", () => {
    expect(problemsOf("- [FRAME-002] R MUST be.", "- [HAND-001] T MUST be.", "- [FRAME-001] S MUST be.")).toEqual([
      "spec.md:3: FRAME-001 stands behind FRAME-002",
    ]);
  });

  it("where an item has no RFC word", () => {
    expect(problemsOf("- [FRAME-001] R is zero.")).toEqual([
      "spec.md:1: FRAME-001 has none of the words MUST, SHOULD and MAY",
    ]);
  });

  it("where an item has an RFC word that has a synonym, or one that can be read in two ways", () => {
    const sentence = "MUST, MUST NOT, SHOULD, SHOULD NOT or MAY say it";
    expect(problemsOf("- [FRAME-001] R SHALL be, and MUST be.")).toEqual([
      `spec.md:1: FRAME-001 has the word SHALL: ${sentence}`,
    ]);
    expect(problemsOf("- [FRAME-001] R MAY NOT be.")).toEqual([
      `spec.md:1: FRAME-001 has the word MAY NOT: ${sentence}`,
    ]);
  });

  it("where an item's identifier is none", () => {
    expect(problemsOf("- [FRAME-1] R MUST be.")).toEqual(["spec.md:1: FRAME-1 is no identifier like FRAME-003"]);
  });
});

it("cuts sentences behind full stops, and not within numbers, brackets and code", () => {
  expect(sentencesOf("It is 2.5 (e.g. x). (So it MUST.) `a` is. And b: C? D.")).toEqual([
    "It is 2.5 (e.g. x).",
    "(So it MUST.)",
    "`a` is.",
    "And b: C?",
    "D.",
  ]);
});
