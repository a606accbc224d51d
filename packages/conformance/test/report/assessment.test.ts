import { describe, expect, it } from "vitest";
import { assess, byClause, type Standard } from "../../src/report/assessment.ts";
import { result, run } from "./support.ts";

const standard = (more: Partial<Standard> = {}): Standard => ({
  expectations: [],
  caseIds: new Set(["a", "b", "c", "d"]),
  mustClauses: new Set(["FRAME-001", "FRAME-002", "FRAME-003", "FRAME-004.1", "FRAME-004.2"]),
  ...more,
});
const listed = (...ids: string[]): Partial<Standard> => ({
  expectations: ids.map((id, index) => ({ id, reason: "", line: index + 1 })),
});

describe("the exit code", () => {
  it.each([
    ["all passed", ["pass", "pass"], 0],
    ["one warned and one was unsupported", ["pass", "warn", "unsupported"], 0],
    ["one failed", ["pass", "fail"], 1],
    ["one could not be finished, and one failed", ["pass", "fail", "error"], 2],
    ["nothing passed", ["unsupported", "warn"], 1],
  ] as const)("where %s", (_, verdicts, code) => {
    const results = verdicts.map((verdict, index) => result("abcd"[index] ?? "", verdict));
    expect(assess([run(results)], standard()).exitCode).toBe(code);
  });

  it("is 1 where the run was stopped, whatever passed, and the reason is an objection", () => {
    const assessment = assess([run([result("a", "pass")])], standard({ stopped: "It was stopped." }));
    expect(assessment).toMatchObject({ exitCode: 1, objections: ["It was stopped."] });
  });
});

describe("known failures", () => {
  it("are no failures where the list has them", () => {
    const results = [result("a", "pass"), result("b", "fail"), result("c", "fail")];
    const assessment = assess([run(results)], standard(listed("b")));
    expect(assessment.expected.map((one) => one.result.id)).toEqual(["b"]);
    expect(assessment.failures.map((one) => one.result.id)).toEqual(["c"]);
    expect(assessment.exitCode).toBe(1);
    expect(assess([run(results)], standard(listed("b", "c"))).exitCode).toBe(0);
  });

  it("do not excuse an error of the suite", () => {
    expect(assess([run([result("b", "error")])], standard(listed("b"))).exitCode).toBe(2);
  });

  it("are stale where they pass, warn, or do not exist", () => {
    const results = [result("a", "pass"), result("b", "warn"), result("c", "unsupported")];
    const { stale, exitCode } = assess([run(results)], standard(listed("a", "b", "c", "d", "gone")));
    // c shows nothing, and d was not run: neither says anything of the list.
    expect(stale.map(({ expected }) => expected.id)).toEqual(["a", "b", "gone"]);
    expect(exitCode).toBe(1);
  });

  it("are not stale where they fail in one of the carriages", () => {
    const runs = [run([result("a", "pass")]), run([result("a", "fail")], { carriage: "text" })];
    expect(assess(runs, standard(listed("a")))).toMatchObject({ stale: [], exitCode: 0 });
  });
});

describe("the MUST clauses", () => {
  it("are kept, broken or not seen", () => {
    const results = [
      result("a", "pass", { covers: ["FRAME-001", "FRAME-003", "CHAN-006"] }),
      result("b", "fail", { covers: ["FRAME-001", "FRAME-002"] }),
      result("c", "unsupported", { covers: ["FRAME-004.2", "FRAME-003"] }),
    ];
    expect(assess([run(results)], standard()).coverage).toEqual({
      kept: ["FRAME-003"],
      broken: ["FRAME-001", "FRAME-002"],
      unseen: ["FRAME-004.2"],
    });
  });

  it("count as broken alone where the case says which one was", () => {
    const failed = result("b", "fail", { covers: ["FRAME-001", "FRAME-002"], requirement: "FRAME-002" });
    const { coverage } = assess([run([failed])], standard());
    expect(coverage.broken).toEqual(["FRAME-002"]);
    expect(coverage.kept).toEqual([]);
  });

  it("count as broken where a case that is not about them says so, beside those that it is about", () => {
    const passed = result("a", "pass", { covers: ["FRAME-004.1"] });
    const failed = result("b", "fail", { covers: ["FRAME-001"], requirement: "FRAME-004.1" });
    const { coverage } = assess([run([passed, failed])], standard());
    expect(coverage).toEqual({ kept: [], broken: ["FRAME-001", "FRAME-004.1"], unseen: [] });
  });

  it("are sorted by area and number", () => {
    expect(["FLOW-010", "FLOW-001.10", "FLOW-001.2", "CALL-001"].sort(byClause)).toEqual([
      "CALL-001",
      "FLOW-001.2",
      "FLOW-001.10",
      "FLOW-010",
    ]);
  });
});
