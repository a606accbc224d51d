/**
 * What a run prints and writes.
 *
 * @module
 */

import type { Bench, Column, Row } from "./bench.ts";
import type { Machine } from "./machine.ts";

/** What `--json` writes. */
export interface Report {
  readonly bench: string;
  /** True for a run whose figures mean nothing. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** Significant digits in reports: more would be noise. */
const DIGITS = 4;

/** A row whose numbers are rounded. */
export function rounded(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => {
    if (typeof value !== "number" || Number.isInteger(value)) return [name, value] as const;
    return [name, Number(value.toPrecision(DIGITS))] as const;
  });
  return { ...Object.fromEntries(entries), name: row.name };
}

/** The columns that nearly every bench has. */
export const COMMON_COLUMNS: readonly Column[] = [
  { figure: "concurrency", title: "at once", digits: 0 },
  { figure: "ratio", title: "ratio" },
  { figure: "ratioMin", title: "min" },
  { figure: "ratioMax", title: "max" },
  { figure: "cpuRatio", title: "CPU ratio" },
  { figure: "cpuUs", title: "CPU us", digits: 1 },
  { figure: "p50Ms", title: "p50 ms" },
  { figure: "p99Ms", title: "p99 ms" },
];

/** The rows as texts: first the titles of the columns, then a line for each row, which begins with its name. */
export function cells({ columns }: Pick<Bench, "columns">, rows: readonly Row[]): string[][] {
  return [
    ["", ...columns.map(({ title }) => title)],
    ...rows.map((row) => [row.name, ...columns.map((column) => cell(column, row[column.figure]))]),
  ];
}

/** The rows as lines of a table. */
export function table(bench: Pick<Bench, "columns">, rows: readonly Row[]): string[] {
  const lines = cells(bench, rows);
  const widths = lines[0]?.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    line
      .map((text, index) => (index === 0 ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0)))
      .join("  "),
  );
}

function cell({ digits = 2 }: Column, value: string | number | undefined): string {
  if (value === undefined) return "";
  return typeof value === "number" ? value.toFixed(digits) : value;
}

/** One line about the machine. */
export function machineLine({ cpu, cores, memoryGiB, system, node, loadBefore }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, load before ${loadBefore}`;
}
