/**
 * Whether the run shows what the example claims.
 *
 * @module
 */

import type { RowResult } from "./row.ts";

/** One claim, and whether the run bears it out. */
export interface Claim {
  readonly claim: string;
  readonly holds: boolean;
}

/** The claims about a finished run. It passes when all of them hold. */
export function claimsOf(rows: readonly RowResult[]): Claim[] {
  const old = rows.filter((row) => row.kind === "old");
  const turnmux = rows.filter((row) => row.kind === "turnmux");
  return [
    {
      claim: "the old way fails as reported: at least one timeout and one duplicate",
      holds: old.length > 0 && old.every((row) => row.timeouts > 0 && row.duplicates > 0),
    },
    { claim: "turnmux was measured", holds: turnmux.length > 0 },
    ...turnmux.flatMap((row) => claimsOfTurnmux(row)),
    {
      claim: "the host's own reply arrives whole and in order in every row",
      holds: rows.every((row) => row.replyIntact),
    },
  ];
}

function claimsOfTurnmux(row: RowResult): Claim[] {
  const expected = row.row === "in-process" ? 0 : 1;
  return [
    {
      claim: `${row.title}: ${expected === 0 ? "no connection" : "one connection, the session's own"}`,
      holds: row.connections === expected && row.connectionsInTurn === 0,
    },
    { claim: `${row.title}: no errors`, holds: row.errors === 0 && row.calls > 0 },
    {
      claim: `${row.title}: jobs created = jobs wanted`,
      holds: row.jobsCreated === row.jobsWanted && row.duplicates === 0,
    },
  ];
}
