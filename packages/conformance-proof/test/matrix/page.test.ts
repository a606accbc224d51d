import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  allCases,
  type Case,
  type CaseResult,
  type Excuse,
  type Requirement,
  type SpecRole,
  type Verdict,
} from "@turnmux/conformance";
import { describe, expect, it, onTestFinished } from "vitest";
import { DEGENERATE_PEERS } from "../../src/degenerate/peers.ts";
import { judged } from "../../src/degenerate/run.ts";
import { TOLERATED } from "../../src/degenerate/tolerated.ts";
import { OptionError, readOptions } from "../../src/options.ts";
import { coverageOf } from "../../src/matrix/coverage.ts";
import { matrix, page, table, type Outcome } from "../../src/matrix/page.ts";
import { differences, writePage } from "../../src/matrix/published.ts";
import { unsteady } from "../../src/matrix/repeat.ts";
import { countsOf, wrongIn, type RowResult } from "../../src/matrix/rows-run.ts";
import { allRows } from "../../src/matrix/rows.ts";
import { tallyOf } from "../../src/matrix/tally.ts";

function result(id: string, verdict: Verdict, covers: readonly string[] = []): CaseResult {
  return { id, title: id, covers, verdict, ms: 1, ...(verdict === "pass" ? {} : { sentence: `${id} went wrong` }) };
}

const [FIRST] = allRows().rows;

function row(...results: CaseResult[]): RowResult {
  if (FIRST === undefined) throw new Error("there are no rows");
  return { row: FIRST, results, counts: countsOf(results), ms: 1, error: undefined };
}

function requirement(id: string, ...levels: ("MUST" | "SHOULD")[]): Requirement {
  const clauses = levels.map((level, index) => ({
    id: `${id}.${index + 1}`,
    level,
    role: "both" as const,
    text: `${id} text`,
  }));
  return { id, level: "MUST", role: "both", section: "1. One", text: id, hash: "", clauses };
}

function entry(id: string, ...covers: string[]): Case {
  return { id, title: id, covers, role: "both", run: async () => {} };
}

function forRole(role: "gateway" | "client", id: string, ...covers: string[]): Case {
  return { ...entry(id, ...covers), role };
}

function excuse(role: SpecRole): Excuse {
  return { role, why: "x" };
}

const NOTHING: Outcome = { rows: [], coverage: undefined, mutants: undefined, areas: new Map(), degenerate: undefined };

describe("Coverage", () => {
  const requirements = [requirement("A-001", "MUST", "MUST", "SHOULD")];

  it("counts the MUSTs that a case covers, and those that have an excuse", () => {
    const coverage = coverageOf({
      requirements,
      cases: [entry("a", "A-001.1")],
      excused: { "A-001.2": excuse("both") },
      results: [],
    });
    const counts = { musts: 2, covered: 1, excused: 1 };
    expect(coverage.problems).toEqual([]);
    expect(coverage.all).toEqual({ musts: 2, roles: { gateway: counts, client: counts } });
    expect(coverage.sections).toEqual([{ section: "1. One", ...coverage.all }]);
  });

  it("counts what binds both for each of them: a case for one says nothing of the other", () => {
    const cases = [forRole("gateway", "a", "A-001.1", "A-001.2"), forRole("client", "b", "A-001.2")];
    const { all, problems } = coverageOf({ requirements, cases, excused: {}, results: [] });
    expect(all.roles).toMatchObject({ gateway: { covered: 2 }, client: { musts: 2, covered: 1, excused: 0 } });
    expect(problems).toEqual(["A-001.1 has no case for a client, and no excuse: A-001 text"]);
    const excused = { "A-001.1": excuse("client") };
    const better = coverageOf({ requirements, cases, excused, results: [] });
    expect(better.all.roles).toMatchObject({ gateway: { excused: 0 }, client: { covered: 1, excused: 1 } });
    expect(better.problems).toEqual([]);
  });

  it.each([
    ["a MUST has neither", [entry("a", "A-001.1")], {}, "A-001.2 has no case for a gateway, and no excuse"],
    ["a case covers what is not there", [entry("a", "A-001.9")], {}, "a covers A-001.9, and there is no such clause"],
    [
      "what is excused is covered",
      [entry("a", "A-001.1")],
      { "A-001.1": excuse("both") },
      "A-001.1 is excused for a client, and a covers it",
    ],
    ["what is excused is not there", [], { "B-001": excuse("both") }, "B-001 is excused, and there is no such clause"],
    [
      "a case for one role cites what binds the other",
      [forRole("gateway", "a", "C-001.1")],
      {},
      "a is for a gateway, and covers C-001.1, which binds a client alone",
    ],
    [
      "what does not bind a role is excused for it",
      [],
      { "C-001.1": excuse("gateway") },
      "C-001.1 is excused for a gateway, which it does not bind",
    ],
  ])("says where %s", (_, cases, excused, sentence) => {
    const [only] = requirement("C-001", "MUST").clauses;
    if (only === undefined) throw new Error("there is no clause");
    const client: Requirement = { ...requirement("C-001"), clauses: [{ ...only, role: "client" }] };
    const { problems } = coverageOf({ requirements: [...requirements, client], cases, excused, results: [] });
    expect(problems.join("\n")).toContain(sentence);
  });

  it("counts nothing that only cases cover which did not pass", () => {
    const cases = [entry("a", "A-001.1"), entry("b", "A-001.2")];
    const results = [
      { role: "gateway", results: [result("a", "pass"), result("b", "pass")] },
      { role: "client", results: [result("a", "pass"), result("b", "unsupported")] },
    ] as const;
    const { all, problems } = coverageOf({ requirements, cases, excused: {}, results });
    expect(all.roles).toMatchObject({ gateway: { covered: 2 }, client: { covered: 1 } });
    expect(problems).toEqual(["A-001.2: no case that covers it passed for a client: b"]);
  });
});

