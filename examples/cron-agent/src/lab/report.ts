/**
 * The finished table, and what it shows in plain sentences. Every figure comes out of the rows.
 *
 * @module
 */

import { BLOCK_MS, OLD_TIMEOUT_MS, TEXT_OCTETS } from "../settings.ts";
import type { RowResult } from "./row.ts";
import type { Claim } from "./verdict.ts";

const COLUMNS: readonly { readonly head: string; readonly cell: (row: RowResult) => string }[] = [
  { head: "connections", cell: (row) => String(row.connections) },
  { head: "in the turn", cell: (row) => String(row.connectionsInTurn) },
  { head: "calls", cell: (row) => String(row.calls) },
  { head: "errors", cell: (row) => String(row.errors) },
  { head: "jobs wanted", cell: (row) => String(row.jobsWanted) },
  { head: "jobs created", cell: (row) => String(row.jobsCreated) },
  { head: "accepted ms", cell: (row) => row.acceptedMs?.toFixed(1) ?? "-" },
  { head: "median ms", cell: (row) => row.medianMs.toFixed(1) },
  { head: "slowest ms", cell: (row) => row.slowestMs.toFixed(1) },
];

/** What the run is about, before its rows. */
export function introduction(model: string): string {
  return [
    `One turn of a model (${model}) plans jobs with cron.list and cron.add, over each way to a busy gateway:`,
    "- the turn holds its session's lane, and a call that cannot be told to belong to the turn waits behind it;",
    `- at the first cron.add the gateway's event loop stands still for ${BLOCK_MS} ms.`,
    "The old way has no means to say which turn a call belongs to. HTTP says it in a header, in both of its rows.",
    `The old timeout is scaled down from 10,000 ms to ${OLD_TIMEOUT_MS} ms, the block from 11,000 ms.`,
    "",
  ].join("\n");
}

/** One line about a row, as soon as it is done. */
export function progress(row: RowResult, seconds: number): string {
  const jobs = `${row.jobsCreated} of ${row.jobsWanted} jobs`;
  return `  ${row.title}: ${count(row.calls, "call")}, ${count(row.errors, "error")}, ${jobs} (${seconds.toFixed(1)} s)`;
}

/** The table. */
export function table(rows: readonly RowResult[]): string {
  const width = Math.max(...rows.map((row) => row.title.length));
  const line = (first: string, cells: readonly string[]) =>
    [first.padEnd(width), ...cells.map((cell, at) => cell.padStart(COLUMNS[at]?.head.length ?? 0))].join("  ");
  const heads = COLUMNS.map((column) => column.head);
  return [
    line("", heads),
    line(
      "-".repeat(width),
      heads.map((head) => "-".repeat(head.length)),
    ),
    ...rows.map((row) =>
      line(
        row.title,
        COLUMNS.map((column) => column.cell(row)),
      ),
    ),
    "",
    "connections: TCP connections that the gateway's server saw in the row, the session's own among them.",
    "accepted ms: the longest until a caller heard that its call was taken, where the gateway says so.",
    "in the turn: those that were opened during the turn. errors: tool results that the model read as errors.",
  ].join("\n");
}

/** What the table shows, one sentence a row. */
export function sentences(rows: readonly RowResult[]): string {
  return rows.map((row) => `- ${row.title}: ${sentence(row)}`).join("\n");
}

/** A turn call by call: what the model read of the one that failed, and what it did then. */
export function truth(row: RowResult): string {
  return [
    `And when a call does fail? The same turn once more (${row.title}):`,
    ...row.log.map(({ tool, ms, error }) =>
      `  ${tool.padEnd(9)}  ${ms.toFixed(1).padStart(7)} ms  ${error === undefined ? "" : `the model reads: "${error}"`}`.trimEnd(),
    ),
    `  ${row.jobsCreated} of ${count(row.jobsWanted, "job")} created, ${count(row.duplicates, "duplicate")}.`,
  ].join("\n");
}

/** The claims, and whether they hold. */
export function verdict(claims: readonly Claim[]): string {
  return claims.map(({ claim, holds }) => `${holds ? "yes" : "NO "}  ${claim}`).join("\n");
}

function sentence(row: RowResult): string {
  const { calls, errors, timeouts, duplicates, connectionsInTurn: opened, acceptedMs } = row;
  const taken = acceptedMs === undefined ? "" : `, each taken within ${Math.round(acceptedMs)} ms`;
  const failed =
    errors === 0
      ? `all ${count(calls, "call")} were answered, the slowest after ${Math.round(row.slowestMs)} ms${taken}`
      : `${errors} of ${count(calls, "call")} ended in an error (${count(timeouts, "timeout")})`;
  const jobs =
    duplicates > 0
      ? `the model tried again what had taken effect, so there ${duplicates === 1 ? "is a duplicate" : `are ${duplicates} duplicates`}`
      : row.jobsCreated === row.jobsWanted
        ? "each job exists once"
        : `${row.jobsCreated} of ${count(row.jobsWanted, "job")} exist`;
  const texts =
    row.texts.whole === 0 ? "" : `, beside ${count(row.texts.whole, "text")} of ${TEXT_OCTETS / 1_048_576} MiB`;
  const sockets = opened === 0 ? "without opening a connection" : `over ${count(opened, "connection")} of its own`;
  return `${sockets}${texts}, ${failed}; ${jobs}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
