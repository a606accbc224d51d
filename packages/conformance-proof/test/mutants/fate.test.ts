import { allClauses, type Verdict } from "@turnmux/conformance";
import { expect, it } from "vitest";
import { kills, whyNotKilled, type Finding } from "../../src/mutants/fate.ts";

const MUST = "FLOW-001.2";
const SHOULD = allClauses().find(({ level }) => level === "SHOULD")?.id ?? "none";

function finding(verdict: Verdict, requirement?: string): Finding {
  return { id: "some.case", verdict, sentence: "It did not.", ...(requirement === undefined ? {} : { requirement }) };
}

it("kills where a case fails that blames nothing, the clause, or another of the same requirement", () => {
  expect(kills(MUST, finding("fail"))).toBe(true);
  expect(kills(MUST, finding("fail", "FLOW-001.2"))).toBe(true);
  expect(kills(MUST, finding("fail", "FLOW-001.1"))).toBe(true);
  expect(kills(MUST, finding("fail", "FLOW-001"))).toBe(true);
});

it("does not kill where the case that fails blames another requirement", () => {
  expect(kills(MUST, finding("fail", "FLOW-002"))).toBe(false);
  expect(kills(MUST, finding("fail", "FLOW-0012"))).toBe(false);
});

it("does not kill a mutant of a MUST by a warning, and one of a SHOULD it does", () => {
  expect(SHOULD).not.toBe("none");
  expect(kills(MUST, finding("warn"))).toBe(false);
  expect(kills(SHOULD, finding("warn"))).toBe(true);
  expect(kills("TEST-001", finding("warn"))).toBe(false);
});

it("does not kill by what passes, cannot be judged, or goes wrong by itself", () => {
  for (const verdict of ["pass", "unsupported", "error"] as const) {
    expect(kills(MUST, finding(verdict))).toBe(false);
    expect(kills(SHOULD, finding(verdict))).toBe(false);
  }
});

it("says why a failure does not count", () => {
  expect(whyNotKilled(MUST, finding("fail", "FLOW-002"))).toBe(
    "some.case fails for FLOW-002, and not for FLOW-001.2: It did not.",
  );
  expect(whyNotKilled(MUST, finding("warn"))).toBe("some.case only warns: It did not.");
  expect(whyNotKilled(MUST, finding("unsupported"))).toBe("some.case is unsupported: It did not.");
});
