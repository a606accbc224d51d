/**
 * Which cases a run has.
 *
 * @module
 */
import type { Case } from "../suite/case.ts";
import type { Way } from "../suite/verdict.ts";
import { type RunInvocation, UsageError } from "./arguments.ts";
import { type Catalogue, isFor, matching } from "./catalogue.ts";

/** The cases of a run in one carriage. */
export interface Selection {
  readonly way: Way;
  readonly cases: readonly Case[];
  /** How many more there are for the role and the carriage. */
  readonly left: number;
}

/** Cases for each carriage. Throws {@link UsageError} where a pattern selects nothing. */
export function select(catalogue: Catalogue, invocation: RunInvocation): readonly Selection[] {
  const { command, only, carriages } = invocation;
  const fitting = (way: Way): Case[] =>
    catalogue.cases.filter(
      (entry) =>
        isFor(entry, command) && (command === "behaviour" || entry.ways === undefined || entry.ways.includes(way)),
    );
  const wanted = only.map((pattern) => ({ pattern, cases: matching(catalogue, pattern, command) }));
  for (const { pattern, cases } of wanted) {
    if (!cases.some((entry) => isFor(entry, command))) {
      throw new UsageError(`${JSON.stringify(pattern)} matches no case for a ${command}`, command);
    }
    if (!carriages.some((way) => cases.some((entry) => fitting(way).includes(entry)))) {
      const ways = [...new Set(cases.flatMap((entry) => entry.ways ?? []))].join(", ");
      throw new UsageError(`${JSON.stringify(pattern)} matches cases for carriage ${ways} alone: --carriage`, command);
    }
  }
  const chosen = new Set(wanted.flatMap(({ cases }) => cases));
  return carriages.map((way) => {
    const all = fitting(way);
    const cases = all.filter((entry) => only.length === 0 || chosen.has(entry));
    return { way, cases, left: all.length - cases.length };
  });
}
