/**
 * Whether the run shows what the example claims.
 *
 * @module
 */

import { OLD_TIMEOUT_MS } from "../settings.ts";
import type { RowResult } from "./row.ts";

/** One claim, and whether the run bears it out. */
export interface Claim {
  readonly claim: string;
  readonly holds: boolean;
}

/** The claims about the table, and about the turn after it. The run passes when all of them hold. */
export function claimsOf(rows: readonly RowResult[], outOfTime: RowResult): Claim[] {
  const old = rows.filter((row) => row.kind === "old");
  const turnmux = rows.filter((row) => row.kind === "turnmux");
  return [
    {
      claim: "the old way fails as reported: at least one timeout and one duplicate",
      holds: old.length > 0 && old.every((row) => row.timeouts > 0 && row.duplicates > 0),
    },
    ...turnmux.flatMap((row) => claimsOfTurnmux(row)),
    {
      claim: "a call that ran out of time: the model is told the truth, and each job exists once",
      holds: outOfTime.errors > 0 && eachJobOnce(outOfTime),
    },
    {
      claim: "the host's own reply arrives whole and in order in every row",
      holds: [...rows, outOfTime].every((row) => row.replyIntact),
    },
  ];
}

function eachJobOnce({ jobsCreated, jobsWanted, duplicates }: RowResult): boolean {
  return jobsCreated === jobsWanted && duplicates === 0;
}

const NUMBERS = ["no connection", "one connection", "two connections"] as const;

function claimsOfTurnmux(row: RowResult): Claim[] {
  const expected = row.row === "in-process" ? 0 : row.row === "io-thread" ? 2 : 1;
  const clean: Claim = {
    claim: `${row.title}: ${NUMBERS[expected]}, no errors, jobs created = jobs wanted`,
    holds:
      row.connections === expected &&
      row.connectionsInTurn === 0 &&
      row.calls > 0 &&
      row.errors === 0 &&
      eachJobOnce(row),
  };
  if (row.row === "io-thread") {
    const { acceptedMs = Number.POSITIVE_INFINITY } = row;
    // The old timeout is shorter than the block: whoever hears within it has heard while the gateway stood still.
    const answered = acceptedMs < OLD_TIMEOUT_MS && row.slowestMs > OLD_TIMEOUT_MS;
    return [
      clean,
      { claim: `${row.title}: each call is taken while the gateway's event loop stands still`, holds: answered },
    ];
  }
  if (row.row !== "multiplexed-loaded") return [clean];
  const { whole, broken } = row.texts;
  return [clean, { claim: `${row.title}: the texts arrive whole as well`, holds: whole > 0 && broken === 0 }];
}
