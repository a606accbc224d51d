/**
 * The report as JUnit XML, as CI systems read it.
 *
 * @module
 */
import type { CaseResult, RunReport } from "../suite/verdict.ts";
import type { Assessment } from "./assessment.ts";
import type { Expected } from "./expectations.ts";
import { type Element, xmlDocument } from "./xml.ts";

/** What a report is made of. */
export interface JUnitSource {
  readonly runs: readonly RunReport[];
  readonly assessment: Assessment;
  readonly expectations: readonly Expected[];
  /** The text of a requirement or clause. */
  readonly textOf: (clause: string) => string | undefined;
  /** What was chosen: patterns, none for all. */
  readonly only: readonly string[];
  /** The file of known failures. */
  readonly expect: string | undefined;
  /** Cases of the role and its carriages that were not chosen. */
  readonly left: number;
}

/**
 * One suite for each carriage, one test case for each case. What is unsupported, and what fails as it was expected to, is
 * skipped; a warning is output of a test that passed. Stale lines of the list of known failures are a suite of their own.
 */
export function junitReport(source: JUnitSource): string {
  const suites = source.runs.map((run) => suiteOf(run, source));
  const { stale, objections } = source.assessment;
  const complaints = [
    ...stale.map(({ expected, sentence }) => ({
      name: expected.id,
      sentence,
      detail: `line ${expected.line} of the list`,
    })),
    ...objections.map((sentence) => ({ name: "verdict", sentence, detail: "" })),
  ];
  if (complaints.length > 0) {
    const name = "turnmux-conformance.run";
    const tests = complaints.map(({ name: test, sentence, detail }) => ({
      name: "testcase",
      attributes: { classname: name, name: test, time: "0.000" },
      content: [{ name: "failure", attributes: { message: sentence }, content: detail }],
    }));
    suites.push({ name: "testsuite", attributes: { name, ...totals(tests), time: "0.000" }, content: tests });
  }
  const tests = suites.flatMap(({ content }) => (typeof content === "object" ? content : []));
  const cases = tests.filter(({ name }) => name === "testcase");
  const ms = source.runs.flatMap(({ results }) => results).reduce((sum, result) => sum + result.ms, 0);
  return xmlDocument({
    name: "testsuites",
    attributes: { name: "turnmux-conformance", ...totals(cases), time: seconds(ms) },
    content: suites,
  });
}

function suiteOf(run: RunReport, source: JUnitSource): Element {
  const name = `turnmux-conformance.${run.role}.${run.carriage}`;
  const tests = run.results.map((result) => testOf(result, name, source));
  const properties = [
    ["peer", run.peer],
    ["seed", String(run.seed)],
    ["timeScale", String(run.timeScale)],
    ...(source.only.length === 0 ? [] : [["only", source.only.join(",")]]),
    ...(source.expect === undefined ? [] : [["expect", source.expect]]),
    ["left", String(source.left)],
  ].map(([name, value]) => ({ name: "property", attributes: { name, value } }));
  const ms = run.results.reduce((sum, result) => sum + result.ms, 0);
  return {
    name: "testsuite",
    attributes: { name, ...totals(tests), time: seconds(ms) },
    content: [{ name: "properties", attributes: {}, content: properties }, ...tests],
  };
}

function testOf(result: CaseResult, suite: string, { expectations, textOf }: JUnitSource): Element {
  const { id, title, verdict, sentence = "", requirement, trace = [], ms } = result;
  const [area = id] = id.split(".");
  const attributes = { classname: `${suite}.${area}`, name: `${id}: ${title}`, time: seconds(ms) };
  const of = (content: readonly Element[]): Element => ({ name: "testcase", attributes, content });
  const text = requirement === undefined ? undefined : textOf(requirement);
  const broken = requirement === undefined ? [] : [`${requirement}: ${text ?? "no such requirement"}`, ""];
  const detail = [sentence, "", ...broken, ...trace].join("\n");
  switch (verdict) {
    case "pass":
      return of(trace.length === 0 ? [] : [{ name: "system-out", attributes: {}, content: trace.join("\n") }]);
    case "warn":
      return of([{ name: "system-out", attributes: {}, content: `warning: ${detail}` }]);
    case "unsupported":
      return of([{ name: "skipped", attributes: { message: `unsupported: ${sentence}` } }]);
    case "error":
      return of([{ name: "error", attributes: { message: sentence, type: "harness" }, content: detail }]);
    default: {
      const expected = expectations.find((entry) => entry.id === id);
      if (expected === undefined) {
        const type = requirement ?? result.covers.join(" ");
        return of([{ name: "failure", attributes: { message: sentence, type }, content: detail }]);
      }
      const why = expected.reason === "" ? "" : ` (${expected.reason})`;
      return of([{ name: "skipped", attributes: { message: `known failure${why}: ${sentence}` } }]);
    }
  }
}

function totals(tests: readonly Element[]): { tests: number; failures: number; errors: number; skipped: number } {
  const having = (kind: string): number =>
    tests.filter(({ content }) => typeof content === "object" && content.some(({ name }) => name === kind)).length;
  return {
    tests: tests.filter(({ name }) => name === "testcase").length,
    failures: having("failure"),
    errors: having("error"),
    skipped: having("skipped"),
  };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
