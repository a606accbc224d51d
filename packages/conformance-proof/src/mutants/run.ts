/**
 * Whether the suite finds mutants: each is run against the cases that cover the clause which it breaks.
 *
 * @module
 */

import { allCases, casesFor, run, type CaseResult, type PeerRole, type Way } from "@turnmux/conformance";
import { mutantTarget } from "../reference.ts";
import { blames, kills, whyNotKilled } from "./fate.ts";
import type { Mutant } from "./mutant.ts";
import { misfit } from "./patch.ts";

/**
 * - `killed`: a case that cites the clause fails, and does not blame another requirement
 * - `survived`: none does, or there is none
 * - `broken`: it cannot be made or run, or does not work at all, which every case would find
 */
export type Fate = "killed" | "survived" | "broken";

/** What became of one mutant as one peer. */
export interface MutantResult {
  readonly mutant: Mutant;
  readonly role: PeerRole;
  readonly fate: Fate;
  /** The case that found it, or why none did. */
  readonly sentence: string;
  readonly ms: number;
}

/** How mutants are run. */
export interface MutantOptions {
  /** Mutants at once. Default: 2. */
  readonly jobs?: number | undefined;
  readonly timeScale?: number | undefined;
  readonly onresult?: ((result: MutantResult, done: number, total: number) => void) | undefined;
}

/** What the suite asks of a peer before all cases: whether it opens a session and answers a call. */
const SANITY = "sanity.first";

/**
 * How often a mutant is run until a case finds it. Floods, and processes that are stopped, show something only where the machine keeps up
 * with them, and a case says nothing against a peer of which it was shown nothing.
 */
const TRIES = 3;

const WAYS: readonly Way[] = ["binary", "text", "shared", "wrapped"];

/** Runs each mutant as each peer that it is meant for. */
export async function runMutants(mutants: readonly Mutant[], options: MutantOptions = {}): Promise<MutantResult[]> {
  const { jobs = 2, onresult } = options;
  const queue = mutants.flatMap((mutant) => mutant.roles.map((role) => ({ mutant, role })));
  const total = queue.length;
  const results: MutantResult[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      let result = await runMutant(next.mutant, next.role, options.timeScale);
      for (let tries = 1; result.fate === "survived" && tries < TRIES; tries++) {
        result = await runMutant(next.mutant, next.role, options.timeScale);
      }
      results.push(result);
      onresult?.(result, results.length, total);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}

/** Runs one mutant as one peer, until a case finds it. */
export async function runMutant(mutant: Mutant, role: PeerRole, timeScale = 1): Promise<MutantResult> {
  const startedAt = performance.now();
  const result = (fate: Fate, sentence: string): MutantResult => ({
    mutant,
    role,
    fate,
    sentence,
    ms: Math.round(performance.now() - startedAt),
  });
  const wrong = misfit(mutant);
  if (wrong !== undefined) return result("broken", wrong);
  const passed = new Set<string>();
  const strange: CaseResult[] = [];
  try {
    for (const way of mutant.ways ?? WAYS) {
      // What passed in another carriage is not run again: most cases are the same in all of them.
      const ids = new Set(coveringIds(mutant, role, way).filter((id) => !passed.has(id)));
      if (ids.size === 0) continue;
      let found = await runCases(mutant, role, way, ids, timeScale, true);
      const sanity = found.find(({ id }) => id === SANITY);
      if (sanity?.verdict !== "pass") {
        // Where the simplest thing fails for the very rule, it is no accident that the cases do.
        if (!blames(mutant.breaks, sanity)) {
          return result("broken", `it does not work at all (${way}): ${sanity?.sentence ?? ""}`);
        }
        found = await runCases(mutant, role, way, ids, timeScale, false);
      }
      const judged = found.filter(({ id }) => ids.has(id));
      const kill = judged.find((one) => kills(mutant.breaks, one));
      if (kill !== undefined) return result("killed", `${kill.id} (${way})`);
      for (const { id, verdict } of judged) if (verdict === "pass") passed.add(id);
      strange.push(...judged.filter(({ verdict }) => verdict !== "pass"));
    }
  } catch (error) {
    return result("broken", error instanceof Error ? error.message : String(error));
  }
  const [error] = strange.filter(({ verdict }) => verdict === "error");
  if (error !== undefined) return result("broken", `${error.id} ended as an error: ${error.sentence ?? ""}`);
  return result("survived", whySurvived(mutant, role, [...passed], strange));
}

function coveringIds({ breaks }: Mutant, role: PeerRole, way: Way): string[] {
  return casesFor(role, way)
    .filter(({ covers }) => covers.includes(breaks))
    .map(({ id }) => id);
}

async function runCases(
  mutant: Mutant,
  role: PeerRole,
  way: Way,
  ids: ReadonlySet<string>,
  timeScale: number,
  sanity: boolean,
): Promise<readonly CaseResult[]> {
  const enough = new AbortController();
  const left = new Set(ids);
  const report = await run({
    role,
    target: mutantTarget(role, mutant),
    way,
    seed: 1,
    timeScale,
    jobs: 3,
    only: ({ id }) => ids.has(id),
    sanity,
    signal: enough.signal,
    onresult: (result) => {
      left.delete(result.id);
      // What the suite would ask behind the last case is of no interest here.
      if (left.size === 0 || (ids.has(result.id) && kills(mutant.breaks, result))) enough.abort();
    },
  });
  return report.results;
}

function whySurvived(
  { breaks }: Mutant,
  role: PeerRole,
  passed: readonly string[],
  strange: readonly CaseResult[],
): string {
  const others = [...new Set(strange.map((one) => whyNotKilled(breaks, one)))];
  const passes = passed.length > 0 ? [`passed: ${passed.join(", ")}`] : [];
  if (passed.length > 0 || others.length > 0) return [...passes, ...others].join("; ");
  const elsewhere = allCases().filter(({ covers }) => covers.includes(breaks));
  return elsewhere.length === 0
    ? `no case covers ${breaks}`
    : `no case covers ${breaks} for a ${role}, only ${elsewhere.map(({ id }) => id).join(", ")}`;
}
