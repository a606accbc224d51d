import { expect, it } from "vitest";
import type { BenchContext, Row } from "../src/bench.ts";
import { checkTargets } from "../src/check.ts";
import { loadAction } from "../src/load.ts";
import { rounded, table } from "../src/report.ts";
import { alternate, type Contender, type Sample } from "../src/rounds.ts";
import { percentile, spread } from "../src/statistics.ts";

const CONTEXT: Pick<BenchContext, "rounds" | "say"> = { rounds: 2, say: () => {} };

/** So many calls in a second, each of which takes so much CPU. */
function sample(calls: number, us: number): Sample {
  return { calls, lost: 0, seconds: 1, clientUs: calls * us, serverUs: 0, p50Ms: 1, p99Ms: 2 };
}

function measuring(name: string, order: string[], samples: Sample[]): Contender {
  return {
    name,
    measure: async () => {
      order.push(name);
      const next = samples.shift();
      if (next === undefined) throw new Error(`${name} was measured too often`);
      return next;
    },
  };
}

it("measures each contender between two floors, and divides by their mean", async () => {
  const order: string[] = [];
  const floors = [sample(100, 10), sample(300, 30), sample(500, 10), sample(100, 1), sample(100, 1), sample(100, 1)];
  const rows = await alternate(
    CONTEXT as BenchContext,
    measuring("floor", order, floors),
    [measuring("a", order, [sample(400, 5), sample(100, 1)]), measuring("b", order, [sample(100, 40), sample(300, 4)])],
    { concurrency: 8 },
  );
  expect(order.join(" ")).toBe("floor a floor b floor floor a floor b floor");
  expect(rows.map(({ name, concurrency }) => `${name} ${concurrency}`)).toEqual(["floor 8", "a 8", "b 8"]);
  expect(rows[0]).toMatchObject({ ratio: 1, cpuRatio: 1, perSecond: 100, calls: 1_200 });
  expect(rows[1]).toMatchObject({ ratio: 1.5, ratioMin: 1, ratioMax: 2, cpuRatioMin: 0.25, cpuRatioMax: 1 });
  expect(rows[2]).toMatchObject({ ratio: 1.625, ratioMin: 0.25, ratioMax: 3, cpuRatioMin: 2, cpuRatioMax: 4 });
});

it("takes percentiles between the two nearest values", () => {
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(percentile([1, 2, 3, 4, 5], 0.5)).toBe(3);
  expect(percentile([7], 0.99)).toBe(7);
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(() => spread([])).toThrow("no figures were measured");
});

it("keeps so many calls under way, and begins each once", async () => {
  let now = 0;
  let most = 0;
  const numbers: number[] = [];
  const { load } = loadAction(async (number) => {
    numbers.push(number);
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
    return true;
  });
  expect(await load({ concurrency: 3, ms: 0, calls: 10 })).toMatchObject({ calls: 10, lost: 0 });
  expect(await load({ concurrency: 1, ms: 0, calls: 2 })).toMatchObject({ calls: 2, lost: 0 });
  expect(most).toBe(3);
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});

it("counts wrong answers and failed calls as lost, and says how the first one went wrong", async () => {
  const { load } = loadAction((number) => {
    if (number === 3) return Promise.reject(new Error("it broke"));
    return Promise.resolve(number !== 2);
  });
  const { lost, failure } = await load({ concurrency: 1, ms: 0, calls: 4 });
  expect(lost).toBe(2);
  expect(failure).toBe("a call had another one's answer");
});

const ROWS: readonly Row[] = [
  { name: "turnmux", concurrency: 1, ratio: 0.9 },
  { name: "turnmux", concurrency: 64, ratio: 1.5, cpuRatio: Number.NaN },
];

it.for([
  [{ concurrency: 64, figure: "ratio", atLeast: 1.5 }, undefined],
  [{ concurrency: 64, figure: "ratio", atMost: 1.5 }, undefined],
  [{ figure: "ratio", atMost: 0.9 }, undefined],
  [
    { concurrency: 64, figure: "ratio", atLeast: 1.6 },
    "turnmux at concurrency 64: calls (ratio) is 1.5, and must be at least 1.6.",
  ],
  [
    { concurrency: 1, figure: "ratio", atMost: 0.8 },
    "turnmux at concurrency 1: calls (ratio) is 0.9, and must be at most 0.8.",
  ],
  [
    { concurrency: 64, figure: "cpuRatio", atMost: 9 },
    "turnmux at concurrency 64: calls (cpuRatio) is NaN, and must be at most 9.",
  ],
  [
    { concurrency: 8, figure: "ratio", atLeast: 1 },
    "turnmux at concurrency 8: calls (ratio) must be at least 1, and was not measured.",
  ],
  [{ figure: "p99Ms", atMost: 1 }, "turnmux: calls (p99Ms) must be at most 1, and was not measured."],
] as const)("holds figures against %j", ([target, sentence]) => {
  const { missed, met } = checkTargets("calls", ROWS, [{ bench: "calls", row: "turnmux", says: "calls", ...target }]);
  expect(missed).toEqual(sentence === undefined ? [] : [sentence]);
  expect(met).toHaveLength(sentence === undefined ? 1 : 0);
});

it("misses no target of what was left out on purpose", () => {
  const target = { bench: "calls", row: "turnmux", says: "calls", atLeast: 1 };
  const targets = [
    { ...target, concurrency: 8, figure: "ratio" },
    { ...target, concurrency: 1, figure: "ratio" },
    { ...target, concurrency: 64, figure: "cpuRatio" },
  ];
  const { missed, met, left } = checkTargets("calls", ROWS, targets, true);
  expect(left).toEqual(["turnmux at concurrency 8: calls (ratio) was left out"]);
  expect(missed).toHaveLength(2);
  expect(met).toEqual([]);
});

it("prints and writes no more digits than a figure has", () => {
  expect(rounded({ name: "a", concurrency: 1_024, ratio: 1.234567, calls: 123_456 })).toEqual({
    name: "a",
    concurrency: 1_024,
    ratio: 1.235,
    calls: 123_456,
  });
  const columns = [
    { figure: "concurrency", title: "at once", digits: 0 },
    { figure: "ratio", title: "ratio" },
  ];
  expect(table({ columns }, [{ name: "turnmux", concurrency: 64, ratio: 1.5 }, { name: "floor" }])).toEqual([
    "         at once  ratio",
    "turnmux       64   1.50",
    "floor                  ",
  ]);
});
