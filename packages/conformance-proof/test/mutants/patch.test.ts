import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allCases, allClauses } from "@turnmux/conformance";
import { loadCatalogue } from "../../src/mutants/catalogue.ts";
import { mutant } from "../../src/mutants/mutant.ts";
import { misfit, patched } from "../../src/mutants/patch.ts";
import { FAULTS } from "../../src/degenerate/peers.ts";

const file = "packages/core/src/wire/binary.ts";

describe("A patch", () => {
  it("changes the one place that it looks for", () => {
    expect(patched("m", "a b c", [{ file, find: "b", replace: "$&d" }])).toBe("a $&d c");
  });

  it.each([
    ["is nowhere", "d", "0 times"],
    ["is there twice", "a", "2 times"],
    ["is empty", "", "fits everywhere"],
  ])("does not fit where what it looks for %s", (_, find, sentence) => {
    expect(() => patched("m", "a b a", [{ file, find, replace: "x" }])).toThrow(sentence);
  });
});

describe("A mutant", () => {
  it("whose patch or file is not there says so", () => {
    const head = { id: "m", breaks: "FRAME-003", roles: ["gateway"], why: "does nothing" } as const;
    expect(misfit({ ...head, edits: [{ file, find: "no such text", replace: "" }] })).toContain("0 times");
    expect(misfit({ ...head, edits: [{ file: "packages/none.ts", find: "a", replace: "" }] })).toContain("none.ts");
    const [find = ""] = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8").split("\n\n");
    expect(misfit({ ...head, edits: [{ file, find, replace: find }] })).toBeUndefined();
  });

  it("has an id of its own, and changes something of somebody", () => {
    const definition = { id: "test.twice", breaks: "FRAME-003", file, find: "a", replace: "b", why: "is here twice" };
    mutant({ ...definition, roles: ["client"] });
    expect(() => mutant({ ...definition, roles: ["client"] })).toThrow("two mutants test.twice");
    expect(() => mutant({ ...definition, id: "test.nobody", roles: [] })).toThrow("changes nothing, or nobody");
  });
});

describe("The catalogue", () => {
  it("has mutants that can be made of the sources, and that break clauses which cases cover", async () => {
    const { mutants, problems } = await loadCatalogue();
    expect(problems).toEqual([]);
    const clauses = new Set(allClauses().map(({ id }) => id));
    const covered = new Set(allCases().flatMap(({ covers }) => covers));
    const planted = mutants.filter(({ id }) => !id.startsWith("test."));
    expect(planted.map(misfit).filter((sentence) => sentence !== undefined)).toEqual([]);
    expect(planted.filter(({ breaks }) => !clauses.has(breaks)).map(({ id }) => id)).toEqual([]);
    expect(planted.filter(({ breaks }) => !covered.has(breaks)).map(({ id }) => id)).toEqual([]);
  });

  it("has faults for peers that are none which can be made of the sources", () => {
    expect(FAULTS.map(misfit).filter((sentence) => sentence !== undefined)).toEqual([]);
  });
});
