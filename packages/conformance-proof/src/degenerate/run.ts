/**
 * Whether peers that are none fail.
 *
 * @module
 */

import { run, type CaseResult } from "@turnmux/conformance";
import { DEGENERATE_PEERS, NEARLY_ALL, type DegeneratePeer } from "./peers.ts";
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

/** Peers at once. */
const PEERS = 3;

/** Runs all of them. */
export async function runDegenerate(options: DegenerateOptions = {}): Promise<DegenerateResult[]> {
  const peers = DEGENERATE_PEERS.filter((peer) => options.only?.(peer) !== false);
  const planned = ROLES.flatMap((role) => peers.map((peer) => ({ peer, role })));
  const results = new Map<(typeof planned)[number], DegenerateResult>();
  const queue = [...planned];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const result = await runOne(next.peer, next.role);
      results.set(next, result);
      options.onresult?.(result);
    }
  };
  await Promise.all(Array.from({ length: PEERS }, worker));
  return planned.flatMap((one) => results.get(one) ?? []);
}

async function runOne(peer: DegeneratePeer, role: DegenerateRole): Promise<DegenerateResult> {
  const { results } = await run({
    role,
    target: peer.target(role),
    way: "binary",
    seed: 1,
    timeScale: TIME_SCALE,
    jobs: JOBS,
    sanity: false,
  });
  return judged(peer, role, results);
}

/** Holds what a peer that is none has passed against what it may pass. */
export function judged(peer: DegeneratePeer, role: DegenerateRole, results: readonly CaseResult[]): DegenerateResult {
  const counted = results.filter(({ verdict }) => verdict !== "unsupported");
  const passed = counted.filter(({ verdict }) => verdict === "pass").map(({ id }) => id);
  const failed = counted.filter(({ verdict }) => verdict === "fail" || verdict === "warn").length;
  const name = `${peer.id} as a ${role}`;
  const problems: string[] = [];
  if (failed < peer.mustFail * counted.length) {
    problems.push(`${name} fails ${failed} of ${counted.length} cases, and should fail ${peer.mustFail * 100} %`);
  }
  // That a case went wrong by itself shows nothing about the peer.
  const errors = counted.filter(({ verdict }) => verdict === "error");
  const [error] = errors;
  if (errors.length > (1 - NEARLY_ALL) * counted.length && error !== undefined) {
    problems.push(`${name}: ${errors.length} cases were errors, such as ${error.id}: ${error.sentence ?? ""}`);
  }
  if (peer.mustFail === NEARLY_ALL) {
    const surprising = passed.filter((id) => TOLERATED[id]?.peers.includes(peer.id) !== true);
    problems.push(...surprising.map((id) => `${name} passes ${id}: it ${peer.does}`));
  }
  return { peer, role, cases: counted.length, failed, passed, problems };
}
