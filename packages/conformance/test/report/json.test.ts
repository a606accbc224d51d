import { expect, it } from "vitest";
import { assess } from "../../src/report/assessment.ts";
import { jsonReport } from "../../src/report/json.ts";
import { result, run } from "./support.ts";

it("has the same members whatever became of the cases", () => {
  const failed = result("b", "fail", { requirement: "FRAME-003", trace: ["-> PING 1"], ms: 3.6 });
  const runs = [run([result("a", "pass"), failed])] as const;
  const expectations = [{ id: "b", reason: "slow", line: 3 }];
  const standard = { expectations, caseIds: new Set(["a", "b"]), mustClauses: new Set(["FRAME-003"]) };
  const chosen = { only: ["FRAME-003"], expect: "known.txt", left: 3 };
  const assessment = assess(runs, standard);
  const text = jsonReport({ version: "1.2.3", runs: [...runs], assessment, expectations, ...chosen });
  expect(text.endsWith("}\n")).toBe(true);
  expect(JSON.parse(text)).toEqual({
    format: 1,
    suite: "1.2.3",
    protocol: "turnmux/1",
    role: "gateway",
    peer: "ws://a/",
    seed: 7,
    timeScale: 1,
    only: ["FRAME-003"],
    expect: "known.txt",
    left: 3,
    verdict: "conformant",
    exitCode: 0,
    counts: { pass: 1, fail: 1, warn: 0, unsupported: 0, error: 0, expected: 1 },
    clauses: { kept: [], broken: ["FRAME-003"], unseen: [] },
    stale: [],
    objections: [],
    runs: [
      {
        carriage: "binary",
        ms: 1_500,
        results: [
          {
            id: "a",
            title: "what a shows",
            covers: ["FRAME-003"],
            verdict: "pass",
            expected: false,
            sentence: null,
            requirement: null,
            trace: [],
            ms: 12,
          },
          {
            id: "b",
            title: "what b shows",
            covers: ["FRAME-003"],
            verdict: "fail",
            expected: true,
            sentence: "b says why",
            requirement: "FRAME-003",
            trace: ["-> PING 1"],
            ms: 4,
          },
        ],
      },
    ],
  });
});
