import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { BENCHES } from "../src/benches.ts";
import { checkPlace, withFigures } from "../src/document.ts";
import type { Report } from "../src/report.ts";

const BENCH = {
  name: "echo",
  description: "echoes",
  columns: [
    { figure: "concurrency", title: "at once", digits: 0 },
    { figure: "ratio", title: "ratio" },
  ],
  programs: {},
  run: async () => [],
};

const REPORT: Report = {
  bench: "echo",
  quick: false,
  rounds: 5,
  machine: {
    cpu: "A CPU",
    cores: 2,
    memoryGiB: 24,
    system: "linux",
    node: "24.0.0",
    loadBefore: 0.1,
    at: "2026-01-02T03:04:05.000Z",
  },
  rows: [{ name: "floor" }, { name: "turnmux", concurrency: 64, ratio: 1.5 }],
};

const TEXT = `before

<!-- figures of echo: npm run bench -- echo --doc -->

old figures

<!-- end of echo -->

behind`;

it("puts figures and their machine in the place of those that were there, and leaves the rest as it is", () => {
  const text = withFigures(TEXT, BENCH, REPORT);
  expect(text).toBe(`before

<!-- figures of echo: npm run bench -- echo --doc -->

|  | at once | ratio |
| --- | ---: | ---: |
| floor |  |  |
| turnmux | 64 | 1.50 |

5 rounds on 2026-01-02: A CPU, 2 cores, 24 GiB, linux, Node 24.0.0, load before 0.1.

<!-- end of echo -->

behind`);
  expect(withFigures(text, BENCH, REPORT)).toBe(text);
});

it("says what a document without a place for them must have", () => {
  expect(() => checkPlace(TEXT.replace("<!-- end", "<!-- and"), "echo")).toThrow("<!-- end of echo -->");
  expect(() => checkPlace(TEXT, "calls")).toThrow("<!-- figures of calls: npm run bench -- calls --doc -->");
});

it("finds a place for each bench in the document about performance", () => {
  const text = readFileSync(new URL("../../../docs/performance.md", import.meta.url), "utf8");
  for (const { name } of BENCHES) expect(() => checkPlace(text, name)).not.toThrow();
});
