/**
 * What a result says of a mutant: whether the case failed, and for what the mutant breaks.
 *
 * @module
 */

import { clause, requirementOf, type CaseResult } from "@turnmux/conformance";

/** What is looked at in a result. */
export type Finding = Pick<CaseResult, "id" | "verdict" | "sentence" | "requirement">;

/**
 * Whether a case found a mutant that breaks a clause: it fails, and blames that requirement, or none.
 *
 * A warning fails no run, so that it finds nothing but what is no MUST. Which clause of the requirement is blamed does not matter,
 * since one breach is often one of several.
 */
export function kills(breaks: string, { verdict, requirement: blamed }: Finding): boolean {
  if (verdict !== "fail" && (verdict !== "warn" || isMust(breaks))) return false;
  return blamed === undefined || requirementOf(blamed) === requirementOf(breaks);
}

/** Whether a result fails for this very requirement, and says so. */
export function blames(
  breaks: string,
  { verdict, requirement: blamed }: Pick<Finding, "verdict" | "requirement"> = { verdict: "pass" },
): boolean {
  return verdict === "fail" && blamed !== undefined && requirementOf(blamed) === requirementOf(breaks);
}

/** Of a case that failed, and did not find the mutant: why that does not count. */
export function whyNotKilled(breaks: string, { id, verdict, sentence = "", requirement: blamed }: Finding): string {
  if (verdict === "fail") return `${id} fails for ${blamed ?? "nothing"}, and not for ${breaks}: ${sentence}`;
  if (verdict === "warn") return `${id} only warns: ${sentence}`;
  return `${id} is ${verdict}: ${sentence}`;
}

/** One that is not in the specification is held to be a MUST. */
function isMust(id: string): boolean {
  return (clause(id)?.level ?? "MUST") === "MUST";
}
