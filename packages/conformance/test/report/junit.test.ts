import { describe, expect, it } from "vitest";
import { assess } from "../../src/report/assessment.ts";
import { junitReport } from "../../src/report/junit.ts";
import { xmlDocument } from "../../src/report/xml.ts";
import type { RunReport } from "../../src/suite/verdict.ts";
import { result, run } from "./support.ts";

interface Parsed {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Parsed[];
  text: string;
}

/** A strict reader of the XML that reports use: throws where it is not well-formed. */
function parse(xml: string): Parsed {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  expect(xml.startsWith(declaration)).toBe(true);
  const root: Parsed = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const token = /<\/([\w-]+)>|<([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  token.lastIndex = declaration.length;
  let at = token.lastIndex;
  for (let match = token.exec(xml); match !== null; match = token.exec(xml)) {
    at = token.lastIndex;
    const [, closing, opening, attributes = "", empty, text] = match;
    const current = open.at(-1) ?? root;
    if (closing !== undefined) expect(open.pop()?.name).toBe(closing);
    else if (opening !== undefined) {
      const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [
        key,
        plain(value),
      ]);
      const element: Parsed = { name: opening, attributes: Object.fromEntries(pairs), children: [], text: "" };
      expect(Object.keys(element.attributes)).toHaveLength(pairs.length);
      current.children.push(element);
      if (empty === "") open.push(element);
    } else current.text += plain(text ?? "");
  }
  expect(at, `not well-formed at ${xml.slice(at, at + 60)}`).toBe(xml.length);
  expect(open).toEqual([root]);
  const [only] = root.children;
  if (only === undefined || root.children.length > 1) throw new Error("not one root");
  return only;
}

function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- What XML 1.0 does not allow.
  expect(text).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|&(?!(amp|lt|gt|quot|#\d+);)/);
  expect(text.isWellFormed()).toBe(true);
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code?: string, name?: string) =>
    code === undefined ? (names[name ?? ""] ?? "") : String.fromCodePoint(Number(code)),
  );
}

/** What was chosen. */
interface Chosen {
  readonly only?: readonly string[];
  readonly expect?: string;
  readonly left?: number;
}

function report(
  runs: readonly RunReport[],
  expected: readonly string[] = [],
  { only = [], expect: list, left = 0 }: Chosen = {},
): Parsed {
  const expectations = expected.map((id, index) => ({ id, reason: "slow", line: index + 1 }));
  const caseIds = new Set(runs.flatMap((one) => one.results.map(({ id }) => id)));
  const assessment = assess(runs, { expectations, caseIds, mustClauses: new Set() });
  const chosen = { only, expect: list, left };
  return parse(junitReport({ runs, assessment, expectations, textOf: (id) => `the text of ${id}`, ...chosen }));
}

describe("the JUnit report", () => {
  const all = run([
    result("frame.a", "pass"),
    result("frame.b", "fail", { requirement: "FRAME-003", trace: ["-> PING 1", "<- PONG 2"] }),
    result("frame.c", "warn"),
    result("frame.d", "unsupported"),
    result("frame.e", "error"),
    result("frame.f", "fail"),
  ]);

  it("has a suite for each carriage, and counts", () => {
    const root = report([all, run([result("frame.a", "pass")], { carriage: "text" })], ["frame.f"]);
    expect(root.attributes).toMatchObject({ tests: "7", failures: "1", errors: "1", skipped: "2", time: "0.087" });
    expect(root.children.map(({ name, attributes }) => [name, attributes["name"], attributes["tests"]])).toEqual([
      ["testsuite", "turnmux-conformance.gateway.binary", "6"],
      ["testsuite", "turnmux-conformance.gateway.text", "1"],
    ]);
  });

  it("tells in each suite what was chosen", () => {
    const properties = (chosen?: Chosen): readonly string[] => {
      const [suite] = report([all], [], chosen).children;
      const [list] = suite?.children ?? [];
      return list?.children.map(({ attributes }) => `${attributes["name"]}=${attributes["value"]}`) ?? [];
    };
    expect(properties()).toEqual(["peer=ws://a/", "seed=7", "timeScale=1", "left=0"]);
    expect(properties({ only: ["frame.*", "FRAME-003"], expect: "known.txt", left: 3 })).toEqual([
      "peer=ws://a/",
      "seed=7",
      "timeScale=1",
      "only=frame.*,FRAME-003",
      "expect=known.txt",
      "left=3",
    ]);
  });

  it("says of each case what became of it", () => {
    const [suite] = report([all], ["frame.f"]).children;
    const cases = suite?.children.filter(({ name }) => name === "testcase") ?? [];
    expect(cases.map(({ attributes, children }) => [attributes["name"]?.split(":")[0], children[0]?.name])).toEqual([
      ["frame.a", undefined],
      ["frame.b", "failure"],
      ["frame.c", "system-out"],
      ["frame.d", "skipped"],
      ["frame.e", "error"],
      ["frame.f", "skipped"],
    ]);
    const failure = cases[1]?.children[0];
    expect(failure?.attributes).toEqual({ message: "frame.b says why", type: "FRAME-003" });
    expect(failure?.text).toBe("frame.b says why\n\nFRAME-003: the text of FRAME-003\n\n-> PING 1\n<- PONG 2");
    expect(cases[5]?.children[0]?.attributes["message"]).toBe("known failure (slow): frame.f says why");
  });

  it("has a suite for a stale list of known failures", () => {
    const root = report([run([result("frame.a", "pass")])], ["frame.a"]);
    const suite = root.children.at(-1);
    expect(suite?.attributes).toMatchObject({ name: "turnmux-conformance.run", failures: "1" });
    expect(suite?.children[0]?.children[0]?.attributes["message"]).toContain("does not fail any more");
  });

  it("stays well-formed, whatever a peer says", () => {
    const nasty = '<b a="1">&amp; ]]> \u0000\u001B[31m \uD800 \uFFFF\t"\'\r\n';
    const root = report([run([result("frame.a", "fail", { sentence: nasty, trace: [nasty] })], { peer: nasty })]);
    const shown = ["\u0000", "\u001B", "\uD800", "\uFFFF"].reduce((text, bad) => text.replace(bad, "\uFFFD"), nasty);
    const test = root.children[0]?.children.at(-1);
    expect(test?.children[0]?.attributes["message"]).toBe(shown);
    expect(test?.children[0]?.text).toContain(shown);
  });
});

describe("XML", () => {
  it("has no element for what is undefined", () => {
    const attributes = { a: 1, b: undefined };
    expect(parse(xmlDocument({ name: "x", attributes, content: [{ name: "y", attributes: {} }] }))).toEqual({
      name: "x",
      attributes: { a: "1" },
      text: "\n  \n",
      children: [{ name: "y", attributes: {}, children: [], text: "" }],
    });
  });
});
