/**
 * What came of it all, as a page: the same on the console and in the repository. It has no times, so that it differs only where
 * something else came of it.
 *
 * @module
 */

import type { DegenerateResult } from "../degenerate/run.ts";
import { TOLERATED } from "../degenerate/tolerated.ts";
import type { MutantResult } from "../mutants/run.ts";
import { PARTS, type Part } from "../options.ts";
import { BOUND, type Coverage } from "./coverage.ts";
import type { RowResult } from "./rows-run.ts";

/** What came of everything that was run. */
export interface Outcome {
  readonly rows: readonly RowResult[];
  readonly coverage: Coverage | undefined;
  readonly mutants: readonly MutantResult[] | undefined;
  /** By id of a mutant: its file. */
  readonly areas: ReadonlyMap<string, string>;
  readonly degenerate: readonly DegenerateResult[] | undefined;
}

/** The matrix alone, in lines. */
export function matrix({ rows, coverage, mutants, degenerate }: Outcome): string[] {
  const lines: string[] = rows.length > 0 ? rowTable(rows) : [];
  const summary: (readonly (string | number)[])[] = [];
  if (coverage !== undefined) {
    summary.push(["MUSTs of the specification", coverage.all.musts]);
    for (const role of BOUND) {
      const { musts, covered, excused } = coverage.all.roles[role];
      summary.push([`of them binding a ${role}`, musts]);
      summary.push([`and covered by cases for a ${role}`, covered]);
      summary.push(["and excused, with a reason", excused]);
    }
  }
  if (mutants !== undefined) summary.push(...mutantSummary(mutants));
  if (degenerate !== undefined) {
    summary.push(["runs against peers that are none", degenerate.length]);
    summary.push(["of them failed as they must", degenerate.filter(({ problems }) => problems.length === 0).length]);
  }
  if (rows.length > 0 && summary.length > 0) lines.push("");
  if (summary.length > 0) lines.push(...table(["", "number"], summary));
  return lines;
}

function rowTable(rows: readonly RowResult[]): string[] {
  const cells = rows.map(({ row, counts }) => [
    row.peer,
    row.over,
    counts.pass + counts.fail + counts.warn + counts.unsupported + counts.error,
    counts.pass,
    counts.fail + counts.error,
    counts.warn,
    counts.unsupported,
  ]);
  return table(["peer", "over", "cases", "pass", "fail", "warn", "unsupported"], cells);
}

function mutantSummary(mutants: readonly MutantResult[]): (readonly (string | number)[])[] {
  const planted = new Set(mutants.map(({ mutant }) => mutant.id));
  const alive = new Set(mutants.filter(({ fate }) => fate !== "killed").map(({ mutant }) => mutant.id));
  return [
    ["mutants of the reference", planted.size],
    ["of them killed by a case that cites what they break", planted.size - alive.size],
    ["MUSTs that a mutant breaks", new Set(mutants.map(({ mutant }) => mutant.breaks)).size],
  ];
}

/** What stands on the page by itself, so that it can be run and written by itself. */
export type Block = Part;

/** The blocks that an outcome has something to say about. */
export function blocks({ rows, coverage, mutants, areas, degenerate }: Outcome): ReadonlyMap<Block, readonly string[]> {
  const found = new Map<Block, readonly string[]>();
  for (const part of ["reference", "python"] as const) {
    const own = rows.filter(({ row }) => row.part === part);
    if (own.length > 0) found.set(part, rowTable(own));
  }
  if (coverage !== undefined) found.set("coverage", coverageBlock(coverage));
  if (mutants !== undefined) {
    found.set("mutants", [...table(["", "number"], mutantSummary(mutants)), "", ...mutantTable(mutants, areas)]);
  }
  if (degenerate !== undefined) found.set("degenerate", degenerateTable(degenerate));
  return found;
}

