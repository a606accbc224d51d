/**
 * Figures in a document: those that a run measured, where the document has a place for them.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { cells, machineLine, type Report } from "./report.ts";

/** What stands before and behind the figures of a bench. */
function marks(bench: string): readonly [begin: string, end: string] {
  return [`<!-- figures of ${bench}: npm run bench -- ${bench} --doc -->`, `<!-- end of ${bench} -->`];
}

/** The place of a bench in this text, from behind its first mark to before its last. Throws where there is none. */
function placeIn(text: string, bench: string): readonly [from: number, to: number] {
  const [begin, end] = marks(bench);
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`the document has no place for ${bench}: ${begin} ... ${end}`);
  return [from, to];
}

/** Throws an error that says what to write where a document has no place for the figures of this bench. */
export function checkPlace(text: string, bench: string): void {
  placeIn(text, bench);
}

/** The text with the report's rows, and the machine that they come from, in the bench's place. */
export function withFigures(text: string, bench: Bench, report: Report): string {
  const [from, to] = placeIn(text, bench.name);
  const [head = [], ...rows] = cells(bench, report.rows);
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((one) => one.replaceAll("|", "\\|")).join(" | ")} |`;
  const table = [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)];
  const rounds = report.rounds === 1 ? "1 round" : `${report.rounds} rounds`;
  const machine = `${rounds} on ${report.machine.at.slice(0, 10)}: ${machineLine(report.machine)}.`;
  return `${text.slice(0, from)}\n\n${table.join("\n")}\n\n${machine}\n\n${text.slice(to)}`;
}
