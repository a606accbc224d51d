/**
 * Whether peers that are none fail.
 *
 * @module
 */

import { run, type CaseResult } from "@turnmux/conformance";
import { DEGENERATE_PEERS, type DegeneratePeer } from "./peers.ts";
import { TOLERATED } from "./tolerated.ts";

/** How peers are named that need not fail nearly everything. */
export type DegenerateRole = "gateway" | "client";

/** What became of one of them. */
export interface DegenerateResult {
  readonly peer: DegeneratePeer;
  readonly role: DegenerateRole;
  /** Cases that are not unsupported. */
  readonly cases: number;
  /** Those of them that did not pass. */
  readonly failed: number;
  readonly passed: readonly string[];
  /** What is wrong with the suite: sentences. */
  readonly problems: readonly string[];
}

/** How they are run. */
export interface DegenerateOptions {
  readonly only?: ((peer: DegeneratePeer) => boolean) | undefined;
  readonly onresult?: ((result: DegenerateResult) => void) | undefined;
}

/** A peer that is none does not get better by waiting for it. */
const TIME_SCALE = 0.25;

/** Nearly all of the time is spent waiting. */
const JOBS = 32;

const ROLES: readonly DegenerateRole[] = ["gateway", "client"];

/** Runs all of them, one after the other. */
export async function runDegenerate(options: DegenerateOptions = {}): Promise<DegenerateResult[]> {
  const results: DegenerateResult[] = [];
  for (const role of ROLES) {
    for (const peer of DEGENERATE_PEERS) {
      if (options.only?.(peer) === false) continue;
      const { results: cases } = await run({
        role,
        target: peer.target(role),
        way: "binary",
        seed: 1,
        timeScale: TIME_SCALE,
        jobs: JOBS,
        sanity: false,
      });
      const result = judged(peer, role, cases);
      results.push(result);
      options.onresult?.(result);
    }
  }
  return results;
}

/** Holds what a peer that is none has passed against what it may pass. */
export function judged(peer: DegeneratePeer, role: DegenerateRole, results: readonly CaseResult[]): DegenerateResult {
  const counted = results.filter(({ verdict }) => verdict !== "unsupported");
  const passed = counted.filter(({ verdict }) => verdict === "pass").map(({ id }) => id);
  const failed = counted.length - passed.length;
  const problems: string[] = [];
  if (failed < peer.mustFail * counted.length) {
    problems.push(
      `${peer.id} as a ${role} fails ${failed} of ${counted.length} cases, and should fail ${peer.mustFail * 100} %`,
    );
  }
  if (peer.mustFail > 0) {
    for (const id of passed) {
      const may = TOLERATED[id]?.peers.includes(peer.id) === true;
      if (!may) problems.push(`${peer.id} as a ${role} passes ${id}: it ${peer.does}`);
    }
  }
  return { peer, role, cases: counted.length, failed, passed, problems };
}