/** The page: its blocks out of an outcome, and those that were not run as they are on the page before. */
export function page(outcome: Outcome, before: string = ""): string {
  const fresh = blocks(outcome);
  const old = blocksIn(before);
  const block = (name: Block): string[] => [
    begin(name),
    "",
    ...(fresh.get(name) ?? old.get(name) ?? ["(not run yet)"]),
    "",
    END,
  ];
  const tolerated = Object.entries(TOLERATED).map(([id, { peers, reason }]) => [id, peers.join(", "), reason]);
  const lines = [
    "# Conformance",
    "",
    "What `turnmux-conformance` says of the peers in this repository, and what shows that it can say something else. This page is written by",
    "`npm run conformance -- --write`, and held against a run by `npm run conformance -- --check`. How to run the suite against another implementation:",
    "[implementing.md](implementing.md).",
    "",
    "A case passes, fails (a MUST was broken), warns (a SHOULD was), or is unsupported (the peer need not offer what it needs). The first and the last",
    "case of each run ask whether the peer works at all.",
    "",
    "## The matrix",
    "",
    "The reference:",
    "",
    ...block("reference"),
    "",
    "The second language, written from the specification and the vectors alone ([examples/python-peer](../examples/python-peer)):",
    "",
    ...block("python"),
    "",
    "## Coverage",
    "",
    "A clause is one MUST of a numbered rule; it binds a gateway, a client, or both. It is covered for one of them where a case that cites it passes",
    "against the reference as that.",
    "",
    ...block("coverage"),
    "",
    "## Mutants",
    "",
    "A mutant is the reference with one fault, put into its source as that is loaded. It is killed where a case that cites the clause fails. One",
    "that no case has found is run again, three times in all: floods, and processes that are stopped, show something only where the machine keeps up.",
    "",
    ...block("mutants"),
    "",
    "## Peers that are none",
    "",
    "Each has to fail at least this share of the cases that are not unsupported, those set aside that it may pass.",
    "",
    ...block("degenerate"),
    ...(tolerated.length === 0
      ? []
      : ["", "What they may pass, and why:", "", ...table(["cases", "peers", "why"], tolerated)]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

const END = "<!-- end -->";

function begin(block: Block): string {
  return `<!-- ${block} -->`;
}

/** The blocks that a page has. */
function blocksIn(text: string): ReadonlyMap<Block, readonly string[]> {
  const found = new Map<Block, readonly string[]>();
  for (const name of PARTS) {
    const from = text.indexOf(begin(name));
    const to = text.indexOf(END, from);
    if (from >= 0 && to >= 0)
      found.set(
        name,
        text
          .slice(from + begin(name).length, to)
          .trim()
          .split("\n"),
      );
  }
  return found;
}

function coverageBlock(coverage: Coverage): string[] {
  const numbers = ({ musts, roles }: Coverage["all"]): number[] => [
    musts,
    ...BOUND.flatMap((role) => [roles[role].musts, roles[role].covered, roles[role].excused]),
  ];
  const head = BOUND.flatMap((role) => [`for a ${role}`, "covered", "excused"]);
  const cells = coverage.sections.map((one) => [one.section, ...numbers(one)]);
  const lines = table(["section", "MUSTs", ...head], [...cells, ["all", ...numbers(coverage.all)]]);
  const excuses = Object.entries(coverage.excused)
    .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(([clause, { role, why }]) => [clause, role === "both" ? "gateway, client" : role, why]);
  if (excuses.length === 0) return lines;
  return [
    ...lines,
    "",
    "Excused, since nothing of them can be seen from outside:",
    "",
    ...table(["clause", "for a", "why"], excuses),
  ];
}

function mutantTable(mutants: readonly MutantResult[], areas: ReadonlyMap<string, string>): string[] {
  const byArea = Map.groupBy(mutants, ({ mutant }) => areas.get(mutant.id) ?? "");
  const cells = [...byArea]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([area, results]) => {
      const planted = new Set(results.map(({ mutant }) => mutant.id));
      const alive = new Set(results.filter(({ fate }) => fate !== "killed").map(({ mutant }) => mutant.id));
      return [area, planted.size, planted.size - alive.size, [...alive].join(", ")];
    });
  return table(["area", "planted", "killed", "not killed"], cells);
}

function degenerateTable(results: readonly DegenerateResult[]): string[] {
  const cells = results.map(({ peer, role, problems }) => [
    role,
    peer.does,
    `${Math.round(peer.mustFail * 100)} %`,
    problems.length === 0 ? "does" : "does not",
  ]);
  return table(["role", "what it does", "has to fail", ""], cells);
}

/** A table of Markdown; numbers are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const text = [head, ...rows].map((row) => row.map((cell) => String(cell).replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...text.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isNumber[column] === true ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${cells.join(" | ")} |`.trimEnd();
  };
  const rule = widths.map((width, column) =>
    isNumber[column] === true ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const [first = [], ...rest] = text;
  return [line(first), `| ${rule.join(" | ")} |`, ...rest.map(line)];
}
