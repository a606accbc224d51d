import { describe, expect, it } from "vitest";
import { assess } from "../../src/report/assessment.ts";
import { consoleReport, type ConsoleSource } from "../../src/report/console.ts";
import { Progress } from "../../src/report/progress.ts";
import { paint, printable, wantsColour, wrapped } from "../../src/report/text.ts";
import type { CaseResult } from "../../src/suite/verdict.ts";
import { result, run } from "./support.ts";

function report(results: readonly CaseResult[], more: Partial<ConsoleSource> = {}): string {
  const runs = [run(results)];
  const { expectations = [] } = more;
  const caseIds = new Set(results.map(({ id }) => id));
  const assessment = assess(runs, { expectations, caseIds, mustClauses: new Set(["FRAME-003"]) });
  return consoleReport({
    runs,
    assessment,
    expectations: [],
    left: 0,
    textOf: (id) => `the text of ${id}`,
    again: (id) => `again ${id}`,
    explain: (id) => `explain ${id}`,
    trace: false,
    quiet: false,
    paint: paint(false),
    ...more,
  });
}

describe("the report for a person", () => {
  it("shows of a failure what matters, and what to do next", () => {
    const failed = result("frame.a", "fail", { requirement: "FRAME-003", trace: ["-> PING 1"] });
    expect(report([failed])).toBe(
      [
        "FAIL   frame.a  what frame.a shows",
        "  frame.a says why",
        "  FRAME-003: the text of FRAME-003",
        "    -> PING 1",
        "  to read:  explain FRAME-003",
        "  to repeat: again frame.a",
        "",
        "1 case (1.5 s): 0 passed, 1 failed",
        "MUST clauses: 0 of 1 kept; broken: FRAME-003",
        "not conformant",
        "",
      ].join("\n"),
    );
  });

  it("says of how many cases it is where not all were chosen", () => {
    const results = [result("sanity.first", "pass"), result("a", "pass"), result("b", "pass")];
    expect(report(results, { left: 3 })).toMatch(/^conformant in what was run: 2 of 5 cases$/m);
    expect(report(results)).toMatch(/^conformant$/m);
    expect(report([result("a", "fail")], { left: 3 })).toMatch(/^not conformant$/m);
  });

  it("says how much of what was run is known to fail", () => {
    const results = [result("a", "pass"), result("b", "fail"), result("c", "fail")];
    const expectations = [
      { id: "b", reason: "", line: 1 },
      { id: "c", reason: "", line: 2 },
    ];
    expect(report(results, { expectations })).toMatch(/^conformant, but for 2 known failures$/m);
    expect(report(results, { expectations, left: 1 })).toMatch(
      /^conformant in what was run: 3 of 4 cases, but for 2 /m,
    );
  });

  it("shows the end of a long trace, and all of it where that is asked for", () => {
    const trace = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const short = report([result("a", "fail", { trace })]);
    expect(short).toContain("(70 lines before; --trace shows them)");
    expect(short).not.toContain("line 69\n");
    expect(short).toContain("line 70\n");
    expect(report([result("a", "fail", { trace })], { trace: true })).toContain("    line 0\n");
    expect(report([result("a", "pass", { trace })], { trace: true })).toContain("    line 0\n");
  });

  it("lets no peer write on the terminal", () => {
    const failed = result("a", "fail", { sentence: "it said \u001B[2Jgone", trace: ["\u0007"] });
    expect(report([failed])).toContain(String.raw`it said \x1b[2Jgone`);
    expect(printable("\u009B1\u007F")).toBe(String.raw`\x9b1\x7f`);
  });

  it("puts failures behind warnings, next to the counts, and leaves warnings out where it is to be quiet", () => {
    const results = [result("a", "fail"), result("b", "warn"), result("c", "pass")];
    const text = report(results);
    expect(text.indexOf("WARN")).toBeLessThan(text.indexOf("FAIL"));
    expect(report(results, { quiet: true })).not.toContain("WARN");
  });
});

describe("colours", () => {
  it("are for terminals, and for nobody who says no", () => {
    expect(wantsColour(true, {})).toBe(true);
    expect(wantsColour(false, {})).toBe(false);
    expect(wantsColour(true, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColour(true, { NO_COLOR: "" })).toBe(true);
    expect(wantsColour(true, { TERM: "dumb" })).toBe(false);
    expect(wantsColour(false, { FORCE_COLOR: "1" })).toBe(true);
  });
});

describe("progress", () => {
  const said = (isTerminal: boolean, quiet = false): string => {
    let text = "";
    const write = (more: string): void => void (text += more);
    const progress = new Progress({ write, isTerminal, columns: 30, paint: paint(false), quiet });
    progress.begin("it begins");
    progress.result(result("frame.with-a-very-long-name", "fail"), 2);
    progress.result(result("b", "unsupported"), 2);
    progress.end();
    return text;
  };

  it("is one line on a terminal, no longer than that is wide, and gone at the end", () => {
    expect(said(true)).toBe(
      "it begins\n\r\u001B[2K1 of 2 cases, 1 failed  frame\r\u001B[2K2 of 2 cases, 1 failed  b\r\u001B[2K",
    );
  });

  it("is a line for each case elsewhere", () => {
    expect(said(false)).toBe("it begins\nFAIL   frame.with-a-very-long-name  12 ms\nUNSUP  b  12 ms  b says why\n");
  });

  it("is nothing where it is to be quiet", () => {
    expect(said(true, true)).toBe("");
  });
});

it("breaks lines between words, and keeps a word that is longer", () => {
  expect(wrapped("aa bb cccccccccc dd", 7, "  ", "   ")).toEqual(["  aa bb", "   cccccccccc", "   dd"]);
  expect(wrapped("", 7, "  ")).toEqual([]);
});
