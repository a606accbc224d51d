import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bookOf, reviewedAfter, reviewProblems } from "../../src/spec/book.ts";
import { EXCUSED } from "../../src/spec/excused.ts";
import { extract } from "../../src/spec/extract.ts";
import {
  allClauses,
  allRequirements,
  clause,
  requirement,
  requirementOf,
  REQUIREMENTS_FILE,
} from "../../src/spec/requirements.ts";

const spec = extract(readFileSync(new URL("../../../../docs/spec.md", import.meta.url), "utf8"), "docs/spec.md");

describe("docs/spec.md", () => {
  it("has only rules that can be told apart and held against a peer", () => {
    expect(spec.problems).toEqual([]);
    expect(spec.requirements.length).toBeGreaterThan(140);
  });

  it("is what requirements.json was made from (node scripts/dev.mjs requirements)", () => {
    expect(readFileSync(REQUIREMENTS_FILE, "utf8") === bookOf(spec.requirements)).toBe(true);
  });

  it("says what its cases were last looked at for (node scripts/dev.mjs requirements --reviewed ID)", () => {
    const file = readFileSync(new URL("../../src/spec/reviewed.json", import.meta.url), "utf8");
    expect(reviewProblems(spec.requirements, z.record(z.string(), z.string()).parse(JSON.parse(file)))).toEqual([]);
  });
});

describe("an excuse", () => {
  it("is for a MUST that there is, and a sentence that names a test which there is", () => {
    for (const [id, { role, why: sentence }] of Object.entries(EXCUSED)) {
      expect([id, clause(id)?.level]).toEqual([id, "MUST"]);
      expect(["both", role]).toContain(clause(id)?.role);
      expect(sentence).toMatch(/^[A-Z].*; kept by [^ ]+\.test\.ts\.$/);
      const [, test = ""] = /kept by ([^ ]+)\.$/.exec(sentence) ?? [];
      expect([test, existsSync(new URL(`../../../../${test}`, import.meta.url))]).toEqual([test, true]);
    }
  });
});

describe("a review", () => {
  const { requirements } = extract("- [A-001] A MUST b.\n- [A-002] C MUST d.", "spec.md");
  const [first, second] = requirements;

  it("is asked for where a text is new or has changed, by name, with the command that says it was done", () => {
    expect(reviewProblems(requirements, { "A-002": "as it was" })).toEqual([
      "A-001 is new: give it cases (turnmux-conformance list --requirement A-001), then run node scripts/dev.mjs requirements --reviewed A-001",
      "A-002 changed: look at its cases (turnmux-conformance list --requirement A-002), then run node scripts/dev.mjs requirements --reviewed A-002",
    ]);
  });

  it("is not asked for again until the text changes", () => {
    const reviewed = reviewedAfter(requirements, {}, new Set(["A-001", "A-002"]));
    expect(reviewed).toEqual({ "A-001": first?.hash, "A-002": second?.hash });
    expect(reviewProblems(requirements, reviewed)).toEqual([]);
  });

  it("of one requirement leaves the others as they were", () => {
    expect(reviewedAfter(requirements, { "A-001": "old" }, new Set(["A-002"]))).toEqual({
      "A-001": "old",
      "A-002": second?.hash,
    });
  });

  it("tells of an identifier that is gone", () => {
    const reviewed = reviewedAfter(requirements, {}, new Set(["A-001", "A-002"]));
    expect(reviewProblems(requirements.slice(0, 1), reviewed)).toEqual([
      "A-002 is gone from the specification: identifiers stay, with a sentence that says so",
    ]);
  });
});

describe("requirements.json", () => {
  it("has what the specification has, for those who have no repository", () => {
    expect(allRequirements()).toEqual(spec.requirements);
    expect(allClauses()).toEqual(spec.requirements.flatMap(({ clauses }) => clauses));
  });

  it("gives a requirement by its identifier, and by that of a clause", () => {
    expect(requirement("FRAME-003")?.text).toBe("The reserved bit R MUST be zero.");
    expect(requirement("FRAME-004.2")?.id).toBe("FRAME-004");
    expect(requirement("FRAME-999")).toBeUndefined();
  });

  it("tells which requirement a clause belongs to, whatever the level of the clause", () => {
    const ids = ["FRAME-004", "FRAME-004.2", "CHAN-002.should", "FLOW-006.should.1"];
    expect(ids.map(requirementOf)).toEqual(["FRAME-004", "FRAME-004", "CHAN-002", "FLOW-006"]);
    for (const { id, clauses } of allRequirements()) {
      expect(new Set(clauses.map((one) => requirementOf(one.id)))).toEqual(new Set([id]));
    }
  });

  it("gives a clause with its sentence", () => {
    expect(clause("FRAME-004.2")).toMatchObject({ level: "MUST", role: "both" });
    expect(clause("FRAME-004")).toBeUndefined();
  });
});