describe("The page", () => {
  it("is the same as long as the same comes of it, and red where something else does", () => {
    const folder = mkdtempSync(join(tmpdir(), "conformance-page-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "conformance.md");
    const good: Outcome = { ...NOTHING, rows: [row(result("a", "pass"), result("b", "unsupported"))] };
    expect(differences(page(good), path)).toHaveLength(1);
    writePage(page(good), path);
    expect(differences(page(good), path)).toEqual([]);
    const other: Outcome = { ...NOTHING, rows: [row(result("a", "pass"), result("b", "fail"))] };
    expect(differences(page(other), path).join("\n")).toMatch(/conformance\.md:\d+ is ".*", and came out as ".*"/);
  });

  it("keeps what was not run as it is", () => {
    const reference: Outcome = { ...NOTHING, rows: [row(result("a", "pass"))] };
    const before = page({
      ...reference,
      coverage: coverageOf({ requirements: [], cases: [], excused: {}, results: [] }),
    });
    const after = page({ ...NOTHING, rows: [row(result("a", "fail"))] }, before);
    expect(after).not.toBe(before);
    expect(page(reference, after)).toBe(before);
    expect(page(NOTHING, before)).toBe(before);
  });

  it("has one line for each row", () => {
    const lines = matrix({ ...NOTHING, rows: [row(result("a", "pass"), result("b", "fail"))] });
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/\|\s+2 \|\s+1 \|\s+1 \|\s+0 \|\s+0 \|$/);
  });

  it("sets numbers to the right, and keeps bars inside of cells", () => {
    expect(table(["a", "n"], [["x|y", 10]])).toEqual(["| a    |   n |", "| ---- | --: |", "| x\\|y |  10 |"]);
  });
});

describe("A run", () => {
  it("is wrong where a case fails, warns, or could not be run", () => {
    const run = row(
      result("a", "pass"),
      result("b", "fail"),
      result("c", "warn"),
      result("d", "error"),
      result("e", "unsupported"),
    );
    expect(wrongIn(run)).toHaveLength(3);
    expect(wrongIn({ ...run, results: [], error: "no peer" })).toEqual([`${run.row.name}: no peer`]);
    expect(tallyOf({ ...NOTHING, rows: [run] }, 3)).toEqual({ passed: 1, failed: 3 });
    expect(tallyOf({ ...NOTHING, rows: [row(result("a", "pass"))] }, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it("that is repeated tells of a case that is not the same every time", () => {
    const good = row(result("a", "pass"), result("b", "pass"));
    expect(unsteady([good, good])).toEqual([]);
    const told = unsteady([good, row(result("a", "pass"), result("b", "fail"))]).join("\n");
    expect(told).toContain("b: pass 1 times, fail 1 times in 2 runs: b went wrong");
    expect(unsteady([good, row(result("a", "pass"))])).toHaveLength(1);
  });
});

describe("A peer that is none", () => {
  const [peer] = DEGENERATE_PEERS;
  if (peer === undefined) throw new Error("there are none");
  const failures = Array.from({ length: 99 }, (_, index) => result(`f.${index}`, "fail"));

  it("is as it should be where it fails everything", () => {
    expect(judged(peer, "gateway", [...failures, result("u", "unsupported")])).toMatchObject({
      cases: 99,
      failed: 99,
      problems: [],
    });
  });

  it("tells of a case that it passes, and of too many", () => {
    expect(judged(peer, "gateway", [...failures, result("p", "pass")]).problems).toHaveLength(1);
    const many = Array.from({ length: 20 }, (_, index) => result(`p.${index}`, "pass"));
    expect(judged(peer, "gateway", [...failures, ...many]).problems).toHaveLength(21);
  });
});

describe("What peers that are none may pass", () => {
  it("are cases that there are, and peers that there are", () => {
    const [cases, peers] = [new Set(allCases().map(({ id }) => id)), new Set(DEGENERATE_PEERS.map(({ id }) => id))];
    expect(Object.keys(TOLERATED).filter((id) => !cases.has(id))).toEqual([]);
    expect(Object.values(TOLERATED).flatMap((one) => one.peers.filter((id) => !peers.has(id)))).toEqual([]);
  });
});

describe("The command line", () => {
  it("takes everything unless it is told otherwise", () => {
    expect(readOptions([])).toMatchObject({ write: false, check: false, seed: 1, peers: undefined, repeat: undefined });
    expect([...readOptions(["--only", "python,mutants"]).parts]).toEqual(["python", "mutants"]);
  });

  it.each([
    [["--only", "nothing"]],
    [["--check", "--only", "coverage"]],
    [["--write", "--peer", "gateway-binary"]],
    [["--write", "--check"]],
    [["--load"]],
    [["--repeat", "no"]],
    [["--dance"]],
  ])("refuses %s", (args) => {
    expect(() => readOptions(args)).toThrow(OptionError);
  });
});
