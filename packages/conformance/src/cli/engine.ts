/**
 * What the command line needs of the suite: somebody who runs cases.
 *
 * @module
 */
import type { Case } from "../suite/case.ts";
import type { CaseResult, PeerRole, RunReport, Way } from "../suite/verdict.ts";
import type { Target } from "./arguments.ts";

/** Cases, and whom to run them against. */
export interface RunRequest {
  readonly role: PeerRole;
  readonly target: Target;
  readonly way: Way;
  readonly cases: readonly Case[];
  readonly seed: number;
  readonly timeScale: number;
  /** Cases at a time; undefined for what the suite thinks best. */
  readonly jobs: number | undefined;
  /** When it fires, peers are stopped and the run rejects. */
  readonly signal: AbortSignal;
  /** `total`: how many results there will be. */
  readonly onResult: (result: CaseResult, total: number) => void;
}

/**
 * Runs cases, and in front of them and behind them whether the peer works at all, as `sanity.first` and `sanity.last`; where the first fails
 * nothing else. Rejects with a HarnessError where the peer cannot be started or reached at all. When it settles, the
 * peers that it started are stopped.
 */
export type Engine = (request: RunRequest) => Promise<RunReport>;
